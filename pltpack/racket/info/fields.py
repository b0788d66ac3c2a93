"""The fields of an info file that packing uses: each function gives a value of the right type, or ``None``."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, Keyword, Regexp, Symbol
from pltpack.racket.info.values import PathValue

CollectionPath: TypeAlias = tuple[str, ...]
"""A collection: ``("games", "cards")`` is the collection games/cards."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of ``deps``: a package source, the lowest version, and the platforms it is for (``None``: all)."""

    source: str
    version: str | None = None
    platform: str | Symbol | Regexp | None = None


COLLECTIONS: Final = "a list of collection paths, each a list of strings"
DEPENDENCIES: Final = 'a list of dependencies, each "SOURCE" or ("SOURCE" #:version "V" #:platform P)'


def string(value: object) -> str | None:
    """A string."""
    return value if isinstance(value, str) else None


def integers(value: object) -> tuple[int, ...] | None:
    """A list of exact integers; ``#f`` counts as the empty one, as in ``setup/pack``."""
    if value is False:
        return ()
    if not isinstance(value, list) or not all(isinstance(part, int) and not isinstance(part, bool) for part in value):
        return None
    return tuple(value)


def valid_version(text: str) -> bool:
    """Whether Racket takes a text for the version of a package: ``valid-version?`` of ``version/utils``.

    >>> [valid_version(text) for text in ("1.0", "6.2.900.3", "1", "1.00", "1.2.0", "1.100")]
    [True, True, False, False, False, False]
    """
    parts = text.split(".")
    if not 2 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return False
    plain = all(part == "0" or not part.startswith("0") for part in parts)
    small = len(parts[1]) <= 2 and all(len(part) <= 3 for part in parts[2:])
    return plain and small and (len(parts) == 2 or parts[-1] != "0")


def version(value: object) -> str | None:
    """The version of a package."""
    return value if isinstance(value, str) and valid_version(value) else None


def _is_relative(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value and not Path(value).is_absolute()


def collection_paths(value: object) -> tuple[CollectionPath, ...] | None:
    """A list of collection paths, as ``setup/pack`` checks them."""
    if not isinstance(value, list):
        return None
    for path in value:
        if not isinstance(path, list) or not path or not all(_is_relative(part) for part in path):
            return None
    return tuple(tuple(path) for path in value)


def collection(value: object) -> str | Symbol | None:
    """What the collection of a package may be."""
    match value:
        case str() | Symbol("multi" | "use-pkg-name"):
            return value
        case _:
            return None


def relative_paths(value: object) -> tuple[str, ...] | None:
    """A list of relative paths: strings, or path objects."""
    if not isinstance(value, list):
        return None
    texts = [part.text if isinstance(part, PathValue) else part for part in value]
    return tuple(texts) if all(_is_relative(text) for text in texts) else None


def dependencies(value: object) -> tuple[Dependency, ...] | None:
    """A list of dependencies."""
    if not isinstance(value, list):
        return None
    found = [_dependency(entry) for entry in value]
    return tuple(entry for entry in found if entry is not None) if None not in found else None


def _dependency(entry: Datum) -> Dependency | None:
    """A dependency as the package manager takes it; whether a name can be told from the source is not looked at."""
    match entry:
        case str(source) | [str(source)]:
            made = Dependency(source)
        case [str(source), str(lowest)] | [str(source), Keyword("version"), str(lowest)]:
            made = Dependency(source, lowest)
        case [str(source), Keyword("platform"), platform]:
            made = Dependency(source, None, _platform(platform))
        case [str(source), Keyword("version"), str(lowest), Keyword("platform"), platform]:
            made = Dependency(source, lowest, _platform(platform))
        case [str(source), Keyword("platform"), platform, Keyword("version"), str(lowest)]:
            made = Dependency(source, lowest, _platform(platform))
        case _:
            return None
    return made if source and version(made.version or "0.0") and made.platform is not _NO_PLATFORM else None


_NO_PLATFORM: Final = Symbol("")


def _platform(value: Datum) -> str | Symbol | Regexp:
    match value:
        case str() | Symbol("unix" | "windows" | "macosx") | Regexp(source=str()):
            return value
        case _:
            return _NO_PLATFORM
