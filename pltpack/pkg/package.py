"""What making a package has come to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pltpack.formats.entries import Entry, LeftOut
from pltpack.pkg.checksum import Digests
from pltpack.pkg.strip.rules import Mode

ContentMode: TypeAlias = Literal["as-is"] | Mode
"""Which part of a package directory is packed: all of it, or one of the content modes."""

PackageFormat: TypeAlias = Literal["zip", "tgz", "plt"]
"""The formats of ``raco pkg create``."""

Times: TypeAlias = Literal["fixed", "newest", "keep"]
"""The times of the entries: all have a fixed one, or that of the newest file, or each its own."""

ResultKind: TypeAlias = PackageFormat | Literal["MANIFEST"]
"""What making a package can result in."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was made, or with ``dry_run`` would be made.

    ``path`` is the archive (or MANIFEST) and ``checksum`` its SHA-1, ``sha256`` its SHA-256, ``size`` its bytes; a
    MANIFEST has no checksum. ``entries`` lists what is in it, under the names that it has there; ``left_out`` what of
    the directory is not. ``warnings`` are about the content, ``problems`` what an installer refuses. ``time`` is that
    of all entries (``None``: each has its own).
    """

    path: Path
    name: str
    version: str
    format: ResultKind
    mode: ContentMode
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    digests: Digests
    time: int | None
    dry_run: bool = False

    @property
    def checksum(self) -> str | None:
        """The SHA-1 in ``CHECKSUM``, 40 hexadecimal digits."""
        return None if self.format == "MANIFEST" else self.digests.sha1

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return self.digests.sha256

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self.digests.size

    @property
    def unpacked_size(self) -> int:
        """The bytes of all files in it."""
        return sum(entry.size for entry in self.entries)

    def report(self) -> dict[str, Any]:
        """All of it as plain data, in the manner of ``npm pack --json``: modes as octal digits, times in seconds."""
        return {
            "name": self.name,
            "packageVersion": self.version,
            "filename": str(self.path),
            "format": self.format,
            "mode": self.mode,
            "dryRun": self.dry_run,
            "size": self.size,
            "unpackedSize": self.unpacked_size,
            "sha1": self.checksum,
            "sha256": self.sha256,
            "time": self.time,
            "entryCount": len(self.entries),
            "files": [_entry_report(entry) for entry in self.entries],
            "leftOut": [{"path": left.path, "reason": left.reason} for left in self.left_out],
            "warnings": list(self.warnings),
            "problems": list(self.problems),
        }


def _entry_report(entry: Entry) -> dict[str, Any]:
    report: dict[str, Any] = {"path": entry.path, "kind": entry.kind, "mode": f"{entry.mode:04o}"}
    if entry.kind == "file":
        report["size"] = entry.size
    if entry.kind == "link":
        report["target"] = entry.target
    return report
