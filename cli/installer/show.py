"""``pltpack installer show``: what an installer says of itself and holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import escape, print_json, write_line
from ..documents import document
from ..limits import DEFAULT_LIMITS, MaxEntries, MaxFile, MaxRatio, MaxTotal
from .installer_options import Installer, limits_of, report_json

if TYPE_CHECKING:
    from pltpack.distribution.installer.look import InstallerReport


def show(
    file: Installer,
    members: Annotated[bool, typer.Option("-l", "--list", help="Tell the paths of all that is in it.")] = False,
    json: options.Json = False,
    max_entries: MaxEntries = DEFAULT_LIMITS.entries,
    max_total: MaxTotal = DEFAULT_LIMITS.total_bytes,
    max_file: MaxFile = DEFAULT_LIMITS.file_bytes,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
) -> None:
    """Show what a .sh or .tgz installer of Racket says of itself and holds. It is never run."""
    from pltpack.distribution.installer.look import look_at_installer

    report = look_at_installer(file, limits=limits_of(max_entries, max_total, max_file, max_ratio))
    if json:
        print_json(document("installer-show", **report_json(report, members=members)))
        return
    for line in _lines(report):
        write_line(line)
    if members:
        for path in report.members:
            write_line(escape(path))


def _lines(report: InstallerReport) -> Iterator[str]:
    from pltpack.distribution.installer.look import findings
    from pltpack.inspection.wording import amounts, counted

    kind = "self-extracting installer" if report.kind == "sh" else "tgz installer"
    yield f"{kind}, {counted(report.sums.size, 'byte')}"
    if report.head is not None:
        for name, value in report.head.declared.items():
            yield f"{name:10}{escape(value)}"
        yield f"archive   from line {report.head.start_line} on, {counted(report.payload_size, 'byte')}"
    yield f"SHA-1     {report.sums.sha1}"
    yield f"SHA-256   {report.sums.sha256}"
    if report.top is not None:
        yield f"directory {escape(report.top)}"
    holds = amounts(report.files, report.directories, report.links, report.content_bytes)
    yield f"holds     {holds}{', a Racket' if report.racket else ''}"
    for finding in findings(report):
        yield f"problem   {escape(finding)}"
