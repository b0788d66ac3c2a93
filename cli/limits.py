"""The options that set the limits, for every command that reads an archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final, ParamSpec, TypeAlias, TypeVar

import typer

from pltpack.codec.limits import Limits

from .bundles import bundled

P = ParamSpec("P")
R = TypeVar("R")

_PANEL = "Limits"
MaxEntries: TypeAlias = Annotated[
    int, typer.Option("--max-entries", min=0, metavar="N", rich_help_panel=_PANEL, help="Most entries of an archive.")
]
MaxTotal: TypeAlias = Annotated[
    int, typer.Option("--max-total-bytes", min=0, metavar="N", rich_help_panel=_PANEL, help="Most bytes in all.")
]
MaxFile: TypeAlias = Annotated[
    int, typer.Option("--max-file-bytes", min=0, metavar="N", rich_help_panel=_PANEL, help="Most bytes of one file.")
]
MaxRatio: TypeAlias = Annotated[
    int, typer.Option("--max-ratio", min=1, metavar="N", rich_help_panel=_PANEL, help="Most expansion, past 16 MiB.")
]
MaxHeader: TypeAlias = Annotated[
    int, typer.Option("--max-header-bytes", min=0, metavar="N", rich_help_panel=_PANEL, help="Most header bytes.")
]
MaxEntryBytes: TypeAlias = Annotated[
    int, typer.Option("--max-entry-bytes", min=0, metavar="N", rich_help_panel=_PANEL, help="Most bytes of a path.")
]
MaxDepth: TypeAlias = Annotated[
    int, typer.Option("--max-depth", min=0, metavar="N", rich_help_panel=_PANEL, help="Deepest nesting of data.")
]
MaxPathBytes: TypeAlias = Annotated[
    int, typer.Option("--max-path-bytes", min=0, metavar="N", rich_help_panel=_PANEL, help="Longest path.")
]
MaxPathDepth: TypeAlias = Annotated[
    int, typer.Option("--max-path-depth", min=0, metavar="N", rich_help_panel=_PANEL, help="Most names in a path.")
]

DEFAULT_LIMITS: Final = Limits()

_OPTIONS: Final = {
    "entries": MaxEntries,
    "total_bytes": MaxTotal,
    "file_bytes": MaxFile,
    "ratio": MaxRatio,
    "header_bytes": MaxHeader,
    "entry_bytes": MaxEntryBytes,
    "depth": MaxDepth,
    "path_bytes": MaxPathBytes,
    "path_depth": MaxPathDepth,
}
"""The option for each field of :class:`~pltpack.codec.limits.Limits` that has one."""


def limited(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of the limits in the place of its parameter ``limits``."""
    return _limited(command, _OPTIONS)


def limited_but_for_paths(command: Callable[P, R]) -> Callable[P, R]:
    """The same for a command that takes paths as they are."""
    return _limited(command, {name: option for name, option in _OPTIONS.items() if not name.startswith("path_")})


def _limited(command: Callable[P, R], options: Mapping[str, object]) -> Callable[P, R]:
    def make(**given: int) -> Limits:
        return Limits(**{name.removeprefix("max_"): value for name, value in given.items()})

    added = {f"max_{name}": (annotation, getattr(DEFAULT_LIMITS, name)) for name, annotation in options.items()}
    return bundled(command, "limits", make, added)
