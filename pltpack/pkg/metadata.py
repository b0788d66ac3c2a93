"""What a package says of itself in its ``info.rkt``, checked as an installer checks it (``pkg/private/metadata``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.datum.values import Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import InfoError
from pltpack.pkg.names import is_collection_name, is_package_name
from pltpack.pkg.source import parse_source
from pltpack.racket.info.fields import dependencies as as_dependencies
from pltpack.racket.info.info import Dependency, Info

DEFAULT_VERSION: Final = "0.0"
_MULTI: Final = Symbol("multi")
_OWN_NAME: Final = Symbol("use-pkg-name")
_CORE: Final = Symbol("core")


@dataclass(frozen=True, slots=True)
class Metadata:
    """A package's own description. ``collection`` is ``None`` for a multi-collection package.

    ``problems`` says what an installer refuses or does not understand; what they are about is left out of the other
    fields.
    """

    name: str
    collection: str | None
    version: str = DEFAULT_VERSION
    dependencies: tuple[Dependency, ...] = ()
    build_dependencies: tuple[Dependency, ...] = ()
    problems: tuple[str, ...] = ()


def read_metadata(name: str, info: Info | None) -> Metadata:
    """What ``info``, the package's ``info.rkt`` or ``None``, says of the package called ``name``."""
    reading = _Reading(info)
    if not is_package_name(name):
        reading.problems.append(f"{name!r} is no package name: use letters, digits, - and _ in ASCII")
    dependencies = reading.dependencies("deps")
    build_dependencies = reading.dependencies("build-deps")
    names = {dependency_name(dependency) for dependency in (*dependencies, *build_dependencies)}
    for implied in ("implies", "update-implies"):
        reading.problems.extend(reading.implied(implied, names))
    return Metadata(
        name,
        reading.collection(name),
        reading.version(),
        dependencies,
        build_dependencies,
        tuple(reading.problems),
    )


def dependency_name(dependency: Dependency) -> str | None:
    """The package that a dependency names; ``None`` if its source tells none."""
    return parse_source(dependency.source, strict=False).name


def _shown(value: object) -> str:
    """A value as it would stand in the file, if it is data."""
    try:
        return write_datum(value)  # type: ignore[arg-type]  # paths and functions are told by the error
    except (TypeError, ValueError):
        return str(value)


@dataclass(slots=True)
class _Reading:
    info: Info | None
    problems: list[str] = field(default_factory=list)

    def value(self, name: str, default: object) -> object:
        try:
            return default if self.info is None else self.info.get(name, default)
        except InfoError as error:
            self.problems.append(f"{name} cannot be evaluated: {error.message}")
            return default

    def collection(self, name: str) -> str | None:
        match self.value("collection", _OWN_NAME):
            case found if found == _MULTI:
                return None
            case found if found == _OWN_NAME:
                return name
            case str(collection) if is_collection_name(collection):
                return collection
            case other:
                self.problems.append(
                    f"collection is {_shown(other)}, which counts as 'multi: use 'multi, or a collection name"
                )
                return None

    def version(self) -> str:
        try:
            return DEFAULT_VERSION if self.info is None else self.info.package_version
        except InfoError as error:
            self.problems.append(error.message)
            return DEFAULT_VERSION

    def dependencies(self, name: str) -> tuple[Dependency, ...]:
        value = self.value(name, [])
        if not isinstance(value, list):
            self.problems.append(f"{name} is not a list")
            return ()
        found: list[Dependency] = []
        for item in value:
            dependency = as_dependencies([item])
            if dependency is None or dependency_name(dependency[0]) is None:
                self.problems.append(f"{name} holds {_shown(item)}, which is no dependency")
            else:
                found.extend(dependency)
        return tuple(found)

    def implied(self, name: str, names: set[str | None]) -> Iterator[str]:
        value = self.value(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) or item == _CORE for item in value):
            yield f"{name} is not a list of package names"
            return
        for item in value:
            if item != _CORE and item not in names:
                yield f"{name} names {item!r}, which is not among the dependencies"
