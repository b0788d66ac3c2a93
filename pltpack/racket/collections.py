"""Where collections are: ``collection-path`` without Racket."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from pltpack.arguments import check_several
from pltpack.errors import ConfigError, UnknownCollectionError
from pltpack.racket.installation import Installation
from pltpack.racket.links import Candidate, LinksFile

_SHOWN: Final = 5


class CollectionIndex:
    """Finds the directory of a collection as Racket's ``collection-path`` does.

    The order: the directories ``collects``, then ``Installation.collection_paths`` (mostly the user's and the main
    collection directory), the user's links file, and the links files of the installation with its packages.
    Links files are read once, when first needed; directories are listed once for :meth:`directories_of`.
    """

    def __init__(self, installation: Installation, collects: Sequence[Path] = ()) -> None:
        check_several("collects", collects)
        self.installation = installation
        self.directories: tuple[Path, ...] = (*collects, *installation.collection_paths)
        self._listed: dict[str, frozenset[str] | None] = {}

    @cached_property
    def links_files(self) -> tuple[LinksFile, ...]:
        """The links files, read; those that Racket ignores have a ``problem``."""
        files = [path for path in self.installation.collection_links if path is not None]
        known = self.installation.known_version
        return tuple(LinksFile.read(file, known.value if known else "") for file in files)

    @property
    def problems(self) -> list[ConfigError]:
        """What is wrong with the links files that are ignored."""
        return [file.problem for file in self.links_files if file.problem is not None]

    def find(self, collection: str | Sequence[str]) -> Path | None:
        """The directory of a collection, ``None`` if there is none.

        ``collection`` is a path like ``"a/b"`` or ``("a", "b")``. A link to a top-level collection answers even if
        its directory does not exist, as in Racket. A path with an empty or absolute element is nowhere.
        """
        elements = _elements(collection)
        if elements is None:
            return None
        first, *rest = elements
        for candidate in self._candidates(first):
            directory = candidate.directory if candidate.linked else candidate.directory / first
            if not candidate.linked and not directory.is_dir():
                continue
            found = directory.joinpath(*rest)
            if not rest or found.is_dir():
                return found
        return None

    def directories_of(self, collection: str | Sequence[str]) -> Iterator[Path]:
        """All directories that a collection is made of, in the order in which they are searched for its files."""
        elements = _elements(collection)
        if elements is None:
            return
        first, *rest = elements
        for candidate in self._candidates(first):
            directory = os.fspath(candidate.directory)
            if not candidate.linked and not self._may_hold(directory, first):
                continue  # this is asked of each package of the installation, for many collections
            place = os.path.join(directory, *(rest if candidate.linked else elements))
            if os.path.isdir(place):
                yield Path(place)

    def path(self, collection: str | Sequence[str]) -> Path:
        """The directory of a collection, or an :class:`~pltpack.errors.UnknownCollectionError` that lists the
        places searched."""
        found = self.find(collection)
        if found is not None:
            return found
        name = collection if isinstance(collection, str) else "/".join(collection)
        if _elements(collection) is None:
            raise UnknownCollectionError(f"{name!r} is not a collection path: it has an empty or absolute element")
        places = [str(path) for path in self.directories]
        places += [f"{file.file}{' (ignored, it is damaged)' if file.problem else ''}" for file in self.links_files]
        raise UnknownCollectionError(
            f"no collection {name}; searched: {', '.join(places) or 'nothing'}",
            hint="name the directory that holds it with --collects DIR",
        )

    def _may_hold(self, directory: str, name: str) -> bool:
        """Whether a directory may have something of that name, however the disk compares names; listed once."""
        if directory not in self._listed:
            try:
                self._listed[directory] = frozenset(name.casefold() for name in os.listdir(directory))
            except FileNotFoundError:
                self._listed[directory] = frozenset()
            except OSError:
                self._listed[directory] = None  # nobody knows: one may not list it, say
        listed = self._listed[directory]
        return listed is None or not name.isascii() or name.casefold() in listed

    def _candidates(self, first: str) -> Iterator[Candidate]:
        for directory in self.directories:
            yield Candidate(directory, linked=False)
        for file in self.links_files:
            yield from file.candidates(first)


def _elements(collection: str | Sequence[str]) -> list[str] | None:
    """The elements of a collection path: the first is one element, the others may hold separators (and ``..``)."""
    given = [collection] if isinstance(collection, str) else list(collection)
    if not given or any(not part or "\0" in part or Path(part).is_absolute() for part in given):
        return None
    first, _, below = given[0].partition("/")
    below = below.lstrip("/")
    return [first, *([below] if below else []), *given[1:]]
