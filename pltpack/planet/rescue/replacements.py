"""Packages that others stand in for: ``owner/pkg[:MAJ][/file] -> collection/path package``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pltpack.errors import FormatError, LimitError
from pltpack.pkg.names import is_module_path, is_package_name
from pltpack.planet.request import SUFFIX, Request

_LINE: Final = re.compile(
    r"(?P<owner>[^\s/:]+)/(?P<package>[^\s/:]+)(?::(?P<major>[0-9]{1,9}))?(?:/(?P<file>\S+))?"
    r"\s+->\s+(?P<collection>\S+)\s+(?P<provider>\S+)"
)
_LARGEST: Final = 1 << 20
_SHIPPED: Final = "replacements.txt"


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of a package, of one ``major`` version (``None``: of all), or of one ``file`` of it
    (without ``.ss``): the module or collection ``path`` of the package ``provider``."""

    owner: str
    package: str
    major: int | None
    file: str | None
    path: str
    provider: str

    def replaces(self, request: Request, major: int | None) -> bool:
        """Whether it is for a request, ``major`` being the version that is meant."""
        if request.key != (self.owner, self.package) or self.major not in (None, major):
            return False
        return self.file is None or self.file == module_of(request.file)

    def module(self, request: Request) -> str:
        """The module to require instead: that of a replaced file, or the one of the same name."""
        return self.path if self.file is not None else f"{self.path}/{module_of(request.file)}"


@dataclass(frozen=True, slots=True)
class Replacements:
    """A table of replacements; those of files come before those of packages."""

    rows: tuple[Replacement, ...] = ()

    def find(self, request: Request, major: int | None) -> Replacement | None:
        """The replacement for a request."""
        found = [row for row in self.rows if row.replaces(request, major)]
        return max(found, key=lambda row: (row.file is not None, row.major is not None), default=None)


def module_of(file: str) -> str:
    """A file's name without ``.ss`` or ``.rkt``, which are the same to Racket."""
    return file.removesuffix(".ss").removesuffix(".rkt")


def read_replacements(path: str | os.PathLike[str]) -> Replacements:
    """The table in a file: one replacement a line, ``#`` begins a comment. Raises ``FormatError``, ``OSError``."""
    with open(path, "rb") as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise LimitError(f"a table of more than {_LARGEST} bytes", file=os.fspath(path))
    return Replacements(tuple(_rows(data.decode("utf-8", "replace").splitlines(), os.fspath(path))))


def shipped_replacements() -> Replacements:
    """The table that comes with pltpack: packages that live on under today's names."""
    text = (resources.files("pltpack.planet.rescue") / "data" / _SHIPPED).read_text("utf-8")
    return Replacements(tuple(_rows(text.splitlines(), _SHIPPED)))


def _rows(lines: Iterable[str], name: str) -> Iterable[Replacement]:
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        found = _LINE.fullmatch(text)
        if found is None or not is_module_path(found["collection"]) or not is_package_name(found["provider"]):
            raise FormatError(
                f"line {number} is not OWNER/PKG[:MAJ][/FILE] -> COLLECTION/PATH PACKAGE: {text[:80]!r}", file=name
            )
        yield Replacement(
            found["owner"],
            found["package"].removesuffix(SUFFIX) + SUFFIX,
            None if found["major"] is None else int(found["major"]),
            None if found["file"] is None else module_of(found["file"]),
            found["collection"],
            found["provider"],
        )
