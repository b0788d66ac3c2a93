"""Options that say which Racket installation is meant, shared by the commands that need one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

_PANEL = "Racket"

Racket: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--racket",
        metavar="DIR",
        rich_help_panel=_PANEL,
        help="The Racket installation, or its racket executable (default: the racket on PATH). It is never run.",
    ),
]
RacketVersion: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--racket-version",
        metavar="V",
        rich_help_panel=_PANEL,
        help="The version of Racket whose user directories are meant (also: PLTPACK_RACKET_VERSION).",
    ),
]
Collects: TypeAlias = Annotated[
    list[Path],
    typer.Option(
        "--collects",
        metavar="DIR",
        rich_help_panel=_PANEL,
        help="A directory of collections to search before all others; repeatable.",
    ),
]
