"""An archive or directory as a package, for those who only look: what an installer would make of it, or why not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from pltpack.codec.entries import Directory, File
from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.formats.formats import SUFFIXES
from pltpack.pkg.metadata import Metadata
from pltpack.pkg.modules import MODULE_FILES
from pltpack.pkg.names import is_package_name
from pltpack.pkg.staging import LONGEST_INFO, collection_names, describe, open_package
from pltpack.pkg.view import INFO, MULTI_INFO, SINGLE_INFO
from pltpack.racket.info.info import INFO_NAMES
from pltpack.transaction.paths import SafePath
from pltpack.unpacker.locations import HEADS

_ANY_NAME: Final = "package"
_MOST_INFO: Final = 1 << 24
"""Bytes of info files that are held while an archive is read."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is told of a package; the fields are those of :class:`~pltpack.pkg.staging.StagedPackage`."""

    name: str
    metadata: Metadata
    collections: tuple[str, ...]
    modules: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def collection(self) -> str | None:
        """The collection of a single-collection package."""
        return self.metadata.collection


@dataclass(frozen=True, slots=True)
class PackageView:
    """The package, or the ``problem`` that an installer has with it. ``named``: its name is that of the file."""

    package: Described | None
    problem: str | None
    named: bool


def view_package(path: str | os.PathLike[str], *, limits: Limits = Limits()) -> PackageView | None:
    """Look at ``path`` as a package; ``None`` for a file that no installer takes for one, by its suffix.

    A ``CHECKSUM`` file is not looked at. Raises ``OSError``.
    """
    found = package_name(path)
    if found is None:
        return None
    name, named = found
    try:
        staged = open_package(path, name=name, check=False, limits=limits)
    except PltError as error:
        return PackageView(None, error.message, named)
    described = Described(name, staged.metadata, staged.collections, staged.modules, staged.problems)
    return PackageView(described, None, named)


def package_name(path: str | os.PathLike[str]) -> tuple[str, bool] | None:
    """What to call the package at ``path``, and whether that is the name of the file; ``None`` for a file that no
    installer takes for a package."""
    name = os.path.basename(os.path.abspath(path))
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        return (name if is_package_name(name) else _ANY_NAME, is_package_name(name)) if os.path.isdir(path) else None
    if not os.path.isdir(path):
        name = name.removesuffix(suffix)
    named = is_package_name(name)
    return name if named else _ANY_NAME, named


class PassingPackage:
    """What an installer makes of a ``.plt`` archive, found out while somebody else reads it.

    That spares most archives a second reading. ``sure`` is false where only :func:`view_package` can tell: if entries
    of several of Racket's directories come together, or if there is very much to read.
    """

    def __init__(self, *, plt_relative: bool) -> None:
        self.sure = True
        self._relative = plt_relative
        self._head: str | None = None
        self._begun = False
        self._texts: dict[str, bytes | None] = {}
        self._room = _MOST_INFO
        self._is_described = False
        self._tops: set[str] = set()
        self._modules: list[str] = []

    def add(self, path: SafePath, entry: Directory | File) -> None:
        """Take the next entry, which lies at ``path``; the data of an ``info.rkt`` is read."""
        if not self.sure or not path:
            return
        is_file = isinstance(entry, File)
        if self._relative:
            head = path[0] if path[0] in HEADS else None
            if not self._begun:
                self._begun, self._head = True, head
            if head is not None:
                path = path[1:]
            if head != self._head or not (path or not is_file):
                self.sure = False
                return
            if not path:
                return
        if len(path) > 1 or not is_file:
            self._tops.add(path[0])
        if is_file and path[-1].endswith(MODULE_FILES):
            self._modules.append("/".join(path))
        if path[-1] not in INFO_NAMES:
            return
        if not isinstance(entry, File):
            self._is_described = self._is_described or path == (INFO,)
            return
        self._room -= entry.size
        if self._room < 0:
            self.sure = False
        else:
            self._texts["/".join(path)] = entry.body.read() if entry.size <= LONGEST_INFO else None

    def describe(self, name: str) -> Described:
        """The package called ``name``, if it is :attr:`sure`."""
        texts = dict(self._texts)
        if texts.get(INFO) == SINGLE_INFO:
            del texts[INFO]
        elif INFO not in texts and not self._is_described:
            texts[INFO] = MULTI_INFO
        said = describe(name, self._modules, texts)
        collection = said.metadata.collection
        collections = collection_names(self._tops) if collection is None else (collection,)
        return Described(name, said.metadata, collections, said.modules, said.problems)
