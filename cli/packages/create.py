"""``raco-pkg create``, which is also ``pltpack create``: packages made of directories and installed packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, usage_error, write_line
from ..options import only_one
from ..progress import progress

if TYPE_CHECKING:
    from pltpack.pkg.package import ContentMode, Package, PackageFormat, Times
    from pltpack.racket.packages import Scope

_SOURCE = "Source (one of)"
_RESULT = "Result (one of)"
_CONTENT = "Content (one of)"
_RACKET = "Racket"

_FORMATS = ("zip", "tgz", "plt")


def create(
    source: Annotated[str, typer.Argument(metavar="DIRECTORY-OR-PACKAGE", help="What to make a package of.")],
    from_dir: Annotated[
        bool, typer.Option("--from-dir", rich_help_panel=_SOURCE, help="It is a directory (the default).")
    ] = False,
    from_install: Annotated[
        bool, typer.Option("--from-install", rich_help_panel=_SOURCE, help="It is the name of an installed package.")
    ] = False,
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope", metavar="SCOPE", rich_help_panel=_SOURCE, help="Only packages of the scope user or installation."
        ),
    ] = None,
    scope_dir: Annotated[
        Path | None,
        typer.Option("--scope-dir", metavar="DIR", rich_help_panel=_SOURCE, help="Only packages installed in DIR."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="FMT", rich_help_panel=_RESULT, help="zip (the default), tgz or plt."),
    ] = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", rich_help_panel=_RESULT, help="A MANIFEST file instead of an archive.")
    ] = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", rich_help_panel=_CONTENT, help="All that is there (the default).")
    ] = False,
    source_only: Annotated[bool, typer.Option("--source", rich_help_panel=_CONTENT, help="Sources only.")] = False,
    binary: Annotated[
        bool, typer.Option("--binary", rich_help_panel=_CONTENT, help="Bytecode and documentation, without sources.")
    ] = False,
    binary_lib: Annotated[bool, typer.Option("--binary-lib", rich_help_panel=_CONTENT, help="Bytecode only.")] = False,
    built: Annotated[
        bool, typer.Option("--built", rich_help_panel=_CONTENT, help="Sources, bytecode and documentation.")
    ] = False,
    dest: Annotated[
        str | None,
        typer.Option(
            "--dest",
            metavar="DIR",
            help="Where to put it; - is stdout (default: beside the directory as it is, else the current directory).",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The package's name (default: the directory's).")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing, and exit with 1, if raco pkg install would object.")
    ] = False,
    times: Annotated[
        str | None,
        typer.Option(
            "--times",
            metavar="WHICH",
            help="newest: all entries have the time of the newest file; keep: each has its own.",
        ),
    ] = None,
    dry_run: options.DryRun = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="List what is in it and what is left out.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    racket: Annotated[
        Path | None,
        typer.Option(
            "--racket",
            metavar="DIR",
            rich_help_panel=_RACKET,
            help="The Racket installation that has the package, and that finishes binary packages.",
        ),
    ] = None,
    racket_version: Annotated[
        str | None,
        typer.Option(
            "--racket-version", metavar="V", rich_help_panel=_RACKET, help="The version that built packages are for."
        ),
    ] = None,
    no_recompile: Annotated[
        bool, typer.Option("--no-recompile", rich_help_panel=_RACKET, help="Do not run Racket for binary packages.")
    ] = False,
) -> None:
    """Make a package, as raco pkg create does, but the same bytes each time.

    Writes NAME.FMT and NAME.FMT.CHECKSUM. All entries have one time: that of SOURCE_DATE_EPOCH, or else one that is
    always the same.

    \b
    raco-pkg create games
    raco-pkg create --source --format tgz --dest out games
    raco-pkg create --from-install games
    raco-pkg create --dry-run -v games
    """
    options.check_voice(quiet=quiet, verbose=verbose)
    modes = {"as-is": as_is, "source": source_only, "binary": binary, "binary-lib": binary_lib, "built": built}
    chosen = only_one({f"--{name}": is_set for name, is_set in modes.items()})
    mode = chosen.removeprefix("--") if chosen is not None else "as-is"
    only_one({"--from-dir": from_dir, "--from-install": from_install})
    if format is not None and manifest:
        usage_error("--format and --manifest exclude each other")
    if format is not None and format not in _FORMATS:
        usage_error(f"--format is one of {', '.join(_FORMATS)}, not {format}")
    if times not in (None, "newest", "keep"):
        usage_error(f"--times is newest or keep, not {times}")
    if scope not in (None, "user", "installation") or (scope is not None and scope_dir is not None):
        usage_error("--scope is user or installation, and does not go with --scope-dir")
    if not from_install and (scope is not None or scope_dir is not None):
        usage_error("--scope and --scope-dir go with --from-install")
    if dest == "-" and json and not dry_run:
        usage_error("--json and a package on standard output exclude each other")
    from pltpack.pkg.create import create_package

    installation = None
    if racket is not None or racket_version is not None:
        from pltpack.racket.installation import Installation

        installation = Installation.discover(racket=racket, version=racket_version)
    with progress(f"Packing {source}", quiet=quiet or json) as watch:
        make = partial(
            create_package,
            source,
            format=cast("PackageFormat", format or "zip"),
            mode=cast("ContentMode", mode),
            name=name,
            dest=sys.stdout.buffer if dest == "-" else dest,
            manifest=manifest,
            from_install=from_install,
            scope=scope_dir or cast("Scope | None", scope),
            installation=installation,
            racket_version=racket_version,
            recompile=not no_recompile,
            times=cast("Times", times or "fixed"),
            progress=watch,
        )
        package = make(dry_run=dry_run or strict)
        refused = strict and bool(package.problems)
        if strict and not (dry_run or refused):
            package = make(dry_run=False)
    if json:
        from ..documents import document

        print_json(document("create", **package.report()))
    elif not quiet and (dest != "-" or dry_run):
        for line in _lines(package, source, listed=verbose or dry_run):
            write_line(line)
    if not quiet:
        for warning in package.warnings:
            complain(f"warning: {warning}")
        for problem in package.problems:
            complain(f"warning: raco pkg install will object: {problem}")
    if refused:
        complain(f"{package.path}: not written, as raco pkg install would refuse it")
        raise typer.Exit(DIFFERENT)


def _lines(package: Package, source: str, *, listed: bool) -> Iterator[str]:
    from pltpack.inspection.wording import amounts, counted

    if listed:
        for entry in package.entries:
            end = {"directory": "/", "link": f" -> {entry.target}"}.get(entry.kind, "")
            size = f"{entry.size:>10,}" if entry.kind == "file" else " " * 10
            yield f"{size}  {entry.path}{end}"
        for left in package.left_out:
            yield f"{'left out':>10}  {left.path}: {left.reason}"
    done = "would pack" if package.dry_run else "packing"
    if package.checksum is None:
        yield f"{'would create' if package.dry_run else 'creating'} manifest for {source}: {package.path}"
        return
    yield f"{done} {source} into {package.path}"
    if not package.dry_run:
        yield f"writing package checksum to {package.path}.CHECKSUM"
    kinds = [entry.kind for entry in package.entries]
    counts = amounts(kinds.count("file"), kinds.count("directory"), kinds.count("link"), package.unpacked_size)
    yield f"{counts}; {counted(package.size, 'byte')} packed, SHA-1 {package.checksum}"
