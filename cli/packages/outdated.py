"""``raco-pkg outdated``: which packages have something newer where they came from."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, write_line
from ..documents import document
from . import scope_options as o
from .scoped import USUAL, Where, opened, scoped
from .terminal_table import draw, for_people


@scoped
def outdated(
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if something is outdated.")] = False,
    catalog: o.Catalogs = [],  # noqa: B006  typer copies it
    jobs: o.Jobs = None,
    json: options.Json = False,
    where: Where = USUAL,
) -> None:
    """Show which packages raco-pkg update --all would replace; nothing is fetched but checksums.

    \b
    raco-pkg outdated
    """
    from pltpack.scope.access import Access
    from pltpack.scope.outdated import find_outdated

    access = Access(catalogs=tuple(catalog) or None, jobs=jobs)
    with opened(where, access=access, quiet=True) as opened_scope:
        found = find_outdated(opened_scope)
    if json:
        print_json(
            document(
                "outdated",
                scope=opened_scope.places.shown,
                packages=[
                    {"name": one.name, "installed": one.installed, "available": one.available, "problem": one.problem}
                    for one in found
                ],
            )
        )
    elif for_people():
        rows = [[one.name, _short(one.installed), _short(one.available)] for one in found if one.problem is None]
        draw(["Package", "Installed", "Available"], rows) if rows else write_line("Everything is up to date.")
    else:
        for one in found:
            if one.problem is None:
                write_line(f"{one.name}: {_short(one.installed)} -> {_short(one.available)}")
    for one in found:
        if one.problem is not None and not json:
            complain(f"{one.name}: {one.problem}")
    if exit_code and found:
        raise typer.Exit(DIFFERENT)


def _short(checksum: str | None) -> str:
    return "none" if checksum is None else checksum[:12]
