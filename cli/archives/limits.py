"""The options that set the limits, for every command that reads an archive."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar, get_type_hints

from pltpack.codec.limits import Limits

from .. import options

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: Final = {
    "entries": options.MaxEntries,
    "total_bytes": options.MaxTotal,
    "file_bytes": options.MaxFile,
    "ratio": options.MaxRatio,
    "header_bytes": options.MaxHeader,
    "entry_bytes": options.MaxEntryBytes,
    "depth": options.MaxDepth,
    "path_bytes": options.MaxPathBytes,
    "path_depth": options.MaxPathDepth,
}
"""The option for each field of :class:`~pltpack.codec.limits.Limits` that has one."""


def limited(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of the limits in the place of its parameter ``limits``."""
    hints = get_type_hints(command, include_extras=True)
    signature = inspect.signature(command)
    names = {f"max_{name}": name for name in _OPTIONS}

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {names[key]: kwargs.pop(key) for key in list(kwargs) if key in names}
        kwargs["limits"] = Limits(**given)  # type: ignore[arg-type]  # each option is an int
        return command(*args, **kwargs)

    kept = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature.parameters.items()
        if name != "limits"
    ]
    added = [
        inspect.Parameter(
            f"max_{name}",
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(options.DEFAULT_LIMITS, name),
            annotation=annotation,
        )
        for name, annotation in _OPTIONS.items()
    ]
    # What typer looks at: the signature, and the annotations beside it.
    wrapper.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in (*kept, *added)}
    return wrapper
