"""Values of ``info.rkt`` fields that are no Racket data: paths and functions."""

from __future__ import annotations

from typing import TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum


@dataclass(frozen=True, slots=True)
class PathValue:
    """A path object, as ``build-path`` and ``collection-path`` make them; not cleaned, as Racket leaves it."""

    text: str

    def __fspath__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Procedure:
    """A function of the ``info`` language as a value; ``name`` is Racket's."""

    name: str


Value: TypeAlias = "Datum | PathValue | Procedure"
"""The value of a field. Lists and the like may hold paths and functions at any depth."""
