"""The exception tree: as it is drawn, and fit to travel between processes."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pltpack import errors
from pltpack.errors import PltError

KEYWORDS: dict[str, dict[str, Any]] = {
    "InfoError": {"category": "read", "line": 3, "column": 0},
    "UnsafePathError": {"paths": [("../x", "leads upwards")]},
    "EntryExistsError": {"paths": [("x", "exists already")]},
    "RequirementError": {"collection": ("a",), "required": (1, 2), "installed": None},
    "ConflictError": {"collection": ("a", "b")},
}
"""What some classes ask for, besides the message."""


def public(kind: type[PltError]) -> Iterator[type[PltError]]:
    if not kind.__name__.startswith("_"):
        yield kind
    for below in kind.__subclasses__():
        yield from public(below)


CLASSES = sorted(
    {kind for kind in public(PltError) if kind.__module__ == errors.__name__}, key=lambda kind: kind.__name__
)


def test_the_drawing_is_true() -> None:
    """Every class is drawn once, below the class it is made from, with the other class that it also is."""
    drawn = {}
    parents: dict[type, type] = {}
    above: list[type] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:│   |    )*(?:├── |└── )?)(\w+Error)(?: \((\w+)\))?", line)
        if match is None:
            continue
        kind = getattr(errors, match[2])
        del above[len(match[1]) // 4 :]
        parents[kind] = above[-1] if above else Exception
        assert issubclass(kind, parents[kind])
        drawn[kind] = match[3]
        above.append(kind)
    assert sorted(kind.__name__ for kind in drawn) == [kind.__name__ for kind in CLASSES]
    for kind, also in drawn.items():
        bases = [base for base in kind.__bases__ if base is not parents[kind]]
        own = [base.__name__ for base in bases if not base.__name__.startswith("_")]
        assert own == ([also] if also else [])


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("travel", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_errors_travel_between_processes(kind: type[PltError], travel: object) -> None:
    error = kind("wrong", hint="mend it", **KEYWORDS.get(kind.__name__, {})).within(file="x.plt", entry="a/b")
    assert callable(travel)
    arrived = travel(error)
    assert type(arrived) is kind
    assert (str(arrived), arrived.args, vars(arrived)) == (str(error), ("wrong",), vars(error))
