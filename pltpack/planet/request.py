"""Requests: the ways in which code names a package of PLaneT, and a module in it.

Two grammars hold at once: that of the module system (``module-path?``), which is narrow, and that of PLaneT's own
parser (``planet/private/parsereq``), which knows what the parts mean. Only what both accept is a request here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pltpack.datum.values import Datum, Symbol
from pltpack.planet.version import Bounds

SUFFIX: Final = ".plt"
PLANET: Final = Symbol("planet")

_ELEMENT: Final = r"(?:[-+_A-Za-z0-9]|%[0-9a-f]{2})+"
_FILE_ELEMENT: Final = r"(?:[-+_.A-Za-z0-9]|%[0-9a-f]{2})+"
_MINOR: Final = r"(?::(?P<minor>(?:>=|<=|=)?[0-9]{1,9}|[0-9]{1,9}-[0-9]{1,9}))?"
_PACKAGE: Final = rf"(?P<owner>{_ELEMENT})/(?P<package>{_ELEMENT})(?::0*(?P<major>[1-9][0-9]{{0,8}}){_MINOR})?"
_SYMBOL: Final = re.compile(rf"{_PACKAGE}(?P<path>(?:/{_ELEMENT})*)")
_STRING: Final = re.compile(rf"{_PACKAGE}(?P<path>(?:/{_ELEMENT})*(?:/{_FILE_ELEMENT}))?")
_LANGUAGE: Final = re.compile(rb"[ \t]+([-+_a-zA-Z0-9/:=<>%.]+)(?=[ \t\r\n]|\Z)")
_DIRECTORY: Final = re.compile(rf"{_ELEMENT}(?:/{_ELEMENT})*")
_FILE: Final = re.compile(rf"(?:{_ELEMENT}/)*{_FILE_ELEMENT}")
_DOTS: Final = re.compile(r"\.+")
_LARGEST: Final = 10**9


@dataclass(frozen=True, slots=True)
class Request:
    """A module of a package: ``owner`` and ``package`` (with its ``.plt``), the versions that will do, and the path of
    the file, as it is written or with the default names of PLaneT (``main.rkt``, ``.ss``)."""

    owner: str
    package: str
    bounds: Bounds
    file: str

    @property
    def key(self) -> tuple[str, str]:
        """Owner and package."""
        return self.owner, self.package

    def __str__(self) -> str:
        """In short, for messages: ``owner/pkg:1:2/dir/file.ss``."""
        return f"{self.owner}/{short_name(self.package)}{self.bounds}/{self.file}"


def short_name(package: str) -> str:
    """A package's name without ``.plt``."""
    return package.removesuffix(SUFFIX)


def parse_form(form: Datum) -> Request | None:
    """The request of a datum such as ``(planet ada/util:1/sub/deep)``; ``None`` if it is none that Racket takes."""
    match form:
        case [Symbol("planet"), Symbol(text)]:
            return _short(_SYMBOL.fullmatch(text))
        case [Symbol("planet"), str(text)]:
            found = _STRING.fullmatch(text)
            return None if found is None or not _is_file(found["path"] or "") else _short(found)
        case [Symbol("planet"), str(file), [str(owner), str(package), *version], *directories]:
            return _long(file, owner, package, version, directories)
        case _:
            return None


def parse_language(text: bytes) -> tuple[Request | None, int] | None:
    """What stands behind ``#lang planet``: the request of ``owner/pkg:1/dir`` without a file's suffix, and how many
    bytes it takes. ``None`` if nothing stands there; the request is ``None`` if Racket would refuse it."""
    found = _LANGUAGE.match(text)
    if found is None:
        return None
    named = _SYMBOL.fullmatch(found[1].decode("ascii"))
    return _short(named), found.end()


def _short(found: re.Match[str] | None) -> Request | None:
    if found is None:
        return None
    path = (found["path"] or "").removeprefix("/")
    file = "main.rkt" if not path else path if "." in path else f"{path}.ss"
    major = found["major"]
    bounds = Bounds() if major is None else Bounds(int(major), *_minor_bounds(found["minor"]))
    return Request(found["owner"], found["package"] + SUFFIX, bounds, file)


def _minor_bounds(text: str | None) -> tuple[int, int | None]:
    if text is None:
        return 0, None
    if text.startswith(">="):
        return int(text[2:]), None
    if text.startswith("<="):
        return 0, int(text[2:])
    if text.startswith("="):
        return int(text[1:]), int(text[1:])
    low, dash, high = text.partition("-")
    return int(low), int(high) if dash else None


def _long(
    file: str, owner: str, package: str, version: Sequence[Datum], directories: Sequence[Datum]
) -> Request | None:
    bounds = _bounds(version)
    folders = [folder for folder in directories if isinstance(folder, str) and _DIRECTORY.fullmatch(folder)]
    if bounds is None or len(folders) != len(directories) or not (_FILE.fullmatch(file) and _is_file(file)):
        return None
    if not (_is_name(owner) and _is_name(package)):
        return None
    return Request(owner, package, bounds, "/".join((*folders, file)))


def _is_name(text: str) -> bool:
    return re.fullmatch(_FILE_ELEMENT, text) is not None and _is_file(text)


def _is_file(path: str) -> bool:
    return not any(_DOTS.fullmatch(element) for element in path.split("/"))


def _bounds(version: Sequence[Datum]) -> Bounds | None:
    """The versions of ``(owner package MAJOR MINOR)``."""
    match version:
        case []:
            return Bounds()
        case [major] if _is_number(major):
            return Bounds(major)  # type: ignore[arg-type]  # it is an int
        case [major, minor] if _is_number(major):
            range_ = _minor(minor)
            return None if range_ is None else Bounds(major, *range_)  # type: ignore[arg-type]  # it is an int
        case _:
            return None


def _minor(datum: Datum) -> tuple[int, int | None] | None:
    match datum:
        case int(number) if _is_number(number):
            return number, None
        case [int(low), int(high)] if _is_number(low) and _is_number(high):
            return low, high
        case [Symbol(sign), int(number)] if _is_number(number):
            return {"=": (number, number), "+": (number, None), "-": (0, number)}.get(sign)
        case _:
            return None


def _is_number(datum: Datum) -> bool:
    return isinstance(datum, int) and not isinstance(datum, bool) and 0 <= datum < _LARGEST
