"""Archives written by the habits of ``zipfile``: new ones member by member, those that are there by changes."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol

from pltpack.archive import Sink, create_archive
from pltpack.codec.compression import Compression
from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.editing.changes import (
    AddDirectory,
    AddFile,
    Change,
    Content,
    RenameEntry,
    member_path,
    plain,
    remove_entry,
)
from pltpack.editing.edit import edit
from pltpack.editing.places import Places
from pltpack.editing.steps import Steps
from pltpack.errors import EntryExistsError
from pltpack.pltinfo import PltInfo
from pltpack.pltstream import IN_MEMORY

StrPath = str | os.PathLike[str]


class Writing(Protocol):
    """What takes members: a new archive, or changes of one that is there."""

    def add(self, name: str, data: bytes | StrPath, *, replacing: bool | None) -> None:
        """Put a file into the archive."""
        ...

    def make_directory(self, name: str) -> None:
        """Put a directory into the archive."""
        ...

    def finish(self) -> None:
        """Have the archive appear, whole."""
        ...

    def abandon(self) -> None:
        """Leave everything as it was."""
        ...


class NewArchive:
    """An archive that is written while members come; each path once."""

    def __init__(
        self, sink: Sink, header: Header | Preamble, *, compression: Compression | None, encode: bool, exclusive: bool
    ) -> None:
        self._exclusive = Path(sink) if exclusive and isinstance(sink, str | os.PathLike) else None
        self._refuse_existing()
        self._stack = contextlib.ExitStack()
        self._archive = self._stack.enter_context(create_archive(sink, header, compression=compression, encode=encode))
        self._names: dict[str, bool] = {}
        """Of each path that something was put at, whether it is a directory."""

    def add(self, name: str, data: bytes | StrPath, *, replacing: bool | None) -> None:
        path = member_path(name)
        shown = plain(name)
        self._claim(shown, directory=False)
        parent = path[:-1]
        if parent and not self._names.get("/".join(map(str, parent))):
            self.make_directory("/".join(map(str, parent)))
        self._archive.add_file(path, data, replace=bool(replacing))

    def make_directory(self, name: str) -> None:
        path = member_path(name)
        shown = plain(name)
        if not self._names.get(shown):
            self._claim(shown, directory=True)
            self._archive.add_directory(path)

    def _claim(self, name: str, *, directory: bool) -> None:
        """Put down what is at a path. Raises :class:`EntryExistsError` if something is there already."""
        parts = name.split("/")
        for place in ("/".join(parts[:depth]) for depth in range(1, len(parts))):
            if self._names.get(place) is False:
                raise EntryExistsError(f"{place!r} is a file in the archive", paths=[(place, "is a file")])
        below = f"{name}/"
        if name in self._names or (not directory and any(other.startswith(below) for other in self._names)):
            raise EntryExistsError(f"{name!r} is in the archive already", paths=[(name, "is there already")])
        self._names[name] = directory

    def _refuse_existing(self) -> None:
        if self._exclusive is not None and os.path.lexists(self._exclusive):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(self._exclusive))

    def finish(self) -> None:
        try:
            self._refuse_existing()
        except BaseException:
            self.abandon()
            raise
        self._stack.close()

    def abandon(self) -> None:
        with contextlib.suppress(_Abandoned), self._stack:
            raise _Abandoned


class _Abandoned(Exception):
    """Tells the writer below that the archive will not be whole."""


class Changing:
    """Changes of an archive that is there, made all together in the end."""

    def __init__(self, path: StrPath, limits: Limits, *, compression: Compression | None, encode: bool) -> None:
        self._path = path
        self._limits = limits
        self._compression = compression
        self._encode = encode
        self._changes: list[Change] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._view: dict[int, tuple[list[PltInfo], dict[str, Content]]] = {}

    def add(self, name: str, data: bytes | StrPath, *, replacing: bool | None) -> None:
        content = data if isinstance(data, bytes) else self._taken(data)
        self._put(AddFile(name, content, replacing))

    def make_directory(self, name: str) -> None:
        self._put(AddDirectory(name))

    def remove(self, name: str) -> None:
        """Leave out a file, or a directory with all below it."""
        self._put(remove_entry(name))

    def rename(self, old: str, new: str) -> None:
        """Give a file, or a directory with all below it, another path."""
        self._put(RenameEntry(old, new))

    def _put(self, change: Change) -> None:
        Steps([change])  # an unsafe path is told now
        self._changes.append(change)
        self._view.clear()

    def _taken(self, path: StrPath) -> Content:
        """The data of a file as it is now: what becomes of the file later is of no matter."""
        with open(path, "rb") as stream:
            data = stream.read(IN_MEMORY + 1)
            if len(data) <= IN_MEMORY:
                return data
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="pltpack-")
            kept = Path(self._folder.name, str(len(self._changes)))
            with kept.open("wb") as copy:
                copy.write(data)
                shutil.copyfileobj(stream, copy)
        return kept

    def seen(self, members: Sequence[PltInfo]) -> tuple[list[PltInfo], dict[str, Content]]:
        """The members as they will be, and the data of those that are new, by name."""
        if id(members) not in self._view:
            self._view = {id(members): self._seen(members)}
        return self._view[id(members)]

    def _seen(self, members: Sequence[PltInfo]) -> tuple[list[PltInfo], dict[str, Content]]:
        steps = Steps(self._changes)
        places = Places(steps.targets())
        found: list[PltInfo] = []
        contents: dict[str, Content] = {}
        for member in members:
            fate = steps.apply(plain(member.name), directory=member.directory)
            if not fate.removed:
                name = fate.path if fate.renamed else member.name
                tag = member.replace if fate.replace is None else fate.replace
                size = member.size if fate.content is None else _size(fate.content)
                found.append(replace(member, name=name, size=size, replace=tag))
                if fate.content is not None:
                    contents[name] = fate.content
                _look(places, fate.path, directory=member.directory, changed=fate.renamed)
        for fate in steps.added():
            if not fate.removed:
                size = 0 if fate.content is None else _size(fate.content)
                path = tuple(fate.path.split("/"))
                found.append(PltInfo(fate.path, path, size, fate.directory, bool(fate.replace), -1))
                if fate.content is not None:
                    contents[fate.path] = fate.content
                _look(places, fate.path, directory=fate.directory, changed=True)
        steps.check()
        return found, contents

    def finish(self) -> None:
        try:
            if self._changes:
                edit(
                    self._path,
                    self._changes,
                    limits=self._limits,
                    compression=self._compression,
                    encode=self._encode,
                )
        finally:
            self.abandon()

    def abandon(self) -> None:
        self._changes = []
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _look(places: Places, path: str, *, directory: bool, changed: bool) -> None:
    if directory:
        places.directory(path, changed=changed)
    else:
        places.file(path, changed=changed)


def _size(content: Content) -> int:
    if isinstance(content, bytes):
        return len(content)
    assert isinstance(content, Path)  # what is given is read at once
    return content.stat().st_size


def data_of(content: Content) -> BinaryIO:
    """The data of a member that is new, as a stream that can seek."""
    import io

    if isinstance(content, bytes):
        return io.BytesIO(content)
    assert isinstance(content, Path)
    return content.open("rb")
