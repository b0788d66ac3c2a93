"""What an archive requires and conflicts with, checked against the collections that are installed.

The order and the rules are those of Racket's ``setup/unpack``: each requirement in turn, present first and then of the
right version; then each conflict. Where Racket crashes there is an error here, or with ``force`` a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from pltpack.codec.header import CollectionPath, Header, Version
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import ConflictError, PltError, RequirementError
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.installation import Installation

VersionOf: TypeAlias = Callable[[Path], object]
"""The ``version`` that the ``info.rkt`` of a collection's directory has; ``None`` if it has none."""


def requirement_problems(
    header: Header, index: CollectionIndex, version_of: VersionOf, *, force: bool = False
) -> Iterator[RequirementError | ConflictError | str]:
    """Everything that speaks against installing an archive, in Racket's order.

    With ``force`` requirements that are not met are warnings (``str``); conflicts stay errors.
    """
    for collection, required in header.requires:
        for error in _unmet(collection, required, index, version_of):
            yield f"{error.message}" if force else error
    for collection in header.conflicts:
        found = index.find(collection)
        if found is not None:
            yield ConflictError(
                f"the archive conflicts with collection {'/'.join(collection)}, which is installed in {found}",
                collection=collection,
                hint="remove the collection; --no-check installs all the same",
            )


def version_in_info(installation: Installation) -> VersionOf:
    """How to find the version of an installed collection: in its ``info.rkt``.

    One that cannot be read, or of which any field cannot be evaluated, says nothing, as in Racket.
    """

    def version_of(directory: Path) -> object:
        from pltpack.racket.info.info import load_info

        try:
            info = load_info(directory, installation=installation)
        except (PltError, OSError):
            return None
        return None if info is None or info.spoiled else info.get("version")

    return version_of


def _unmet(
    collection: CollectionPath, required: Version, index: CollectionIndex, version_of: VersionOf
) -> Iterator[RequirementError]:
    """What is wrong with one requirement: nothing or one error."""
    name = "/".join(collection)
    found = index.find(collection)
    if found is None:
        yield RequirementError(
            f"the archive requires collection {name}, which is not installed",
            collection=collection,
            required=required,
            installed=None,
            hint="--force installs all the same",
        )
        return
    value = version_of(found)
    installed = list(value) if isinstance(value, list) else []
    if required and not _has_prefix(installed, required):
        yield RequirementError(
            f"the archive requires version {_shown(list(required))} of collection {name}, "
            f"but {_described(value)} is installed",
            collection=collection,
            required=required,
            installed=installed,
            hint="--force installs all the same",
        )


def _has_prefix(installed: list[Datum], required: Version) -> bool:
    """Whether the numbers required stand, by value, at the front of the numbers installed."""
    if len(installed) < len(required):
        return False
    return all(
        isinstance(one, int | Fraction | float) and not isinstance(one, bool) and one == other
        for one, other in zip(installed, required, strict=False)
    )


def _described(version: object) -> str:
    match version:
        case None | []:
            return "one without a version"
        case list():
            return f"version {_shown(version)}"
        case str():
            return f'one whose version, "{version}", is no list of numbers'
        case _:
            return "one whose version is no list of numbers"


def _shown(version: list[Datum]) -> str:
    """A version as Racket's lists of numbers are written."""
    return write_datum(version)
