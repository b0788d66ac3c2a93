"""Options that several commands share, and what they turn into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from .console import usage_error

if TYPE_CHECKING:
    from pltpack.codec.compression import Compression

Directory: TypeAlias = Annotated[
    str, typer.Option("-C", "--directory", metavar="DIR", help="What PATHs are relative to, instead of here.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Jsonl: TypeAlias = Annotated[
    bool, typer.Option("--jsonl", help="Print a line of JSON for each row, as soon as it is known.")
]
Csv: TypeAlias = Annotated[bool, typer.Option("--csv", help="Print a table as CSV, with all columns.")]
Table: TypeAlias = Annotated[bool, typer.Option("--table", help="Print a table for people.")]
Recursive: TypeAlias = Annotated[
    bool, typer.Option("--recursive", help="Look for archives in every directory, also in one that is a package.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Force: TypeAlias = Annotated[
    bool, typer.Option("-f", "--force", help="Replace a file that is there, of whatever kind it is.")
]
Exclude: TypeAlias = Annotated[
    list[str], typer.Option("--exclude", metavar="GLOB", help="Leave out what matches (as in .gitignore); repeatable.")
]
Jobs: TypeAlias = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Threads to use (default: the cores).")
]
Processes: TypeAlias = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes for several archives (default: the cores)."),
]
Fast: TypeAlias = Annotated[bool, typer.Option("--fast", help="Compress several times faster, somewhat larger.")]
Best: TypeAlias = Annotated[bool, typer.Option("--best", help="Compress as small as possible, slowly.")]
Level: TypeAlias = Annotated[
    int | None, typer.Option("--level", min=1, max=9, metavar="N", help="Compression level, 1 to 9 (default: 5).")
]
GzipProgram: TypeAlias = Annotated[
    bool, typer.Option("--gzip-program", help="Compress with the program gzip, as Racket does: its very bytes.")
]
AsPackage: TypeAlias = Annotated[bool, typer.Option("--as-package", help="Look at what raco pkg install would find.")]
AsStored: TypeAlias = Annotated[bool, typer.Option("--as-stored", help="Take all paths as they are stored.")]


def only_one(flags: dict[str, bool]) -> str | None:
    """The one that is set, if any; more than one is a wrong call."""
    given = [flag for flag, is_set in flags.items() if is_set]
    if len(given) > 1:
        usage_error(f"only one instance of one option from ({' '.join(flags)}) is allowed")
    return given[0] if given else None


def one_of(kind: str, value: str, valid: Sequence[str]) -> None:
    """Make sure that a value is one of those that are valid."""
    if value not in valid:
        usage_error(f"invalid <{kind}>: {value} (valid <{kind}>s are: {' '.join(valid)})")


def check_voice(*, quiet: bool, verbose: bool) -> None:
    """To be quiet and verbose at once is a wrong call."""
    if quiet and verbose:
        usage_error("--quiet and --verbose exclude each other")


def compression(*, fast: bool, best: bool, level: int | None, gzip_program: bool) -> Compression:
    """The compression that the options ask for; more than one of them is a wrong call, but for gzip's level."""
    from pltpack.codec.compression import Compression

    if sum((fast, best, level is not None)) > 1 or (gzip_program and fast):
        usage_error("--fast, --best and --level exclude each other")
    if gzip_program:
        return Compression("gzip", 9 if best else level or 6)
    if fast:
        return Compression.FAST
    if best:
        return Compression.BEST
    return Compression.DEFAULT if level is None else Compression("zlib-ng", level)
