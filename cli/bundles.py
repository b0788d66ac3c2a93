"""Several options that make one value: a command takes the value, its callers give the options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, get_type_hints

P = ParamSpec("P")
R = TypeVar("R")


def bundled(
    command: Callable[P, R], parameter: str, make: Callable[..., object], options: Mapping[str, tuple[object, object]]
) -> Callable[P, R]:
    """Give a command options in the place of one of its parameters.

    ``options``: for each parameter of ``make``, which makes the value of them, the annotation that typer takes for an
    option, and the default.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for name, each in inspect.signature(command).parameters.items():
        if name == parameter:
            parameters += [
                inspect.Parameter(option, each.kind, default=default, annotation=annotation)
                for option, (annotation, default) in options.items()
            ]
        else:
            parameters.append(each.replace(annotation=hints[name]))

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        kwargs[parameter] = make(**{name: kwargs.pop(name) for name in options if name in kwargs})
        return command(*args, **kwargs)

    # What typer looks at: the signature, and the annotations beside it.
    annotations: dict[str, Any] = {each.name: each.annotation for each in parameters}
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = annotations
    return wrapper
