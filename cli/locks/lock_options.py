"""Options that the commands on lock files share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

File: TypeAlias = Annotated[
    Path, typer.Option("--file", metavar="FILE", help="The lock file (default: racket.lock here).")
]
From: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--from", metavar="DIR|URL", help="Look there first: a folder with archives, a mirror's catalog; repeatable."
    ),
]
LinkMode: TypeAlias = Annotated[
    str,
    typer.Option(
        "--link-mode",
        metavar="MODE",
        help="How files come from the cache: clone (copy on write), hardlink (the usual) or copy.",
    ),
]
Jobs: TypeAlias = Annotated[
    int | None, typer.Option("-j", "--jobs", min=1, metavar="N", help="How much to fetch at once (default: 32).")
]
LOCK = Path("racket.lock")
