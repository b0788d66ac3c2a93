"""Archives of PLaneT: how they are told from others, though nothing in them says what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pltpack.codec.entries import SAME, PathList
from pltpack.codec.header import Preamble
from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import HeaderError

NAME: Final = "archive"
"""The name that every archive of PLaneT has in its header."""

_INFOS: Final = (("info.ss",), ("info.rkt",))
_MOST_LOOKED_AT: Final = 10_000


class PlanetShape:
    """Looks at an archive as it is read: whether it is like those that ``raco planet create`` makes.

    Those have the name ``archive``, go where one stands, set nothing up, and all their paths begin with ``same`` (in
    2004 with nothing). So has everything that ``raco pack x.plt .`` packs, from which they cannot be told.
    """

    def __init__(self, preamble: Callable[[], Preamble]) -> None:
        """``preamble`` is called if all else fits: it costs something to read."""
        self._preamble = preamble
        self._fits = True
        self._first: PathList | None = None
        self._described = False

    def add(self, path: PathList) -> None:
        """The path of the next entry."""
        if self._first is None:
            self._first = path
            self._fits = path in ((), (SAME,))
        elif self._fits and self._first == (SAME,):
            self._fits = path[:1] == (SAME,)
        if self._fits and path[-1:] in _INFOS and path in (path[-1:], (SAME, *path[-1:])):
            self._described = True

    @property
    def found(self) -> bool:
        """Whether it is, by all that has been seen."""
        return self._fits and self._first is not None and _fits(self._preamble())

    @property
    def likely(self) -> bool:
        """The same of one that has an ``info.ss`` or ``info.rkt`` at its top, as almost all packages of PLaneT have."""
        return self._described and self.found


def is_planet_archive(preamble: Preamble, paths: Iterable[PathList]) -> bool:
    """Whether an archive with these entries is like those of PLaneT, see :class:`PlanetShape`."""
    shape = PlanetShape(lambda: preamble)
    for path in paths:
        shape.add(path)
    return shape.found


def _fits(preamble: Preamble) -> bool:
    try:
        header = preamble.header()
    except HeaderError:
        return False
    return header.name == NAME and not header.plt_relative and not header.collections and not header.conflicts


@dataclass(frozen=True, slots=True)
class AutoInstaller:
    """An archive that holds nothing, and whose unit, when Racket still ran such units, had a package fetched."""

    owner: str
    package: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.owner}/{self.package} {self.major}.{self.minor}"


def auto_installer(preamble: Preamble) -> AutoInstaller | None:
    """What an auto-installer of PLaneT's server stands for; ``None`` for any other archive.

    Its unit holds a request of the form ``(planet "dummy-file.ss" (OWNER PACKAGE MAJOR MINOR))``, as data here.
    """
    pending: list[Datum] = [preamble.unit]
    for _ in range(_MOST_LOOKED_AT):
        if not pending:
            break
        match pending.pop():
            case [Symbol("planet" | "require"), "dummy-file.ss", [str(owner), str(package), int(major), int(minor)]]:
                return AutoInstaller(owner, package, major, minor)
            case [*items]:
                pending.extend(item for item in items if isinstance(item, list))
            case _:
                pass
    return None
