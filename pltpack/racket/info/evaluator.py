"""Running the definitions of an ``info.rkt``, with bounded work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pltpack.datum.values import Box, Dotted, HashTable, Prefab, Vector
from pltpack.errors import InfoError, LimitError
from pltpack.racket.info import expressions as ex
from pltpack.racket.info.expressions import Expression, Task, run
from pltpack.racket.info.functions import ALL_FUNCTIONS, Context, Function, Mistake, append, join
from pltpack.racket.info.machine import Machine, Unavailable
from pltpack.racket.info.text import Text
from pltpack.racket.info.values import PathValue, Procedure, Value

_TABLE_ENTRY_COST = 10
_STRING_UNIT = 8
_NO_KEYWORDS: Final[Mapping[str, Any]] = {}


def evaluate(
    definitions: Iterable[tuple[str, Expression]], text: Text, machine: Machine, *, work: int, depth: int
) -> dict[str, Value | InfoError]:
    """The values of the definitions, in order.

    What cannot be known on this machine (see :class:`~pltpack.racket.info.machine.Unavailable`) spoils its own
    definition and those that use it: the value is the error then. Raises :class:`~pltpack.errors.InfoError` of
    category ``runtime`` for what fails in Racket too, and ``LimitError`` beyond ``work`` (items handled, and size of
    one value) and ``depth`` (nesting of one value).
    """
    evaluator = _Evaluator(text, machine, _Budget(text, work, depth))
    for name, expression in definitions:
        try:
            evaluator.values[name] = run(evaluator.value(expression))
        except _Spoiled as spoiled:
            evaluator.values[name] = spoiled.error
    return evaluator.values


class _Spoiled(Exception):
    """A value that depends on something this machine does not know."""

    def __init__(self, error: InfoError) -> None:
        super().__init__(str(error))
        self.error = error


class _Evaluator:
    def __init__(self, text: Text, machine: Machine, budget: _Budget) -> None:
        self.text = text
        self.budget = budget
        self.context = Context(machine, self._call_back)
        self.values: dict[str, Value | InfoError] = {}

    def value(self, expression: Expression) -> Task[Any]:
        """The value of an expression."""
        match expression:
            case ex.Constant(value):
                return value
            case ex.Reference(name, at):
                return self._reference(name, at)
            case ex.Choice(test, then, otherwise):
                chosen = yield self.value(test)
                return (yield self.value(otherwise if chosen is False else then))
            case ex.Spliced():
                return (yield self._sequence(expression))
            case ex.Application():
                return (yield self._application(expression))

    def _reference(self, name: str, at: int) -> Value:
        if name not in self.values:
            raise self.text.error("runtime", f"{name} is used before its definition", at)
        value = self.values[name]
        if isinstance(value, InfoError):
            raise _Spoiled(value)
        return value

    def _sequence(self, sequence: ex.Spliced) -> Task[Any]:
        parts: list[Any] = []
        for part in sequence.parts:
            parts.append((yield self.value(part.expression)))
        tail = [] if sequence.tail is None else (yield self.value(sequence.tail))
        self.budget.spend([*parts, tail], sequence.at)
        bare_end = sequence.tail is None
        for part, value in zip(reversed(sequence.parts), reversed(parts), strict=True):
            if not part.splice:
                tail = join([value], tail)
            elif bare_end:
                # what is spliced in last becomes the tail, whatever it is
                tail = value
            else:
                tail = self._checked(sequence.at, append, (value, tail), "unquote-splicing")
            bare_end = False
        return tail

    def _application(self, call: ex.Application) -> Task[Any]:
        function = yield self.value(call.function)
        arguments: list[Any] = []
        for argument in call.arguments:
            arguments.append((yield self.value(argument)))
        keywords: dict[str, Any] = {}
        for name, argument in call.keywords:
            keywords[name] = yield self.value(argument)
        if not isinstance(function, Procedure):
            raise self.text.error("runtime", "what is called is not a function", call.at)
        return self._call(function, arguments, keywords, call.at)

    def _call(self, procedure: Procedure, arguments: Sequence[Any], keywords: Mapping[str, Any], at: int) -> Any:
        name, function = procedure.name, ALL_FUNCTIONS[procedure.name]
        if not function.accepts(len(arguments)):
            raise self.text.error(
                "runtime", f"{name}: called with {len(arguments)} arguments, takes {_takes(function)}", at
            )
        for keyword in keywords:
            if keyword not in function.keywords:
                raise self.text.error("runtime", f"{name}: takes no keyword #:{keyword}", at)
        self.budget.spend(arguments, at)
        first = (self.context,) if function.in_context else ()
        return self._checked(at, function.apply, (*first, *arguments), name, keywords)

    def _checked(
        self, at: int, apply: Any, arguments: Sequence[Any], name: str, keywords: Mapping[str, Any] = _NO_KEYWORDS
    ) -> Any:
        try:
            return apply(*arguments, **keywords)
        except Mistake as mistake:
            raise self.text.error("runtime", f"{name}: {mistake}", at) from None
        except Unavailable as missing:
            hint = "give an installation of Racket (--racket DIR)"
            raise _Spoiled(self.text.error("runtime", f"{name}: {missing} is not known here", at, hint)) from None

    def _call_back(self, procedure: Procedure, arguments: Sequence[Any]) -> Any:
        """Calls of a function by another one, whose place is then the place."""
        function = ALL_FUNCTIONS[procedure.name]
        first = (self.context,) if function.in_context else ()
        return function.apply(*first, *arguments)


def _takes(function: Function) -> str:
    if function.most is None:
        return f"{function.least} or more"
    return str(function.least) if function.least == function.most else f"{function.least} to {function.most}"


class _Budget:
    """How much work is left, and how large values have become."""

    def __init__(self, text: Text, work: int, depth: int) -> None:
        self.text = text
        self.work = work
        self.left = work
        self.depth = depth
        self._measured: dict[int, tuple[int, int, object]] = {}

    def spend(self, values: Sequence[Any], at: int) -> None:
        """Account for handling values, before they are put together: no result is larger than they are together."""
        self.left -= 1 + sum(_cost(value) for value in values)
        size = deepest = 0
        for value in values:
            its_size, its_depth = self._measure(value)
            size += its_size
            deepest = max(deepest, its_depth)
        if self.left < 0 or size > self.work:
            raise self._exceeded(f"evaluation takes more than {self.work} steps or makes a value larger than that", at)
        if deepest >= self.depth:
            raise self._exceeded(f"a value nested deeper than {self.depth}", at)

    def _exceeded(self, message: str, at: int) -> LimitError:
        return LimitError(message, file=self.text.file, offset=at)

    def _measure(self, root: Any) -> tuple[int, int]:
        """Size, as if written out in full, and depth of a value; what it shares is measured once."""
        pending = [root]
        while pending:
            value = pending[-1]
            if id(value) in self._measured:
                pending.pop()
                continue
            parts = _parts(value)
            unknown = [part for part in parts if id(part) not in self._measured]
            if unknown:
                pending.extend(unknown)
                continue
            measures = [self._measured[id(part)] for part in parts]
            size = 1 + sum(measure[0] for measure in measures) + _text_cost(value)
            # the value is kept, so that its id stays its own
            self._measured[id(value)] = (size, 1 + max((measure[1] for measure in measures), default=0), value)
            pending.pop()
        return self._measured[id(root)][:2]


def _text_cost(value: Any) -> int:
    text = value.text if isinstance(value, PathValue) else value
    return len(text) // _STRING_UNIT if isinstance(text, str | bytes) else 0


def _cost(value: Any) -> int:
    """The items that handling a value can copy."""
    match value:
        case list():
            return len(value)
        case Dotted(items):
            return len(items)
        case HashTable(entries):
            return len(entries) * _TABLE_ENTRY_COST
        case _:
            return 1 + _text_cost(value)


def _parts(value: Any) -> Sequence[Any]:
    match value:
        case list():
            return value
        case Dotted(items, tail):
            return (*items, tail)
        case Vector(items) | Prefab(_, items):
            return items
        case Box(inner):
            return (inner,)
        case HashTable(entries):
            return [part for entry in entries for part in entry]
        case _:
            return ()
