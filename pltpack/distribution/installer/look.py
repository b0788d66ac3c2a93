"""Installers looked into: ``.sh``, a head and an archive behind it, and ``.tgz``. Nothing of them is run."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias, cast

from pltpack.codec.gzip_member import MAGIC
from pltpack.codec.limits import Limits
from pltpack.distribution.installer.cksum import Cksum
from pltpack.distribution.installer.head import ShellHead, is_shell, read_head
from pltpack.errors import FormatError, PltError, TruncatedError
from pltpack.formats.entries import Entry
from pltpack.formats.judgement import MOST_TOLD, Purpose
from pltpack.formats.paths import link_objection
from pltpack.formats.tar import TarReader
from pltpack.pkg.checksum import Digests, digests

Kind: TypeAlias = Literal["sh", "tgz"]
"""A self-extracting program of the shell, whose archive has no directory around it; or an archive that has one."""

_BLOCK: Final = 1 << 18
_README: Final = "README"
_MOST_MEMBERS: Final = 100_000


@dataclass(slots=True)
class InstallerReport:
    """What is in an installer.

    ``payload_size`` and ``checksum`` (of ``cksum``) are those of the archive in it. ``top`` is the directory around
    everything in a ``tgz``. ``members`` are paths as they are in the archive, with ``/`` behind directories; counts are
    of all of them. ``problems`` say what is wrong: what damages it first. ``damage`` is the error that ended reading.
    """

    path: Path
    kind: Kind
    sums: Digests
    head: ShellHead | None = None
    payload_size: int = 0
    checksum: int = 0
    top: str | None = None
    members: list[str] = field(default_factory=list)
    files: int = 0
    directories: int = 0
    links: int = 0
    content_bytes: int = 0
    readme: bool = False
    racket: bool = False
    """It has the core collections, so that it is an installation when it is unpacked."""
    damage: PltError | None = None
    unsafe: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether it can be unpacked, and is what it says."""
        return self.damage is None and not self.unsafe and not self.problems


def findings(report: InstallerReport) -> list[str]:
    """What is wrong with an installer, a line each, the worst first."""
    damage = report.damage
    told = [] if damage is None else [f"{damage.message} ({damage.hint})" if damage.hint else damage.message]
    return [*(f"{name!r} {reason}" for name, reason in report.unsafe), *told, *report.problems]


class Payload(io.RawIOBase):
    """The archive in an installer, as a stream; its checksum is taken while it is read."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        super().__init__()
        self._stream = stream
        stream.seek(offset)
        self.total = os.fstat(stream.fileno()).st_size - offset
        self.check = Cksum()

    @property
    def stream(self) -> BinaryIO:
        """The same, as readers of archives take it."""
        return cast("BinaryIO", self)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.check.update(data)
        return data

    def finish(self) -> int:
        """Read what is left; the checksum of all."""
        while self.read(_BLOCK):
            pass
        return self.check.value


@dataclass(frozen=True, slots=True)
class Opened:
    """An installer that is open: its kind, its head, and the archive in it."""

    kind: Kind
    head: ShellHead | None
    payload: Payload

    def check_sum(self) -> None:
        """Compare the checksum with the one that the head says. Raises :class:`~pltpack.errors.FormatError`."""
        found = self.payload.finish()
        if self.head is not None and (problem := sum_problem(self.head, found)):
            raise FormatError(problem, hint="the installer was altered or badly transferred: fetch it again")


@contextlib.contextmanager
def open_installer(path: str | os.PathLike[str]) -> Iterator[Opened]:
    """Open an installer by its content. Raises :class:`~pltpack.errors.FormatError` for anything else, ``OSError``."""
    with open(path, "rb") as stream:
        start = stream.read(64)
        stream.seek(0)
        try:
            if start.startswith(MAGIC):
                opened = Opened("tgz", None, Payload(stream, 0))
            elif is_shell(start):
                head = read_head(stream)
                opened = Opened("sh", head, Payload(stream, head.offset))
            else:
                raise FormatError(
                    "neither a self-extracting installer nor a tgz archive",
                    hint="installers for Windows and macOS are taken apart by programs of those systems only",
                )
            yield opened
        except PltError as error:
            raise error.within(file=os.fspath(path)) from error.__cause__


def look_at_installer(path: str | os.PathLike[str], *, limits: Limits = Limits()) -> InstallerReport:
    """Read an installer to its end and say what is in it, and what is wrong with it.

    Raises ``PltError`` for what is no installer, and ``OSError``; damage behind the head is in the report.
    """
    sums = digests(path)
    with open_installer(path) as opened:
        report = InstallerReport(Path(path), opened.kind, sums, opened.head, opened.payload.total)
        if opened.head is not None and not opened.payload.total:
            report.damage = TruncatedError("there is no archive behind the head", offset=opened.head.offset)
        else:
            _read(opened, report, limits)
        report.checksum = opened.payload.finish()
    if opened.head is not None and (problem := sum_problem(opened.head, report.checksum)):
        report.problems.append(problem)
    if report.damage is None:
        report.problems += _layout_problems(report)
    return report


def sum_problem(head: ShellHead, found: int) -> str | None:
    """What is wrong with the checksum of an archive; ``None`` if it is the one that the head says."""
    if head.checksum is None:
        said = head.declared.get("BINSUM")
        return "BINSUM, the checksum of the archive, is missing" if said is None else f"BINSUM is no checksum: {said!r}"
    return None if head.checksum == found else f"BINSUM says {head.checksum}, the archive has {found}"


def _read(opened: Opened, report: InstallerReport, limits: Limits) -> None:
    tops: set[str] = set()
    unsafe: list[tuple[str, str]] = []
    with TarReader(opened.payload.stream, limits=limits, purpose=Purpose.LOOK) as reader:
        try:
            for entry in reader:
                _count(entry, report)
                top, _, rest = entry.path.partition("/")
                tops.add(top)
                # Without the directory around everything a link may lead out that does not with it.
                if opened.kind == "tgz" and entry.kind == "link" and len(unsafe) < MOST_TOLD:
                    reason = link_objection(rest, entry.target)
                    unsafe += [(entry.path, reason)] if reason and not link_objection(entry.path, entry.target) else []
        except PltError as error:
            report.damage = error
        report.unsafe = [*reader.judgement.offenders, *unsafe]
        report.problems += [
            f"{difference.entry}: {difference}" for difference in reader.judgement.differences if not difference.minor
        ]
        report.problems += [f"{name}: is a hard link, which is not unpacked" for name, _ in reader.ignored[:MOST_TOLD]]
    if opened.kind == "tgz" and len(tops) == 1 and report.files + report.links:
        report.top = next(iter(tops))
    start = f"{report.top}/" if report.top is not None else ""
    report.readme = f"{start}{_README}" in report.members
    report.racket = any(
        f"{start}{place}collects/racket/" in report.members
        or f"{start}{place}collects/racket/base.rkt" in report.members
        for place in ("", "share/racket/")
    )


def _count(entry: Entry, report: InstallerReport) -> None:
    if len(report.members) < _MOST_MEMBERS:
        report.members.append(f"{entry.path}/" if entry.kind == "directory" else entry.path)
    report.files += entry.kind == "file"
    report.directories += entry.kind == "directory"
    report.links += entry.kind == "link"
    report.content_bytes += entry.size


def _layout_problems(report: InstallerReport) -> Iterator[str]:
    if report.kind == "tgz" and report.top is None:
        yield "a tgz installer has exactly one directory around everything"
    if not report.readme:
        yield "there is no README in it"
