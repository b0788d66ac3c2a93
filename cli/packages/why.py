"""``raco-pkg why``: what a package is needed for."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, write_line
from ..documents import document
from .scoped import USUAL, Where, opened, scoped


@scoped
def why(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="An installed package.")],
    json: options.Json = False,
    where: Where = USUAL,
) -> None:
    """Say why a package is installed: who asked for it, or which packages need it, each with the shortest chain.

    Exits with 1 if it is not installed, in the scope that is named if one is.

    \b
    raco-pkg why gui-lib
    """
    from pltpack.scope.plan.graph import chains, everything

    with opened(where, quiet=True) as opened_scope:
        situation = opened_scope.surroundings().situation()
    packages = everything(situation)
    present = packages.get(package) if where.named() is None else situation.here.get(package)
    ways = chains(package, packages) if present is not None else []
    if json:
        print_json(
            document(
                "why",
                package=package,
                installed=present is not None,
                explicit=present is not None and not present.record.auto,
                chains=[
                    [{"package": one.user, "needs": one.name, "version": one.wanted} for one in way] for way in ways
                ],
            )
        )
    elif present is not None:
        how = "came along with others" if present.record.auto else "was asked for"
        write_line(f"{package} {how}, and is in {present.scope} scope")
        for way in ways:
            write_line("  " + "".join(f"{one.user} -> " for one in way) + package + _least(way[-1].wanted))
        if not ways:
            write_line("  no package that was asked for needs it")
    if present is None:
        complain(f"package {package} is not installed")
        raise typer.Exit(DIFFERENT)


def _least(wanted: str | None) -> str:
    return f" (at least {wanted})" if wanted is not None else ""
