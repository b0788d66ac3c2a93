"""What archives have in common: the same bytes, the same content, the same files, versions of one package."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Final, NamedTuple

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.inspection.summary import Summary, summarise
from pltpack.many.discover import StrPath, discover
from pltpack.many.each import each

_TOP: Final = ("collects/", "./")
"""What paths in a ``.plt`` begin with, and those of a package in another format do not."""

_VERSION: Final = re.compile(
    r"(?:[-_ .@]+(?:v(?:er(?:sion)?)?[-_ .]*)?[0-9][0-9a-z.]*|v?[0-9]+\.[0-9][0-9.]*|[-_ .]+latest)+\Z", re.IGNORECASE
)
"""What a version at the end of a name looks like: behind a blank or the like, or with a dot in it."""

_SMALL: Final = 32
"""Bytes of a file that say nothing of what an archive is."""

_COMMON: Final = 50
"""A file that so many archives have (a licence, an empty module) says nothing of what they are."""

_ALIKE: Final = 0.5
_RELATED: Final = 0.1
"""Which share of their files two archives must have in common to be versions of one package: by themselves, and if
they are called alike."""


class Place(NamedTuple):
    """A file in an archive."""

    archive: str
    path: str


@dataclass(slots=True)
class Fingerprint:
    """What of an archive is compared: digests of its raw stream (for other formats, of the file), of all its content,
    of each file by its path. ``name`` is that of its header, or else of the file. ``error``: it could not be read.
    """

    archive: str
    name: str = ""
    raw: str | None = None
    content: str | None = None
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    error: PltError | OSError | None = None


@dataclass(frozen=True, slots=True)
class SameFile:
    """Data that is in more than one place: its size, its SHA-256 and where."""

    size: int
    sha256: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """Archives that are versions of one package, by their names and by the files that they share."""

    name: str
    archives: tuple[str, ...]


@dataclass(slots=True, repr=False)
class Duplicates:
    """Groups of archives, each of two or more, and files that are in more than one place, the largest first.

    ``raw``: by the digest of their raw stream, which does not depend on compression; ``content``: by the digest of all
    their files, whatever their format, where the raw streams differ.
    """

    archives: int = 0
    raw: dict[str, tuple[str, ...]] = field(default_factory=dict)
    content: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: list[SameFile] = field(default_factory=list)
    versions: list[Versions] = field(default_factory=list)
    errors: list[Fingerprint] = field(default_factory=list)

    def __repr__(self) -> str:
        return (
            f"Duplicates({self.archives} archives, {len(self.raw)} groups by raw stream, "
            f"{len(self.content)} by content, {len(self.versions)} of versions, "
            f"{len(self.files)} files in several places, {len(self.errors)} errors)"
        )


def duplicates(
    paths: Iterable[StrPath],
    *,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> Duplicates:
    """Compare archives, and those in directories (see :func:`~pltpack.many.discover.discover`), with each other.

    ``executor``: any of ``concurrent.futures``. Of every file its path and digest is kept, no data. An archive that
    cannot be read, or not to its end, is among the ``errors`` and is not compared.
    """
    work = partial(fingerprint, limits=limits)
    return compared(each(work, discover(paths, recursive=recursive), executor))


def fingerprint(path: str, *, source: BinaryIO | None = None, limits: Limits = Limits()) -> Fingerprint:
    """Read one archive; ``source`` is where it is read instead."""
    try:
        summary = summarise(path if source is None else source, digests="members", limits=limits)
    except (PltError, OSError) as error:
        return Fingerprint(path, error=error)
    return fingerprint_of(summary, path)


def fingerprint_of(summary: Summary, path: str) -> Fingerprint:
    """The fingerprint of an archive that has been read, with the digests of its members."""
    header = None if summary.plt is None else summary.plt.header
    made = Fingerprint(path, _name(path) if header is None else header.name, error=summary.damage)
    made.raw = summary.sha256 if summary.plt is None else summary.plt.raw_sha256
    for member in summary.members:
        if member.kind == "file" and member.sha256 is not None:
            made.files[_plain(member.path)] = member.size, member.sha256
    text = "".join(f"{file}\0{digest}\n" for file, (_, digest) in sorted(made.files.items()))
    made.content = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return made


def _plain(path: str) -> str:
    """A path as it is in every format."""
    for top in _TOP:
        path = path.removeprefix(top)
    return path


def _name(path: str) -> str:
    """The name of a file without its suffixes."""
    return os.path.basename(os.path.abspath(path)).split(".plt")[0].removesuffix(".gz").rpartition(".")[0] or (
        os.path.basename(os.path.abspath(path))
    )


def compared(fingerprints: Iterable[Fingerprint]) -> Duplicates:
    """What fingerprints have in common."""
    found = Duplicates()
    whole: list[Fingerprint] = []
    for one in fingerprints:
        found.archives += 1
        (whole if one.error is None else found.errors).append(one)
    by_raw, by_content = defaultdict(list), defaultdict(list)
    by_file: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for one in whole:
        if one.raw is not None:
            by_raw[one.raw].append(one)
        if one.content is not None and one.files:
            by_content[one.content].append(one)
        for path, (size, digest) in one.files.items():
            if size:
                by_file[size, digest].append(Place(one.archive, path))
    found.raw = {digest: _archives(group) for digest, group in by_raw.items() if len(group) > 1}
    found.content = {
        digest: _archives(group)
        for digest, group in by_content.items()
        if len(group) > 1 and len({one.raw or one.archive for one in group}) > 1
    }
    found.files = [
        SameFile(size, digest, tuple(places))
        for (size, digest), places in sorted(by_file.items(), key=lambda item: (-item[0][0], item[0][1]))
        if len(places) > 1
    ]
    found.versions = list(_versions(whole, by_file))
    return found


def _archives(group: Sequence[Fingerprint]) -> tuple[str, ...]:
    return tuple(one.archive for one in group)


def _versions(whole: Sequence[Fingerprint], by_file: dict[tuple[int, str], list[Place]]) -> Iterator[Versions]:
    """Archives that are near each other, together with those that are near to one of them."""
    place = {one.archive: number for number, one in enumerate(whole)}
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for (size, _), places in by_file.items():
        if size < _SMALL:
            continue
        numbers = sorted({place[found.archive] for found in places})
        if 1 < len(numbers) <= _COMMON:
            for at, one in enumerate(numbers):
                for other in numbers[at + 1 :]:
                    shared[one, other] += 1
    bases = [_VERSION.sub("", one.name).strip().lower() or one.name for one in whole]
    groups = _Groups(len(whole))
    for (one, other), count in shared.items():
        share = count / max(min(len(whole[one].files), len(whole[other].files)), 1)
        if share >= (_RELATED if bases[one] == bases[other] else _ALIKE):
            groups.join(one, other)
    for group in groups.of_several():
        names = [bases[number] for number in group]
        yield Versions(max(names, key=names.count), tuple(whole[number].archive for number in group))


class _Groups:
    """Numbers, each in a group; groups can be joined."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def _top(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Make one group of those of two numbers."""
        tops = sorted((self._top(one), self._top(other)))
        self._above[tops[1]] = tops[0]

    def of_several(self) -> list[list[int]]:
        """The groups of more than one number, by their first ones."""
        groups: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._above)):
            groups[self._top(number)].append(number)
        return [group for group in groups.values() if len(group) > 1]
