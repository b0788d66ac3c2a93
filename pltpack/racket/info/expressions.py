"""Expressions of the ``info`` language, checked: what the expander makes and the evaluator runs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

from pltpack.dataclass import dataclass
from pltpack.racket.info.values import Value

T = TypeVar("T")

Task: TypeAlias = Generator[Any, Any, T]
"""A computation that yields the tasks it needs (or plain results) and is sent their results: recursion without
Python's stack."""


def run(task: Task[T]) -> T:
    """The result of a task, however deep it nests. An exception leaves all tasks at once."""
    tasks: list[Task[Any]] = [task]
    result: Any = None
    while tasks:
        try:
            needed = tasks[-1].send(result)
        except StopIteration as done:
            tasks.pop()
            result = done.value
            continue
        if isinstance(needed, Generator):
            tasks.append(needed)
            needed = None
        result = needed
    answer: T = result
    return answer


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known beforehand."""

    value: Value


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a definition; ``at`` is the byte offset of the name."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Choice:
    """``(if test then otherwise)``."""

    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Application:
    """A call; ``keywords`` are the arguments given by keyword, ``at`` is the byte offset of the form."""

    function: Expression
    arguments: tuple[Expression, ...]
    at: int
    keywords: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """An item of a quasiquoted list, or, with ``splice``, a list whose items stand there."""

    expression: Expression
    splice: bool = False


@dataclass(frozen=True, slots=True)
class Spliced:
    """A quasiquoted list; ``tail`` is ``None`` where nothing stands behind the last part."""

    parts: tuple[Part, ...]
    tail: Expression | None
    at: int


Expression: TypeAlias = Constant | Reference | Choice | Application | Spliced
