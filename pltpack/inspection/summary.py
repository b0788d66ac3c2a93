"""What an archive, a package or a directory holds, in one value: the facts that ``pltpack show`` and ``list`` print."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias, cast

from pltpack.codec.encoding import EncodingFacts
from pltpack.codec.entries import Directory, File, PathList
from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import FormatError, HeaderError
from pltpack.formats.formats import Format, open_entries
from pltpack.formats.judgement import Judgement, Purpose
from pltpack.formats.planet import AutoInstaller, PlanetShape, auto_installer
from pltpack.formats.readings import other_readings
from pltpack.formats.recognise import recognise
from pltpack.given import seekable
from pltpack.input import Progress, StrPath, Watched, watched
from pltpack.inspection.members import Member, digest_of_body, digest_of_entry
from pltpack.inspection.sidecar import Sidecar, read_sidecar
from pltpack.visible import html_table

if TYPE_CHECKING:
    from pltpack.inspection.package import PackageView
    from pltpack.inspection.passing import PassingView

HEADS: Final = frozenset(("collects", "doc", "include", "lib"))
"""First elements of paths that have a place of their own when an archive is installed."""

Digests: TypeAlias = Literal["none", "archive", "members"]


@dataclass(slots=True)
class PltFacts:
    """What only ``.plt`` archives have."""

    preamble: Preamble
    encoding: EncodingFacts
    header: Header | None
    header_problem: str | None
    """Why there is no ``header``: the two data have no known shape."""
    raw_sha256: str | None = None
    """Digest of the raw stream, which does not depend on how it was compressed; known if the archive is whole."""
    planet: bool = False
    """It is like a package of PLaneT."""
    installer: AutoInstaller | None = None
    """What it had PLaneT's client fetch, if it is an auto-installer of PLaneT's server."""


@dataclass(slots=True, repr=False)
class Summary:
    """The content of an archive or directory. Sizes are bytes.

    ``size``, ``sha256`` and ``sha1`` are those of the file and ``None`` for a directory. ``damage`` is what ended the
    reading early: then all else is what came before. ``ignored`` lists what Racket passes over, with the reason.
    """

    name: str | None
    format: Format
    members: list[Member] = field(default_factory=list)
    size: int | None = None
    sha256: str | None = None
    sha1: str | None = None
    sidecar: Sidecar | None = None
    plt: PltFacts | None = None
    ignored: list[tuple[str, str]] = field(default_factory=list)
    damage: FormatError | None = None
    judgement: Judgement = field(default_factory=lambda: Judgement(purpose=Purpose.LOOK))
    """What is wrong with the members of a zip or tar archive, unsafe names among it; and whether it has two formats."""
    content_bytes: int = 0
    """Bytes of all files together."""
    heads: set[str] = field(default_factory=set)
    """The first names of the paths in a ``.plt``, as far as they mean something; ``"*"`` for all others."""
    package: PackageView | None = None
    """What it is as a package, if that was asked for and has shown itself in passing."""
    _counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        members, self.members = self.members, []
        for member in members:
            self.take(member)

    def __repr__(self) -> str:
        damaged = f", damaged: {type(self.damage).__name__}" if self.damage is not None else ""
        return (
            f"Summary({self.name!r}, {self.format}, {self.members_seen} entries, {self.content_bytes} bytes{damaged})"
        )

    def _repr_html_(self) -> str:
        """A table of the members, as a notebook shows it; of many the first."""
        rows = [(member.path, member.kind, member.size) for member in self.members]
        return html_table(repr(self), ("path", "kind", "size"), rows, len(rows))

    def count(self, kind: str) -> int:
        """How many members are of one kind: ``file``, ``directory`` or ``link``."""
        return self._counts.get(kind, 0)

    @property
    def members_seen(self) -> int:
        """How many members there are, kept or not."""
        return sum(self._counts.values())

    def take(self, member: Member, *, keep: bool = True) -> None:
        """Count one more member, and keep it unless only the counts are wanted."""
        self._count(member.kind, member.size, member.elements or ())
        if keep:
            self.members.append(member)

    def count_entry(self, entry: Directory | File) -> None:
        """Count one more entry of a ``.plt`` archive."""
        if isinstance(entry, File):
            self._count("file", entry.size, entry.path)
        else:
            self._count("directory", 0, entry.path)

    def _count(self, kind: str, size: int, elements: PathList) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self.content_bytes += size
        head = elements[0] if elements else None
        if head is not None and not isinstance(head, str):
            head = next((part for part in elements if isinstance(part, str)), None)
        if head is not None:
            self.heads.add(head if head in HEADS else "*")


def summarise(
    source: StrPath | BinaryIO,
    *,
    format: Format | None = None,
    digests: Digests = "archive",
    members: bool = True,
    limits: Limits = Limits(),
    progress: Progress | None = None,
    on_member: Callable[[Member], object] | None = None,
    package: bool = False,
) -> Summary:
    """Read an archive, package or directory to its end and say what is in it.

    ``source`` may be a binary stream; one that cannot seek is read into a temporary file. ``format`` is recognised by
    content if it is not given. ``digests``: of nothing, of the archive and its raw stream, or of each file in it, too.
    Without ``members`` they are only counted, in constant memory. ``package``: find out what it is as a package, too,
    where that costs no other reading. ``on_member`` is called with each member as it is read, names that cannot be
    trusted among them. An archive that is damaged behind its header or its first member gives a summary with
    ``damage``; other damage raises :class:`~pltpack.errors.FormatError`. Raises :class:`~pltpack.errors.LimitError`,
    ``OSError``.
    """
    with seekable("source", source, most=limits.total_bytes) as found:
        return _summarise(found, format, digests, members, limits, progress, on_member, package)


def _summarise(
    source: StrPath | BinaryIO,
    format: Format | None,
    digests: Digests,
    members: bool,
    limits: Limits,
    progress: Progress | None,
    on_member: Callable[[Member], object] | None,
    package: bool,
) -> Summary:
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    summary = Summary(name if isinstance(name, str) else None, format or recognise(source))
    reading = _Reading(summary, limits, digests, members, on_member, package)
    if summary.format == "dir":
        reading.entries(cast("StrPath", source))
        return summary
    others = other_readings(source, summary.format)
    with watched(source, progress=progress, digests=digests != "none") as stream:
        if summary.format == "plt":
            reading.plt(stream)
        else:
            reading.entries(stream)
        summary.size, summary.sha256, summary.sha1 = cast("Watched", stream).finish()
    if others:
        summary.judgement.differs(
            f"whoever takes it for {' or '.join(others)}", "it is a sound archive of both formats"
        )
        summary.package = None
    if isinstance(source, str | os.PathLike) and summary.sha1 is not None:
        summary.sidecar = read_sidecar(source, summary.sha1)
    return summary


@dataclass(frozen=True, slots=True)
class _Reading:
    """Fills a summary."""

    summary: Summary
    limits: Limits
    digests: Digests
    members: bool
    on_member: Callable[[Member], object] | None
    package: bool

    def plt(self, stream: BinaryIO) -> None:
        raw = None if self.digests == "none" else hashlib.sha256()
        with ArchiveReader(stream, limits=self.limits, digest=raw, name=self.summary.name) as reader:
            self.summary.plt = facts = PltFacts(reader.preamble, reader.encoding, *_header(reader))
            facts.installer = None if facts.header is not None else auto_installer(reader.preamble)
            shape = PlanetShape(lambda: reader.preamble)
            passing = self._passing(facts.header)
            try:
                for entry in reader:
                    shape.add(entry.path)
                    if passing is not None:
                        passing.add(entry)
                    if self.digests == "members" and isinstance(entry, File):
                        self._take(Member.of_plt(entry, digest_of_body(entry.body)))
                    elif self.members or self.on_member is not None:
                        self._take(Member.of_plt(entry, None))
                    else:
                        self.summary.count_entry(entry)
            except FormatError as error:
                self.summary.damage = error
            else:
                facts.raw_sha256 = None if raw is None else raw.hexdigest()
                if passing is not None:
                    self.summary.package = passing.view()
            facts.planet = shape.likely

    def _passing(self, header: Header | None) -> PassingView | None:
        """What finds out about the package, if the data of files is not wanted for anything else."""
        name = self.summary.name
        if not self.package or header is None or name is None or self.digests == "members":
            return None
        from pltpack.inspection.passing import PassingView

        return PassingView(name, header, self.limits)

    def entries(self, source: StrPath | BinaryIO) -> None:
        format, limits = self.summary.format, self.limits
        try:
            with open_entries(source, format=format, limits=limits, purpose=Purpose.LOOK) as entries:
                self.summary.judgement = entries.judgement
                for entry in entries:
                    wanted = self.digests == "members" and entry.kind == "file"
                    self._take(Member.of_entry(entry, digest_of_entry(entry) if wanted else None))
                self.summary.ignored = entries.ignored
        except FormatError as error:
            if not self.summary.members_seen:
                raise
            self.summary.damage = error

    def _take(self, member: Member) -> None:
        self.summary.take(member, keep=self.members)
        if self.on_member is not None:
            self.on_member(member)


def _header(reader: ArchiveReader) -> tuple[Header | None, str | None]:
    try:
        return reader.plain_header or reader.preamble.header(), None
    except HeaderError as error:
        return None, error.message
