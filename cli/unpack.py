"""``raco-unpack`` and ``unpack``: list archives, and put their files where they belong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader

from . import options, racket_options
from .console import DAMAGED, DONE, complain, describe, print_json, run_command, usage_error, write_line
from .limits import limited
from .listing import Json, entry_json, entry_line

if TYPE_CHECKING:
    from pltpack.unpacker.unpack import Extraction, Placed


@limited
def unpack(
    archives: Annotated[
        list[str] | None, typer.Argument(metavar="[ARCHIVE]...", help="Archives; - is standard input.")
    ] = None,
    list_only: Annotated[bool, typer.Option("-l", "--list", help="List the content, unpack nothing.")] = False,
    config: Annotated[bool, typer.Option("-c", "--config", help="Show the archive's configuration.")] = False,
    force: Annotated[
        bool,
        typer.Option("-f", "--force", help="Replace existing files; with --at-plt: only warn of missing requirements."),
    ] = False,
    dest: Annotated[
        str, typer.Option("-C", "--dest", metavar="DIR", help="Unpack below DIR instead of the current directory.")
    ] = "",
    at_plt: Annotated[
        bool, typer.Option("--at-plt", help="Install: into the directories of Racket that the archive asks for.")
    ] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="With --at-plt: into the installation, for all its users.")
    ] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="With --at-plt: look at neither requirements nor conflicts.")
    ] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="With --at-plt: run raco setup on the collections afterwards.")
    ] = False,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    collects: racket_options.Collects = [],  # noqa: B006  typer copies it
    exclude: options.Exclude = [],  # noqa: B006  typer copies it
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Keep what is whole in a damaged archive, and say what is not.")
    ] = False,
    sanitize: Annotated[
        bool, typer.Option("--sanitize", help="Make unsafe paths safe, dropping .. and roots, instead of refusing.")
    ] = False,
    durable: Annotated[bool, typer.Option("--durable", help="Wait for the disk: safe against power cuts too.")] = False,
    dry_run: options.DryRun = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what was written.")] = False,
    json: options.Json = False,
    limits: Limits = options.DEFAULT_LIMITS,
) -> None:
    """Unpack archives into the current directory, as ``raco unpack`` does, but safely.

    Nothing is written outside of it, links are not followed, and an archive that is damaged, or in the way of what is
    there, leaves everything as it was. With --at-plt archives are installed, as ``raco setup -A`` does short of
    compiling.
    """
    if not at_plt and (all_users or no_check or setup):
        usage_error("--all-users, --no-check and --setup go with --at-plt")
    if at_plt and (dest or exclude or salvage):
        usage_error("--dest, --exclude and --salvage do not go with --at-plt")
    documents: list[Json] = []
    codes = [0]

    def unpack_one(name: str, archive: ArchiveReader) -> None:
        from pltpack.unpacker.paths import PathPolicy
        from pltpack.unpacker.unpack import extract

        extraction = extract(
            archive,
            dest,
            force=force,
            limits=limits,
            policy=PathPolicy.within(limits, sanitize=sanitize),
            members=_unless_excluded(exclude) if exclude else None,
            dry_run=dry_run,
            salvage=salvage,
            durable=durable,
            on_entry=_say if not json and (verbose or dry_run) else None,
        )
        codes.append(_report_damage(extraction))
        if json:
            documents.append(_result(name, extraction))

    if at_plt and not list_only:
        from .installing import Installing

        use = Installing(
            all_users=all_users,
            force=force,
            check=not no_check,
            setup=setup,
            dry_run=dry_run,
            sanitize=sanitize,
            durable=durable,
            racket=racket,
            racket_version=racket_version,
            collects=collects,
        ).into(documents if json else None, codes, limits, verbose=verbose)
    else:
        use = unpack_one
    for name in archives or []:
        with open_archive(_source(name), limits=limits) as archive:
            if config and not json:
                from .headers import config_lines

                for line in config_lines(archive.preamble):
                    write_line(line)
            if not list_only:
                use(name, archive)
            elif json:
                documents.append(_content(name, archive))
            else:
                _list(archive)
    if json:
        print_json(documents[0] if len(documents) == 1 else documents)
    if any(codes):
        raise typer.Exit(next(code for code in codes if code))


def _unless_excluded(patterns: list[str]) -> Callable[[str], bool]:
    from pltpack.patterns import matcher

    excluded = matcher(patterns)
    return lambda path: not excluded(path)


def _say(placed: Placed) -> None:
    write_line(f"{placed.outcome.value:9}{placed.path}{'/' if placed.kind == 'directory' else ''}")


def _report_damage(extraction: Extraction) -> int:
    """Say what could not be salvaged; returns the exit code."""
    if extraction.damage is None:
        return DONE
    complain(describe(extraction.damage))
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    complain(f"salvaged {len(extraction.written)} files, {extraction.bytes_written} bytes")
    return DAMAGED


def _content(name: str, archive: ArchiveReader) -> dict[str, Json]:
    """An archive's content, unread."""
    from .headers import header_json

    header = header_json(archive.preamble)
    return {"archive": name, "header": header, "entries": [entry_json(entry) for entry in archive]}


def _result(name: str, extraction: Extraction) -> dict[str, Json]:
    """What became of an archive's entries."""
    from .headers import header_json

    return {
        "archive": name,
        "dest": str(extraction.dest),
        "header": header_json(extraction.preamble),
        "entries": [
            {"kind": placed.kind, "path": placed.path, "outcome": placed.outcome.value, "size": placed.size}
            for placed in extraction.entries
        ],
        "bytesWritten": extraction.bytes_written,
        "damage": None if extraction.damage is None else str(extraction.damage),
        "incomplete": list(extraction.incomplete),
    }


def _source(name: str) -> str | BinaryIO:
    return sys.stdin.buffer if name == "-" else name


def _list(archive: ArchiveReader) -> None:
    for entry in archive:
        if line := entry_line(entry):
            write_line(line)


def main() -> None:
    """The programs ``raco-unpack`` and ``unpack``."""
    run_command(unpack)
