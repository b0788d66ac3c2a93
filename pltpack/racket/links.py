"""Collection links files (``links.rktd``): which directories hold which collections.

The format is that of the manual, *Collection Links*; a file with one bad entry counts as empty, as in Racket's
``racket/private/collect``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from pltpack.dataclass import dataclass
from pltpack.datum.reader import read_data
from pltpack.datum.values import Datum, Regexp, Symbol
from pltpack.errors import ConfigError, FormatError, LimitError
from pltpack.racket.config import path_text
from pltpack.racket.regexp import VersionMatcher
from pltpack.racket.simplify import simplify

_ROOTS: Final = ("root", "static-root")


@dataclass(frozen=True, slots=True)
class Link:
    """One entry: ``collection`` is at ``directory``, or, when it is ``None``, the directory holds collections.

    ``static`` marks a root whose collections are looked up once and for all.
    """

    collection: str | None
    directory: Path
    static: bool = False


class Candidate(NamedTuple):
    """A directory in which a collection may be: the collection's own if ``linked``, else one that may hold it."""

    directory: Path
    linked: bool


@dataclass(frozen=True)
class LinksFile:
    """The entries of one file that are for the version at hand. ``problem`` says why a file is ignored."""

    file: Path
    links: tuple[Link, ...] = ()
    problem: ConfigError | None = None

    @classmethod
    def read(cls, file: Path, version: str) -> LinksFile:
        """Read a links file; one that does not exist has no entries. Never raises."""
        try:
            if not file.is_file():
                return cls(file)
            links = parse_links(file.read_bytes(), file, version)
            for link in links:
                if link.static:
                    os.listdir(link.directory)
        except ConfigError as error:
            return cls(file, problem=error)
        except OSError as error:
            return cls(file, problem=ConfigError(f"{error.strerror}: {error.filename}", file=str(file)))
        return cls(file, tuple(links))

    def candidates(self, collection: str) -> Iterator[Candidate]:
        """Where to look for a top-level collection, in Racket's order.

        First what is known of this name: its own entries, static roots that hold it and, behind the first of
        those, every root; then all roots.
        """
        known = False
        for link in self.links:
            if link.collection == collection:
                known = True
                yield Candidate(link.directory, linked=True)
            elif link.collection is None and link.static:
                if (link.directory / collection).is_dir():
                    known = True
                    yield Candidate(link.directory, linked=False)
            elif link.collection is None and known:
                yield Candidate(link.directory, linked=False)
        yield from self._roots

    @cached_property
    def _roots(self) -> tuple[Candidate, ...]:
        """Where any collection may be; most packages are such a place, and all are gone through for each."""
        return tuple(
            Candidate(link.directory, linked=False)
            for link in self.links
            if link.collection is None and not link.static
        )


def parse_links(text: bytes, file: Path, version: str) -> list[Link]:
    """The entries of a text that are for a version, relative paths started at the directory of ``file``.

    Raises :class:`~pltpack.errors.ConfigError` for the first thing wrong.
    """
    try:
        data = read_data(text)
    except (FormatError, LimitError) as error:
        raise ConfigError(error.message, file=str(file), offset=error.offset) from error
    if len(data) != 1 or not isinstance(data[0], list):
        raise ConfigError("a links file holds one list and nothing else", file=str(file))
    links: list[Link] = []
    matcher = VersionMatcher(version)
    for number, entry in enumerate(data[0], 1):
        try:
            link = _link(entry, file.parent, matcher)
        except ValueError as error:
            raise ConfigError(f"entry {number}: {error}", file=str(file)) from error
        if link is not None:
            links.append(link)
    return links


def _link(entry: Datum, base: Path, matcher: VersionMatcher) -> Link | None:
    """An entry, or ``None`` for one of another version; ``ValueError`` says what is wrong with it."""
    if not isinstance(entry, list) or len(entry) not in (2, 3):
        raise ValueError("not a list of a name, a path and, if need be, a regexp for versions")
    name, path, *condition = entry
    if not (isinstance(name, str) or (isinstance(name, Symbol) and name.name in _ROOTS)):
        raise ValueError("the name is no string, root or static-root")
    directory = _directory(path)
    if condition:
        if not isinstance(condition[0], Regexp):
            raise ValueError("the third item is no regexp")
        if not matcher.matches(condition[0]):
            return None
    place = simplify(base / directory)
    if isinstance(name, str):
        return Link(name, place)
    return Link(None, place, static=name.name == "static-root")


def _directory(path: Datum) -> Path:
    """The path of an entry: a string, a byte string, or a list of byte strings, ``up`` and ``same``."""
    if not isinstance(path, list):
        text = path_text(path)
        if text is None:
            raise ValueError("the path is no string, byte string or list of elements")
        return Path(text)
    if not path or (len(path) == 1 and isinstance(path[0], Symbol)):
        # a lone up or same is a path to the check of Racket's, but to nothing behind it
        raise ValueError("the path is a list without the name of a directory")
    return Path(*(_element(element) for element in path))


def _element(element: Datum) -> str:
    if element == Symbol("up"):
        return ".."
    if element == Symbol("same"):
        return "."
    text = path_text(element) if isinstance(element, bytes) else None
    if text is None or text in (".", "..") or os.sep in text or (os.altsep and os.altsep in text):
        raise ValueError("an element of the path is no byte string with one element, up or same")
    return text
