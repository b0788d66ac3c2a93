"""Our ``dataclass`` against that of the library: the same classes, made by both, behave alike."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
from collections.abc import Callable
from dataclasses import field
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from pltpack.dataclass import dataclass as ours
from pltpack.formats.entries import Entry

BOTH = {"library": dataclasses.dataclass, "ours": ours}


def classes(dataclass: Any) -> Any:
    """One class for each thing that a dataclass can have."""

    @dataclass(frozen=True, slots=True)
    class Point:
        """Has defaults."""

        x: int
        y: int = 0
        told: list[str] = field(default_factory=list, compare=False)
        kind: ClassVar[str] = "point"

    @dataclass(frozen=True, slots=True)
    class Solid(Point):
        z: int = 5

    @dataclass
    class Open:
        name: str
        count: int = field(default=3, init=False)
        parts: list[int] = field(default_factory=list, repr=False)

        def __post_init__(self) -> None:
            self.parts.append(len(self.name))

    @dataclass(slots=True, eq=False)
    class Identical:
        name: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        one: int
        two: int = 2

    @dataclass(frozen=True)
    class Own:
        one: float

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclass(slots=True)
    class Ring:
        ring: Any = None

    return SimpleNamespace(**{name: value for name, value in locals().items() if isinstance(value, type)})


def changed(instance: object, name: str, value: object) -> object:
    setattr(instance, name, value)
    return instance


CALLS: dict[str, Callable[[Any], object]] = {
    "a value": lambda c: c.Point(1),
    "by name": lambda c: c.Point(y=2, x=1),
    "nothing for a field": lambda c: c.Point(),
    "too much": lambda c: c.Point(1, 2, [], 4),
    "an unknown name": lambda c: c.Point(1, z=2),
    "a class variable": lambda c: c.Point.kind,
    "equal": lambda c: [c.Point(1) == c.Point(1, 0), c.Point(1) == c.Point(2), c.Point(1, 0, ["a"]) == c.Point(1)],
    "of another class": lambda c: [c.Point(1) == c.Solid(1), c.Point(1) == (1, 0), c.Solid(1) == c.Solid(1, z=5)],
    "hash": lambda c: [hash(c.Point(1)) == hash((1, 0)), len({c.Point(1), c.Point(1), c.Solid(1)})],
    "a list has no hash": lambda c: hash(c.Named(one=[])),
    "no hash": lambda c: hash(c.Open("a")),
    "identity": lambda c: [c.Identical("a") == c.Identical("a"), hash(c.Identical("a")) is not None],
    "not a number": lambda c: [c.Point(n := float("nan")) == c.Point(n), c.Point(float("nan")) == c.Point(n)],
    "nothing at all": lambda c: [c.Nothing(), c.Nothing() == c.Nothing(), hash(c.Nothing()) == hash(c.Nothing())],
    "what is inherited": lambda c: [c.Solid(1, 2), [f.name for f in dataclasses.fields(c.Solid)]],
    "a list for each": lambda c: c.Point(1).told is c.Point(1).told,
    "after the start": lambda c: [c.Open("abc"), c.Open("abc").parts, c.Open("a", [1]).parts],
    "not asked for": lambda c: c.Open("a", count=2),
    "by name only": lambda c: c.Named(1),
    "named": lambda c: c.Named(one=1),
    "of its own": lambda c: [c.Own(1.0), c.Own(1.0) == c.Own(2.0), hash(c.Own(1.0))],
    "a ring": lambda c: changed((ring := c.Ring()), "ring", [ring]),
    "set": lambda c: changed(c.Point(1), "x", 2),
    "set what is no field": lambda c: changed(c.Own(1), "other", 2),
    "delete": lambda c: delattr(c.Point(1), "x"),
    "set where one may": lambda c: changed(c.Open("a"), "name", "b"),
    "a slot that is not there": lambda c: changed(c.Ring(), "other", 1),
    "replace": lambda c: dataclasses.replace(c.Point(1, 2), x=5),
    "as values": lambda c: [dataclasses.asdict(c.Solid(1)), dataclasses.astuple(c.Open("a"))],
    "copies": lambda c: [copy.copy(c.Point(1, 2)), copy.deepcopy(c.Open("a"))],
    "positions of patterns": lambda c: [c.Point.__match_args__, c.Named.__match_args__],
    "signature": lambda c: [str(inspect.signature(one)) for one in (c.Point, c.Named, c.Nothing)],
    "names": lambda c: [c.Point.__doc__, c.Point.__init__.__name__],
    "is one": lambda c: [dataclasses.is_dataclass(c.Point), dataclasses.is_dataclass(c.Point(1))],
}


def told(call: Callable[[Any], object], dataclass: Any) -> object:
    """What comes out of a call, as text; the class of an error, and what it says."""
    made = classes(dataclass)
    try:
        return repr(call(made))
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("name", CALLS)
def test_as_the_library_has_it(name: str) -> None:
    expected = told(CALLS[name], dataclasses.dataclass)
    assert told(CALLS[name], ours) == expected


def test_a_frozen_value_goes_to_another_process_and_comes_back() -> None:
    entry = Entry("a", "directory", 0o755, 0)
    assert pickle.loads(pickle.dumps(entry)) == entry


def test_nothing_is_compiled_for_a_class_that_is_not_used() -> None:
    compiled = []
    sys.setprofile(lambda _, event, arg: compiled.append(arg) if event == "c_call" and arg is exec else None)
    try:
        classes(ours)
    finally:
        sys.setprofile(None)
    assert not compiled
