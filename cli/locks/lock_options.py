"""Options that the commands on lock files share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ..console import usage_error

if TYPE_CHECKING:
    from pltpack.lock.placing import LinkMode as LinkModeName

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
Env: TypeAlias = Annotated[
    Path | None, typer.Option("--env", metavar="DIR", help="This environment (default: .racket beside the lock file).")
]

LOCK = Path("racket.lock")


def link_mode(text: str) -> LinkModeName:
    """The way files come from the cache."""
    from pltpack.lock.placing import DEFAULT_MODE, LINK_MODES

    found = next((mode for mode in LINK_MODES if mode == text), None)
    if text and found is None:
        usage_error(f"--link-mode is one of {', '.join(LINK_MODES)}")
    return found or DEFAULT_MODE


def silent(_: str) -> None:
    """Tell nobody."""
