"""``info.rkt``: the fields of a package or collection, evaluated from the text without Racket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from pltpack.dataclass import dataclass
from pltpack.datum.limits import DatumLimits
from pltpack.datum.values import Complex, Symbol
from pltpack.errors import InfoError
from pltpack.racket.info import fields
from pltpack.racket.info.evaluator import evaluate
from pltpack.racket.info.expander import expand
from pltpack.racket.info.fields import CollectionPath, Dependency
from pltpack.racket.info.machine import Machine, NoInstallation, machine_of
from pltpack.racket.info.module import INFO_LIMITS, InfoModule, as_definition, read_info_module, read_syntax
from pltpack.racket.info.text import Text
from pltpack.racket.info.values import PathValue, Procedure, Value

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation

__all__ = [
    "Dependency",
    "Info",
    "InfoLimits",
    "InfoModule",
    "PathValue",
    "Procedure",
    "Value",
    "find_info",
    "load_info",
    "parse_info",
    "read_info_module",
]

T = TypeVar("T")

INFO_NAMES: Final = ("info.rkt", "info.ss")
"""The file names, in the order in which they are looked for."""

ContentState: TypeAlias = Literal["source", "built", "binary", "binary-lib"]

_NAMES_OF_LITERALS: Final = frozenset(("define", "quote"))
"""What stands in definitions of literals, without what has a ``#`` in its name."""

_CONTENT_STATES: Final[tuple[ContentState, ...]] = ("source", "built", "binary", "binary-lib")


@dataclass(frozen=True, slots=True)
class InfoLimits:
    """Bounds for a file that may be hostile: the text as data, and the ``work`` of evaluating it (items handled; no
    value is larger than that either, as if written out in full)."""

    datum: DatumLimits = INFO_LIMITS
    work: int = 5_000_000


def find_info(directory: str | os.PathLike[str]) -> Path | None:
    """The ``info.rkt`` of a directory, or its ``info.ss`` if there is no ``info.rkt``; ``None`` without either."""
    for name in INFO_NAMES:
        file = Path(directory, name)
        if file.is_file():
            return file
    return None


def load_info(
    path: str | os.PathLike[str], *, installation: Installation | None = None, limits: InfoLimits = InfoLimits()
) -> Info | None:
    """The fields of the info file in a directory, or of the file itself; ``None`` if there is none.

    As Racket's ``get-info/full``, but compiled code is never used. ``installation`` is what ``collection-path`` and
    ``system-library-subpath`` are asked of; without one the fields that need them raise when they are looked up.

    Raises :class:`~pltpack.errors.InfoError`, ``LimitError``, ``OSError``.
    """
    file = find_info(path) if Path(path).is_dir() else Path(path)
    if file is None or not file.is_file():
        return None
    return parse_info(file.read_bytes(), file=str(file), machine=machine_of(installation), limits=limits)


def parse_info(
    data: bytes, *, file: str | None = None, machine: Machine | None = None, limits: InfoLimits = InfoLimits()
) -> Info:
    """The fields of an info file from its text. Raises :class:`~pltpack.errors.InfoError` and ``LimitError``."""
    text = Text(data, file)
    module = read_info_module(data, file=file, limits=limits.datum)
    simple = _simple_values(module)
    if simple is not None and (module.module_begin or _hides_nothing(simple, data)):
        return Info(simple, file)
    definitions = expand(read_syntax(module, text, limits.datum), text)
    machine = NoInstallation() if machine is None else machine
    return Info(evaluate(definitions, text, machine, work=limits.work, depth=limits.datum.depth), file)


def _simple_values(module: InfoModule) -> dict[str, Value] | None:
    """The fields of a module that has literals only; ``None`` for all others.

    Names of the language count here as what they look like, even where the module defines them otherwise. That is right
    where there is a ``#%module-begin``: ``get-info/full`` does not evaluate such a module.
    """
    values: dict[str, Value] = {}
    for form in module.forms:
        definition = as_definition(form)
        if definition is None or definition.name in values:
            return None
        match definition.value:
            case str() | bool() | int() | float() | Fraction() | Complex() as literal:
                values[definition.name] = literal
            case [Symbol("quote"), quoted]:
                values[definition.name] = quoted
            case _:
                return None
    return values


def _hides_nothing(values: Mapping[str, Value], data: bytes) -> bool:
    """Whether literals mean in any case what they look like: no name of the language means something else here, and
    there is no notation (those that differ have a ``#``) that ``read`` takes and ``read-syntax`` does not."""
    return b"#" not in data and _NAMES_OF_LITERALS.isdisjoint(values)


class Info(Mapping[str, Value]):
    """The fields of an info file by name, in the order of their definition.

    Looking up a field that could not be evaluated on this machine raises its :class:`~pltpack.errors.InfoError`
    (see :attr:`spoiled`); so do the typed attributes, also for a value of the wrong type.
    """

    def __init__(self, values: Mapping[str, Value | InfoError], file: str | None = None) -> None:
        self._values = dict(values)
        self.file = file

    def __getitem__(self, name: str) -> Value:
        value = self._values[name]
        if isinstance(value, InfoError):
            raise value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Info {self.file or ''} {list(self)}>"

    @cached_property
    def spoiled(self) -> dict[str, InfoError]:
        """The fields that could not be evaluated on this machine, each with the reason."""
        return {name: value for name, value in self._values.items() if isinstance(value, InfoError)}

    def field(self, name: str, check: Callable[[Any], T | None], expected: str, default: T) -> T:
        """A field as ``check`` converts it, or ``default`` if it is missing.

        ``check`` returns ``None`` for a value of the wrong type, which raises :class:`~pltpack.errors.InfoError` saying
        what was ``expected``.
        """
        if name not in self._values:
            return default
        checked = check(self[name])
        if checked is None:
            raise InfoError(f"the field {name} is not {expected}", category="runtime", file=self.file)
        return checked

    @property
    def name(self) -> str | None:
        """The collection's name for people."""
        return self.field("name", fields.string, "a string", None)

    @property
    def version(self) -> tuple[int, ...]:
        """The version of a collection, a list of exact integers; ``()`` if it has none."""
        return self.field("version", fields.integers, "a list of exact integers", ())

    @property
    def package_version(self) -> str:
        """The version of a package, like ``"1.2"``; ``"0.0"`` if it has none."""
        return self.field("version", fields.version, 'a version, like "1.2"', "0.0")

    @property
    def requires(self) -> tuple[CollectionPath, ...]:
        """The collections that an archive of this one requires."""
        return self.field("requires", fields.collection_paths, fields.COLLECTIONS, ())

    @property
    def conflicts(self) -> tuple[CollectionPath, ...]:
        """The collections that an archive of this one conflicts with."""
        return self.field("conflicts", fields.collection_paths, fields.COLLECTIONS, ())

    @property
    def collection(self) -> str | Symbol:
        """The collection of a package: its name, or the symbol ``multi`` or ``use-pkg-name`` (which is the default)."""
        default: str | Symbol = Symbol("use-pkg-name")
        return self.field("collection", fields.collection, "a collection name, 'multi or 'use-pkg-name", default)

    @property
    def deps(self) -> tuple[Dependency, ...]:
        """The packages that a package depends on."""
        return self.field("deps", fields.dependencies, fields.DEPENDENCIES, ())

    @property
    def build_deps(self) -> tuple[Dependency, ...]:
        """The packages that building a package takes besides ``deps``."""
        return self.field("build-deps", fields.dependencies, fields.DEPENDENCIES, ())

    def paths(self, name: str) -> tuple[str, ...]:
        """One of the lists that stripping uses (``source-omit-files``, ``binary-keep-files``, ...), relative paths."""
        return self.field(name, fields.relative_paths, "a list of relative paths", ())

    @property
    def package_content_state(self) -> tuple[ContentState, str | None]:
        """What a package holds, and the version of Racket it was made with; ``source`` if it does not say so well."""
        match self.get("package-content-state"):
            case [Symbol(state), str() | False as version, *_] if state in _CONTENT_STATES:
                return state, version or None
            case _:
                return "source", None
