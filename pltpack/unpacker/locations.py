"""Where an archive's entries go when it is installed: the decisions of Racket's ``setup/unpack``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import Final

from pltpack.codec.header import Header
from pltpack.dataclass import dataclass
from pltpack.errors import InstallationError, UnsafePathError
from pltpack.racket.installation import Installation
from pltpack.racket.simplify import simplify
from pltpack.transaction.destination import Root
from pltpack.transaction.paths import SafePath

HEADS: Final = ("collects", "doc", "lib", "include")
"""First elements of paths that stand for directories of their own."""


class Mode(Enum):
    """Whose directories an archive goes to."""

    LOCAL = "local"
    """The current directory (or another that was named): the header wants nothing else."""
    USER = "user"
    """The user's directories, in the add-on directory."""
    MAIN = "main"
    """The directories of the installation, for all its users."""


_USER: Final[Mapping[str, Callable[[Installation], Path]]] = {
    "collects": lambda installation: installation.user_collects_dir,
    "doc": lambda installation: installation.user_doc_dir,
    "lib": lambda installation: installation.user_lib_dir,
    "include": lambda installation: installation.user_include_dir,
}
_MAIN: Final[Mapping[str, Callable[[Installation], Path | None]]] = {
    "collects": lambda installation: installation.collects_dir,
    "doc": lambda installation: installation.doc_dir,
    "lib": lambda installation: installation.lib_dir,
    "include": lambda installation: installation.include_dir,
}


@dataclass(frozen=True)
class Locations:
    """The places for the entries of one archive.

    Each directory is asked of the installation when the first entry needs it; then
    :class:`~pltpack.errors.InstallationError` says so if it is not known.
    """

    mode: Mode
    installation: Installation
    directory: Path
    """Where entries of a local archive go."""
    _roots: dict[str, Root] = field(default_factory=dict, init=False, repr=False)

    @property
    def base(self) -> Root:
        """Where entries go whose first element is none of :data:`HEADS`.

        To the user's collections, which makes each of their directories one; but, as in Racket, beside the main
        collections and not among them.
        """
        match self.mode:
            case Mode.LOCAL:
                return self._root("", self.directory)
            case Mode.USER:
                return self._head("collects")
            case Mode.MAIN:
                return self._root("", simplify(self._head("collects").path / ".."))

    def __call__(self, path: SafePath, *, file: bool) -> tuple[Root, SafePath] | None:
        """The directory and the path below it for an entry; ``None`` for one that says nothing (an empty path).

        Raises :class:`~pltpack.errors.UnsafePathError` for a file that would be such a directory itself.
        """
        if self.mode is Mode.LOCAL:
            return self.base, path
        if not path:
            return None
        if path[0] not in HEADS:
            return self.base, path
        if file and len(path) == 1:
            reason = "is a file where Racket has a directory of its own"
            raise UnsafePathError(f"{path[0]!r} {reason}", paths=[(path[0], reason)])
        return self._head(path[0]), path[1:]

    def _head(self, head: str) -> Root:
        if head in self._roots:
            return self._roots[head]
        directories = _USER if self.mode is Mode.USER else _MAIN
        directory = directories[head](self.installation)
        if directory is None:
            raise InstallationError(
                f"the archive has entries for the {head} directory of the Racket installation, which is not known",
                hint="name the installation with --racket DIR",
            )
        return self._root(head, directory)

    def _root(self, head: str, directory: Path) -> Root:
        return self._roots.setdefault(head, Root(directory, head or "destination"))


def locate(
    header: Header,
    installation: Installation,
    *,
    at_plt: bool = False,
    all_users: bool = False,
    directory: Path | None = None,
) -> Locations:
    """Decide where an archive goes.

    An archive that is not ``plt_relative`` goes to ``directory`` (default: the current one), but with ``at_plt`` it
    is taken as if it were. One that is goes to the installation if it is ``plt_home_relative`` and all its
    ``test_plt_dirs`` are writable, or with ``all_users`` (``raco setup --all-users``); otherwise to the user's
    directories.
    """
    place = Path.cwd() if directory is None else directory.absolute()
    if not header.plt_relative and not at_plt:
        return Locations(Mode.LOCAL, installation, place)
    wanted = header.plt_relative and header.plt_home_relative
    if all_users or (wanted and _all_writable(header.test_plt_dirs, installation)):
        return Locations(Mode.MAIN, installation, place)
    return Locations(Mode.USER, installation, place)


def _all_writable(names: tuple[str, ...] | None, installation: Installation) -> bool:
    """Whether the directories of ``test-plt-dirs`` can be written to; none at all, or no test, count as writable."""
    collects = installation.collects_dir
    if names is None:
        return True
    return all(collects is not None and _writable(name, collects, installation) for name in names)


def _writable(name: str, collects: Path, installation: Installation) -> bool:
    if not name or "\0" in name:
        return False
    place = _MAIN[name](installation) if name in _MAIN else simplify(collects / "..") / name
    return place is not None and os.access(place, os.W_OK)
