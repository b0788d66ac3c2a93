"""Which cache is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

CacheDirectory: TypeAlias = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="The cache (default: PLTPACK_CACHE, or that of the user)."),
]
