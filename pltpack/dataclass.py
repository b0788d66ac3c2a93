"""``@dataclass`` that costs little until a class is used: programs that start for a moment define many, and use few.

The library compiles six methods for each class, a millisecond in all, which was a third of the time of a short command.
Here it is asked for the fields only. ``__init__`` is compiled when the first instance is made; comparing, hashing and
showing need no code of their own. What comes out is a dataclass for ``fields``, ``replace`` and the others.
"""

from __future__ import annotations

import dataclasses
import reprlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
    from inspect import Signature

    from _typeshed import DataclassInstance

else:

    def dataclass(cls=None, /, **options):
        """As ``dataclasses.dataclass``, of whose options it knows ``frozen``, ``slots``, ``eq``, ``repr`` and
        ``kw_only``."""
        return _made(cls, **options) if cls is not None else lambda cls: _made(cls, **options)


def _made(
    cls: type,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    eq: bool = True,
    repr: bool = True,
    kw_only: bool = False,
) -> type:
    own = dict(vars(cls))
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__
    made: type[DataclassInstance] = dataclasses.dataclass(
        init=False, repr=False, eq=False, slots=slots, kw_only=kw_only
    )(cls)
    methods: dict[str, object] = {}
    if repr:
        methods["__repr__"] = _repr
    if eq:
        methods["__eq__"], hashed = _comparing(made)
        if own.get("__hash__") is None:
            methods["__hash__"] = hashed if frozen else None
    if frozen and slots:
        methods |= {"__getstate__": _getstate, "__setstate__": _setstate}
    for name, method in methods.items():
        if own.get(name) is None:
            setattr(made, name, method)
    if frozen:
        _freeze(made)
    if "__init__" not in own:
        _defer_init(made, frozen=frozen)
    return made


def _defer_init(cls: type[DataclassInstance], *, frozen: bool) -> None:
    def __init__(self: Any, /, *values: Any, **named: Any) -> None:
        method = _init_of(cls, frozen=frozen)
        cls.__init__ = method  # type: ignore[method-assign]  # which is what is made here
        method(self, *values, **named)

    cls.__init__ = __init__  # type: ignore[assignment, method-assign]  # as above
    cls.__signature__ = _SignatureOf(cls, frozen=frozen)  # type: ignore[attr-defined]  # looked for by inspect


class _Made:
    """Stands for a value that is made for each instance."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE: Final = _Made()


class _SignatureOf:
    """The signature of the method that is not yet there."""

    def __init__(self, cls: type[DataclassInstance], *, frozen: bool) -> None:
        self._cls = cls
        self._frozen = frozen

    def __get__(self, _instance: object, owner: type) -> Signature | None:
        import inspect

        if owner is not self._cls:
            return None  # another class has what it inherits, or its own
        made = inspect.signature(_init_of(self._cls, frozen=self._frozen))
        return made.replace(parameters=list(made.parameters.values())[1:])


def _init_of(cls: type[DataclassInstance], *, frozen: bool) -> Callable[..., None]:
    """The method that sets all fields: as source, since one that goes through them for each instance is slow."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_missing": _MADE}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        parameter = name
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            parameter += f"=_default_{name}"
            value = name if field.init else f"_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            parameter += "=_missing"
            value = f"_make_{name}() if {name} is _missing else {name}" if field.init else f"_make_{name}()"
        elif not field.init:
            continue
        if field.init:
            (named if field.kw_only else positional).append(parameter)
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    scope: dict[str, Any] = {}
    exec(f"def __init__({parameters}):\n " + "\n ".join(body or ["pass"]), names, scope)
    method: Callable[..., None] = scope["__init__"]
    method.__qualname__ = f"{cls.__qualname__}.__init__"
    method.__module__ = cls.__module__
    method.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls) if field.init}
    method.__annotations__["return"] = None
    return method


def _freeze(cls: type[DataclassInstance]) -> None:
    """Let nothing be set or deleted: no field, and in an instance of the class itself nothing at all."""

    def refuse(what: str, instance: object, name: str) -> None:
        if type(instance) is cls or name in cls.__dataclass_fields__:
            raise dataclasses.FrozenInstanceError(f"cannot {what} field {name!r}")

    def __setattr__(self: Any, name: str, value: object) -> None:
        refuse("assign to", self, name)
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        refuse("delete", self, name)
        super(cls, self).__delattr__(name)

    cls.__setattr__ = __setattr__  # type: ignore[method-assign]  # as of every frozen class
    cls.__delattr__ = __delattr__  # type: ignore[method-assign]  # as above


@reprlib.recursive_repr()
def _repr(self: DataclassInstance) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _comparing(cls: type[DataclassInstance]) -> tuple[Callable[..., bool], Callable[..., int]]:
    """``__eq__`` and ``__hash__`` by the fields that count."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    get: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()
    one = len(names) == 1  # in a tuple, values are equal if they are the same, whatever they say of themselves

    def __eq__(self: object, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (get(self),) == (get(other),) if one else get(self) == get(other)

    def __hash__(self: object) -> int:
        return hash((get(self),) if one else get(self))

    return __eq__, __hash__


def _getstate(self: DataclassInstance) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: DataclassInstance, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


__all__ = ["dataclass"]
