"""``raco-pkg empty-trash``: what was removed goes for good."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from . import scope_options as o
from .scoped import USUAL, Where, opened, scoped_and_locked


@scoped_and_locked
def empty_trash(
    list_it: Annotated[
        bool, typer.Option("-l", "--list", help="List what is in the trash, and leave it there.")
    ] = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    as_racket: o.AsRacket = False,
    where: Where = USUAL,
) -> None:
    """Delete what removed and replaced packages have left, as raco pkg empty-trash does.

    \b
    raco-pkg empty-trash -l
    raco-pkg empty-trash
    """
    from pltpack.scope.change import clear_trash
    from pltpack.scope.state import trash

    del as_racket  # there is nothing that Racket does otherwise
    with opened(where, quiet=True) as opened_scope:
        place = opened_scope.places.trash
        found = trash.read_trash(place)
        if json:
            content: list[Any] = [trash.as_json(one) for one in found]
            if not list_it and not dry_run:
                clear_trash(opened_scope)
            print_json(document("trash", directory=str(place), emptied=not list_it and not dry_run, content=content))
            return
        if list_it:
            write_line(f"Trash directory for {opened_scope.places.shown} scope:")
            write_line(f"  {place}")
            write_line("Content:")
            names = trash.list_trash(place)
            for name in ["[does not exist]"] if names is None else names or ["[none]"]:
                write_line(f"  {name}")
            return
        removed = [place / name for name in trash.list_trash(place) or ()] if dry_run else clear_trash(opened_scope)
        for path in removed if not quiet else ():
            write_line(f"Removing trash directory {path}{' (but not really)' if dry_run else ''}")
