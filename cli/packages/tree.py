"""``raco-pkg tree``: what installed packages need, as a tree."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, write_line
from ..documents import document
from .scoped import USUAL, Where, opened, scoped


@scoped
def tree(
    packages: Annotated[list[str] | None, typer.Argument(metavar="PACKAGE...", help="Where to start.")] = None,
    invert: Annotated[bool, typer.Option("--invert", help="Who needs them, instead of what they need.")] = False,
    json: options.Json = False,
    where: Where = USUAL,
) -> None:
    """Show what packages need, and what that needs in turn; without PACKAGE, of all that were asked for.

    What was shown once is only named later, with (*).

    \b
    raco-pkg tree
    raco-pkg tree --invert base
    """
    from pltpack.scope.plan.graph import everything
    from pltpack.scope.plan.graph import tree as lines_of

    with opened(where, quiet=True) as opened_scope:
        situation = opened_scope.surroundings().situation()
        known = everything(situation)
    roots = list(packages or [])
    unknown = [name for name in roots if name not in known]
    if not roots:
        here = situation.here
        roots = sorted(name for name in here if here[name].record.auto == invert or not here[name].record.auto)
    lines = list(lines_of(known, [name for name in roots if name not in unknown], invert=invert))
    if json:
        print_json(
            document(
                "package-tree",
                inverted=invert,
                lines=[
                    {
                        "depth": line.depth,
                        "package": line.name,
                        "wanted": line.wanted,
                        "version": None if line.present is None else line.present.facts.version,
                        "installed": line.present is not None or line.name == "racket",
                        "repeated": line.seen,
                    }
                    for line in lines
                ],
            )
        )
    else:
        for line in lines:
            wanted = f" >= {line.wanted}" if line.wanted is not None else ""
            there = "" if line.present is not None or line.name == "racket" else "  not installed"
            write_line(f"{'  ' * line.depth}{line.name}{wanted}{' (*)' if line.seen else ''}{there}")
    for name in unknown:
        complain(f"package {name} is not installed")
    if unknown:
        raise typer.Exit(DIFFERENT)
