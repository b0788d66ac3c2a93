"""One archive as rows of a table: what it says of itself, what is in it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import BinaryIO, Final

from pltpack.codec.limits import Limits
from pltpack.conversion.header_fields import requirement
from pltpack.errors import PltError, error_code
from pltpack.formats.formats import Format
from pltpack.formats.recognise import recognise
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.members import Member
from pltpack.inspection.summary import Summary, summarise
from pltpack.inspection.verify import verify
from pltpack.many.columns import ARCHIVES, ENTRIES, REPORTS, Column, Row
from pltpack.many.discover import StrPath, discover
from pltpack.many.each import each

_KINDS: Final = {"directory": "dir", "link": "link"}


def archive_rows(
    paths: Iterable[StrPath],
    *,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> Iterator[Row]:
    """A row for each archive, with the columns of :data:`~pltpack.many.columns.ARCHIVES`.

    ``paths``: archives, and directories with archives in them, at any depth (see
    :func:`~pltpack.many.discover.discover`). ``executor``: any of ``concurrent.futures``; rows come in the order of
    the archives all the same, and what waits for its turn is bounded. An archive that cannot be read has a row with an
    ``error``. Raises ``OSError`` for a directory that cannot be read.
    """
    return each(partial(archive_row, limits=limits), discover(paths, recursive=recursive), executor)


def entry_rows(
    paths: Iterable[StrPath],
    *,
    chosen: Callable[[str], bool] | None = None,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> Iterator[Row]:
    """A row for each entry of the archives, with the columns of :data:`~pltpack.many.columns.ENTRIES`.

    ``chosen``: called with the path of an entry, a ``/`` behind a directory, says whether it is wanted. All else as in
    :func:`archive_rows`.
    The rows of an archive come when all of it has been read.
    """
    found = discover(paths, recursive=recursive)
    for rows in each(partial(archive_entries, chosen=chosen, limits=limits), found, executor):
        yield from rows


def report_rows(
    paths: Iterable[StrPath],
    *,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> Iterator[Row]:
    """A row for each archive with what its verification found, with the columns of
    :data:`~pltpack.many.columns.REPORTS`. All else as in :func:`archive_rows`.
    """
    return each(partial(_report_row, limits=limits), discover(paths, recursive=recursive), executor)


def archive_row(path: str, *, source: BinaryIO | None = None, limits: Limits = Limits()) -> Row:
    """The row of one archive; what is wrong with it is told in it. ``source`` is where it is read instead."""
    row = empty(ARCHIVES, path)
    try:
        summary = summarise(path if source is None else source, members=False, limits=limits)
    except (PltError, OSError) as error:
        return failed(row, error)
    return summary_row(summary, path)


def summary_row(summary: Summary, path: str) -> Row:
    """The row of an archive that has been read already."""
    row = empty(ARCHIVES, path)
    row |= {
        "format": summary.format,
        "size": summary.size,
        "files": summary.count("file"),
        "directories": summary.count("directory"),
        "links": summary.count("link"),
        "bytes": summary.content_bytes,
        "sha256": summary.sha256,
        "sha1": summary.sha1,
    }
    if summary.plt is not None:
        plt = summary.plt
        row |= {"layers": plt.encoding.layers, "rawBytes": plt.encoding.raw_bytes, "rawSha256": plt.raw_sha256}
        if plt.header is not None:
            header = plt.header
            row |= {
                "name": header.name,
                "requires": [requirement(*required) for required in header.requires],
                "conflicts": ["/".join(path) for path in header.conflicts],
                "collections": ["/".join(path) for path in header.collections],
                "location": header.location,
            }
    return row if summary.damage is None else failed(row, summary.damage)


def archive_entries(
    path: str,
    *,
    source: BinaryIO | None = None,
    chosen: Callable[[str], bool] | None = None,
    limits: Limits = Limits(),
) -> list[Row]:
    """The rows of the entries of one archive; a last one tells what is wrong with it. See :func:`archive_row`."""
    rows: list[Row] = []
    format: Format | None = None

    def take(member: Member) -> None:
        if chosen is None or chosen(member.path + "/" * (member.kind == "directory")):
            rows.append(_entry_row(member, path, format))

    problem: PltError | OSError | None
    try:
        format = recognise(path if source is None else source)
        summary = summarise(
            path if source is None else source,
            format=format,
            digests="none",
            members=False,
            limits=limits,
            on_member=take,
        )
        problem = summary.damage
    except (PltError, OSError) as error:
        problem = error
    if problem is not None:
        rows.append(failed(empty(ENTRIES, path) | {"format": format}, problem))
    return rows


def _entry_row(member: Member, path: str, format: Format | None) -> Row:
    kind = _KINDS.get(member.kind, "file-replace" if member.replace else "file")
    return empty(ENTRIES, path) | {
        "format": format,
        "kind": kind,
        "path": member.path,
        "size": member.size if member.kind == "file" else None,
        "mode": None if member.mode is None else f"{member.mode:04o}",
        "mtime": member.mtime,
        "target": member.target or None,
    }


def _report_row(path: str, *, limits: Limits) -> Row:
    try:
        return report_row(verify(path, limits=limits), path)
    except (PltError, OSError) as error:
        return failed(empty(REPORTS, path), error)


def report_row(report: Report, path: str) -> Row:
    """The row of an archive that has been verified."""
    row = empty(REPORTS, path)
    levels = list(Level)
    findings = sorted(report.findings, key=lambda finding: levels.index(finding.level))
    row |= {
        "format": report.format,
        "size": report.size,
        "whole": report.whole,
        "clean": report.clean,
        **{level.value: len(report.of(level)) for level in Level},
        "codes": list(dict.fromkeys(finding.code for finding in findings)),
        "files": report.files,
        "directories": report.directories,
        "links": report.links,
        "bytes": report.content_bytes,
        "sha256": report.sha256,
        "rawSha256": report.raw_sha256,
    }
    return row


def empty(columns: Iterable[Column], path: str) -> Row:
    """A row in which nothing is known but the archive."""
    row: Row = {column.name: None for column in columns}
    row["archive"] = path
    return row


def failed(row: Row, error: PltError | OSError) -> Row:
    """The row with an error told in it."""
    if isinstance(error, PltError):
        text = str(error)
        for behind in (": ", ", "):  # the archive has a column of its own
            text = text.removeprefix(f"{error.file}{behind}")
    else:
        text = error.strerror or str(error)
    return row | {"error": error_code(error), "message": text}
