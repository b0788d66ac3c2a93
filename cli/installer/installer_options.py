"""What the commands on installers share: their argument, limits, and how one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ..documents import Json

if TYPE_CHECKING:
    from pltpack.codec.limits import Limits
    from pltpack.distribution.installer.look import InstallerReport

Installer: TypeAlias = Annotated[str, typer.Argument(metavar="FILE", help="A .sh or .tgz installer.")]
MOST_SHOWN = 1000
"""Members that a document tells."""


def limits_of(entries: int, total: int, file: int, ratio: int) -> Limits:
    """The limits that the options set."""
    from pltpack.codec.limits import Limits

    return Limits(entries=entries, total_bytes=total, file_bytes=file, ratio=ratio)


def report_json(report: InstallerReport, *, members: bool = False) -> dict[str, Json]:
    """What is known of an installer, for a document."""
    head = report.head
    found: dict[str, Json] = {
        "file": str(report.path),
        "kind": report.kind,
        "size": report.sums.size,
        "sha1": report.sums.sha1,
        "sha256": report.sums.sha256,
        "declared": None if head is None else dict(head.declared),
        "startLine": None if head is None else head.start_line,
        "payloadBytes": report.payload_size,
        "payloadChecksum": report.checksum,
        "top": report.top,
        "files": report.files,
        "directories": report.directories,
        "links": report.links,
        "contentBytes": report.content_bytes,
        "readme": report.readme,
        "racket": report.racket,
        "damage": None if report.damage is None else report.damage.message,
        "unsafe": [{"member": name, "reason": reason} for name, reason in report.unsafe],
        "problems": list(report.problems),
    }
    if members:
        found["members"] = list(report.members)
    return found
