"""``raco-unpack`` and ``unpack``: list archives, and put their files where they belong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, BinaryIO

import typer

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.patterns import matcher
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

from . import options
from .console import DAMAGED, complain, describe, print_json, run_command, write_line
from .listing import Json, config_lines, entry_json, entry_line, header_json

DEFAULTS = options.DEFAULT_LIMITS


def unpack(
    archives: Annotated[
        list[str] | None, typer.Argument(metavar="[ARCHIVE]...", help="Archives; - is standard input.")
    ] = None,
    list_only: Annotated[bool, typer.Option("-l", "--list", help="List the content, unpack nothing.")] = False,
    config: Annotated[bool, typer.Option("-c", "--config", help="Show the archive's configuration.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace existing files.")] = False,
    dest: Annotated[
        str, typer.Option("-C", "--dest", metavar="DIR", help="Unpack below DIR instead of the current directory.")
    ] = "",
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
    max_entries: options.MaxEntries = DEFAULTS.entries,
    max_total_bytes: options.MaxTotal = DEFAULTS.total_bytes,
    max_file_bytes: options.MaxFile = DEFAULTS.file_bytes,
    max_ratio: options.MaxRatio = DEFAULTS.ratio,
    max_header_bytes: options.MaxHeader = DEFAULTS.header_bytes,
    max_depth: options.MaxDepth = DEFAULTS.depth,
    max_path_bytes: options.MaxPathBytes = DEFAULTS.path_bytes,
    max_path_depth: options.MaxPathDepth = DEFAULTS.path_depth,
) -> None:
    """Unpack archives into the current directory, as ``raco unpack`` does, but safely.

    Nothing is written outside of it, links are not followed, and an archive that is damaged, or in the way of what is
    there, leaves everything as it was.
    """
    limits = Limits(
        entries=max_entries,
        total_bytes=max_total_bytes,
        file_bytes=max_file_bytes,
        ratio=max_ratio,
        header_bytes=max_header_bytes,
        depth=max_depth,
        path_bytes=max_path_bytes,
        path_depth=max_path_depth,
    )
    documents: list[Json] = []
    damaged = False
    for name in archives or []:
        with open_archive(_source(name), limits=limits) as archive:
            if json and list_only:
                documents.append(_content(name, archive))
                continue
            if config and not json:
                for line in config_lines(archive.preamble):
                    write_line(line)
            if list_only:
                _list(archive)
                continue
            extraction = extract(
                archive,
                dest,
                force=force,
                limits=limits,
                policy=PathPolicy.within(limits, sanitize=sanitize),
                durable=durable,
                members=_unless_excluded(exclude) if exclude else None,
                dry_run=dry_run,
                salvage=salvage,
                on_entry=_say if verbose or (dry_run and not json) else None,
            )
            damaged = _report_damage(extraction) or damaged
            if json:
                documents.append(_result(name, extraction))
    if json:
        print_json(documents[0] if len(documents) == 1 else documents)
    if damaged:
        raise typer.Exit(DAMAGED)


def _unless_excluded(patterns: list[str]) -> Callable[[str], bool]:
    excluded = matcher(patterns)
    return lambda path: not excluded(path)


def _say(placed: Placed) -> None:
    write_line(f"{placed.outcome.value:9}{placed.path}{'/' if placed.kind == 'directory' else ''}")


def _report_damage(extraction: Extraction) -> bool:
    """Say what could not be salvaged."""
    if extraction.damage is None:
        return False
    complain(describe(extraction.damage))
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    complain(f"salvaged {len(extraction.written)} files, {extraction.bytes_written} bytes")
    return True


def _content(name: str, archive: ArchiveReader) -> dict[str, Json]:
    """An archive's content, unread."""
    header = header_json(archive.preamble)
    return {"archive": name, "header": header, "entries": [entry_json(entry) for entry in archive]}


def _result(name: str, extraction: Extraction) -> dict[str, Json]:
    """What became of an archive's entries."""
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
