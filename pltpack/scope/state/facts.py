"""What a package says of itself, as a plan needs it: from its ``info.rkt``, as Racket takes it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pltpack.datum.values import Regexp, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import InfoError, LimitError
from pltpack.pkg.metadata import dependency_name, read_metadata
from pltpack.racket.info.fields import dependencies as as_dependencies
from pltpack.racket.info.info import Info, load_info
from pltpack.racket.installation import Installation
from pltpack.scope.plan.platforms import fits
from pltpack.scope.plan.values import Facts, Item, Overlap

_CORE: Final = Symbol("core")
_LAUNCHERS: Final = tuple(f"{kind}-launcher-names" for kind in ("racket", "gracket", "mzscheme", "mred"))
_SHARED: Final = {"lib": "foreign-libs", "share": "shared-files", "man": "man-pages"}
_ROOTS: Final = (Symbol("main-doc-root"), Symbol("user-doc-root"))


def facts_of(name: str, info: Info | None) -> Facts:
    """The facts of a package called ``name``; what is wrong in its ``info.rkt`` counts as missing."""
    metadata = read_metadata(name, info)
    named = [
        (found, dependency)
        for dependency in (*metadata.dependencies, *metadata.build_dependencies)
        if (found := dependency_name(dependency)) is not None
    ]
    return Facts(
        version=metadata.version,
        dependencies=tuple({one: (one, dependency) for one, dependency in reversed(named)}.values())[::-1],
        implied=tuple(_implied(info)),
        collection=metadata.collection,
    )


def installed_facts(name: str, directory: Path) -> Facts:
    """The facts of an installed package. A directory that is gone, or an ``info.rkt`` that cannot be used, has none."""
    try:
        return facts_of(name, load_info(directory) if directory.is_dir() else None)
    except (InfoError, LimitError, OSError):
        return Facts()


def _implied(info: Info | None) -> Iterator[str]:
    for field in ("implies", "update-implies"):
        value = _value(info, field)
        if isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))


def _value(info: Info | None, field: str) -> object:
    try:
        return None if info is None else info.get(field)
    except InfoError:
        return None


def problem_of(info: Info | None, shown: str) -> Overlap | None:
    """What Racket refuses in the ``info.rkt`` of a package to be installed; ``shown`` names the package."""
    named: set[str | None] = set()
    for field in ("deps", "build-deps"):
        value = _value(info, field)
        if value is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            found = as_dependencies([item]) if isinstance(value, list) else None
            name = None if found is None else dependency_name(found[0])
            if found is None or name is None:
                return Overlap(
                    f"invalid `{field}` specification",
                    (f"  specification: {_shown(value)}", f"  bad dep: {_shown(item)}", f"  package: {shown}"),
                )
            named.add(name)
    for field in ("implies", "update-implies"):
        value = _value(info, field)
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        if not all((isinstance(one, str) and one in named) or one == _CORE for one in items):
            return Overlap(
                f"`{field}` is not a subset of dependencies",
                (f"  specification: {_shown(value)}", f"  package: {shown}"),
            )
    return None


def _shown(value: object) -> str:
    try:
        return write_datum(value)  # type: ignore[arg-type]  # what is no datum is told by the error
    except (TypeError, ValueError):
        return str(value)


def items_of(infos: Mapping[str, Info], collection: str | None, installation: Installation) -> tuple[Item, ...]:
    """The items that a package puts into places that all share, from the ``info.rkt`` files of its collections."""
    found: dict[Item, None] = {}
    for directory, info in sorted(infos.items()):
        if directory or collection is not None:
            found.update(dict.fromkeys(_items(info, installation)))
    return tuple(found)


def _items(info: Info, installation: Installation) -> Iterator[Item]:
    scribblings = _value(info, "scribblings")
    for entry in scribblings if isinstance(scribblings, list) else ():
        yield from _documents(entry)
    for field in _LAUNCHERS:
        names = _value(info, field)
        if isinstance(names, list):
            yield from (Item("exe", name.lower()) for name in names if isinstance(name, str))
    if not _is_for(info, installation):
        return
    for category, field in _SHARED.items():
        for move in ("copy", "move"):
            names = _value(info, f"{move}-{field}")
            if isinstance(names, list):
                yield from (Item(category, os.path.basename(name).lower()) for name in names if isinstance(name, str))


def _documents(entry: object) -> Iterator[Item]:
    if not isinstance(entry, list) or not entry or not isinstance(entry[0], str):
        return
    flags = entry[1] if len(entry) > 1 and isinstance(entry[1], list) else []
    for root in _ROOTS:
        if root in flags:
            yield Item("doc", root.name)
    named = entry[3] if len(entry) > 3 else None
    stem, _ = os.path.splitext(os.path.basename(entry[0]))
    yield Item("doc", (named if isinstance(named, str) else stem).lower())


def _is_for(info: Info, installation: Installation) -> bool:
    """Whether ``install-platform``, if there is one, is this platform."""
    value = _value(info, "install-platform")
    return not isinstance(value, str | Symbol | Regexp) or fits(value, *platform_of(installation))


def platform_of(installation: Installation) -> tuple[str, str]:
    """The system's name and the path of its libraries, as ``#:platform`` is compared with them."""
    from pltpack.racket.info.machine import InstalledMachine, Unavailable

    system = {"win32": "windows", "darwin": "macosx"}.get(installation.platform, "unix")
    try:
        return system, InstalledMachine(installation).library_subpath(None)
    except Unavailable:
        return system, ""
