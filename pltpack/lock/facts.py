"""What a package says of itself, as a lock file keeps it; and back, as a plan needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pltpack.datum.reader import read_data
from pltpack.datum.values import Datum, Regexp, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import FormatError, InfoError, LimitError
from pltpack.lock.values import LockedDependency, LockedPackage
from pltpack.pkg.metadata import dependency_name, read_metadata
from pltpack.racket.info.fields import Dependency
from pltpack.racket.info.info import Info
from pltpack.scope.plan.values import Facts

_LONGEST = 4096


def locked_dependencies(name: str, info: Info | None) -> tuple[LockedDependency, ...]:
    """What a package needs to run and to be built, by its ``info.rkt``; what is wrong in it is left out."""
    metadata = read_metadata(name, info)
    run, build = metadata.dependencies, metadata.build_dependencies
    found = [_locked(one, build=False) for one in run] + [_locked(one, build=True) for one in build]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _locked(dependency: Dependency, *, build: bool) -> LockedDependency | None:
    name = dependency_name(dependency)
    if name is None or len(dependency.source) > _LONGEST:
        return None
    platform = dependency.platform
    return LockedDependency(
        name,
        dependency.version,
        None if platform is None else write_datum(platform),
        None if dependency.source == name else dependency.source,
        build,
    )


def dependencies_of(package: LockedPackage) -> Iterator[tuple[str, Dependency]]:
    """The dependencies of a block as ``info.rkt`` has them, each with its name; of two on one package the first."""
    seen: set[str] = set()
    for one in sorted(package.dependencies, key=lambda dependency: dependency.build):
        if one.name not in seen:
            seen.add(one.name)
            yield one.name, Dependency(one.source or one.name, one.version, platform_of(one.platform))


def platform_of(text: str | None) -> str | Symbol | Regexp | None:
    """The platform that is written in a lock file; what is none there is for no platform at all."""
    if text is None:
        return None
    try:
        data: list[Datum] = read_data(text.encode())
    except (FormatError, LimitError):
        data = []
    value = data[0] if len(data) == 1 else None
    return value if isinstance(value, str | Symbol | Regexp) else Symbol("nowhere")


def facts_of_block(package: LockedPackage) -> Facts:
    """What a plan needs to know of a package, from its block."""
    return Facts(package.version, tuple(dependencies_of(package)), package.implies, package.collection)


def license_text(info: Info | None) -> str | None:
    """The ``license`` of an ``info.rkt`` as an SPDX expression: ``(Apache-2.0 OR MIT)`` is ``Apache-2.0 OR MIT``."""
    value = field(info, "license")
    if not isinstance(value, Symbol | str | list):
        return None
    text = " ".join(" ".join(_words(value if isinstance(value, list) else [value])).split())
    text = "".join(character for character in text if character.isprintable())
    return text[:_LONGEST] or None


def _words(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield f"({' '.join(_words(value))})"
        elif isinstance(value, Symbol):
            yield value.name
        elif isinstance(value, str):
            yield value


def field(info: Info | None, name: str) -> object:
    """The value of a field; ``None`` where it is missing or cannot be told."""
    try:
        return None if info is None else info.get(name)
    except InfoError:
        return None
