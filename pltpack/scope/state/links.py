"""The links file of a scope, changed: entries are added at the end and taken out, all others stay as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pltpack.datum.reader import read_data
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import ConfigError
from pltpack.racket.config import path_text
from pltpack.racket.links import parse_links
from pltpack.racket.simplify import simplify
from pltpack.scope.state.records import Record
from pltpack.scope.state.relative import UP, linked_path

_ANY_VERSION: Final = "0"
_ROOTS: Final = (Symbol("root"), Symbol("static-root"))


class LinkEntries:
    """The entries of a links file as data, in order.

    :attr:`changed` tells whether they are not what the file holds; a file that nothing changes is not written.
    """

    def __init__(self, file: Path, entries: list[Datum], *, as_racket: bool = False) -> None:
        self.file = file
        self.entries = entries
        self.changed = False
        self._texts: set[str] | None = None
        self._targets: dict[str, Path] = {}
        self._as_racket = as_racket

    @classmethod
    def read(cls, file: Path, *, as_racket: bool = False) -> LinkEntries:
        """The entries of a file; none if there is no such file.

        Raises :class:`~pltpack.errors.ConfigError` for a file that Racket would ignore, and ``OSError``: what was added
        to such a file would have no effect, and what it says would be lost.
        """
        try:
            text = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return cls(file, [], as_racket=as_racket)
        try:
            parse_links(text, file, _ANY_VERSION)
        except ConfigError as error:
            error.message = f"error reading from link file: {error.message}"
            error.hint = "Racket ignores the whole file as it is; mend or remove it"
            raise
        data = read_data(text)[0]
        assert isinstance(data, list)
        return cls(file, data, as_racket=as_racket)

    def add(self, directory: Path, collection: str | None, *, static: bool = False) -> None:
        """Link a directory: as a collection, or as one that holds collections. What is linked already is left alone."""
        name: Datum = collection if collection is not None else Symbol("static-root" if static else "root")
        path = linked_path(directory, self.file.parent, as_racket=self._as_racket)
        entry: Datum = [name, path]
        text = write_datum(entry)
        if self._texts is None:
            self._texts = set(map(write_datum, self.entries))
        if text not in self._texts:
            self._texts.add(text)
            self.entries.append(entry)
            self.changed = True

    def remove(self, directory: Path, record: Record) -> None:
        """Take out the links to a directory: all of a single-collection package, roots of another."""
        self.remove_all([(directory, record)])

    def remove_all(self, gone: Iterable[tuple[Path, Record]]) -> None:
        """The same for several, in one go."""
        roots: dict[Path, set[bool]] = {}
        for directory, record in gone:
            roots.setdefault(directory, set()).add(record.collection is None)
        kept = [entry for entry in self.entries if (_head(entry) in _ROOTS) not in roots.get(self._target(entry), ())]
        if len(kept) != len(self.entries):
            self._keep(kept)

    def holds(self, directory: Path, record: Record) -> bool:
        """Whether a package in this directory is linked."""
        wanted = (record.collection,) if record.collection is not None else _ROOTS
        return any(_head(entry) in wanted and self._leads_to(entry, directory) for entry in self.entries)

    def tidy(self, packages: Path, known: set[Path]) -> None:
        """Take out what is there twice, and what leads to nothing among the packages that no record knows."""
        kept: dict[str, Datum] = {}
        for entry in self.entries:
            target = self._target(entry)
            lost = packages in target.parents and target not in known and not target.is_dir()
            if not lost:
                kept.setdefault(write_datum(entry), entry)
        if len(kept) != len(self.entries):
            self._keep(list(kept.values()))

    def _keep(self, entries: list[Datum]) -> None:
        self.entries = entries
        self._texts = None
        self.changed = True

    def targets(self) -> list[tuple[Datum, Path]]:
        """The name, ``root`` or ``static-root`` of each entry, and where it leads."""
        return [(_head(entry), self._target(entry)) for entry in self.entries]

    def text(self) -> bytes:
        """The text of the file, as Racket writes it."""
        return ("(" + "\n ".join(map(write_datum, self.entries)) + ")\n").encode()

    def _leads_to(self, entry: Datum, directory: Path) -> bool:
        return self._target(entry) == directory

    def _target(self, entry: Datum) -> Path:
        assert isinstance(entry, list)
        path = _path(entry[1])
        if path not in self._targets:
            self._targets[path] = simplify(self.file.parent / path)
        return self._targets[path]


def _head(entry: Datum) -> Datum:
    assert isinstance(entry, list)
    return entry[0]


def _path(value: Datum) -> str:
    if isinstance(value, list):
        steps = [".." if step == UP else os.fsdecode(step) if isinstance(step, bytes) else "." for step in value]
        return os.sep.join(steps)
    text = path_text(value)
    assert text is not None  # the file was checked as a whole
    return text
