"""``raco-pkg remove``: packages go into the trash, all that are named or none."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from . import scope_options as o
from .scoped import USUAL, Where, carry_out, opened, scoped_and_locked
from .setting_up import NO_SETUP, Setup, setting_up


@scoped_and_locked
@setting_up
def remove(
    packages: Annotated[list[str] | None, typer.Argument(metavar="PACKAGE...", help="Installed packages.")] = None,
    demote: Annotated[bool, typer.Option("--demote", help="Make them packages that came along with others.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also if others need them.")] = False,
    auto: Annotated[
        bool, typer.Option("--auto", help="Also those that came along with others and that nobody needs any more.")
    ] = False,
    no_trash: o.NoTrash = False,
    batch: o.Batch = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    as_racket: o.AsRacket = False,
    where: Where = USUAL,
    setup: Setup = NO_SETUP,
) -> None:
    """Remove packages, as raco pkg remove does, without Racket.

    They go into the trash of the scope, from which raco-pkg restore takes them back.

    \b
    raco-pkg remove games
    raco-pkg remove --auto
    raco-pkg remove --demote games
    """
    from pltpack.errors import CallError
    from pltpack.pkg.names import is_package_name
    from pltpack.scope.plan.removal import plan_remove
    from pltpack.scope.plan.values import Options

    names = list(packages or [])
    for name in names:
        if not is_package_name(name):
            raise CallError("package name includes disallowed characters", details=(f"  given: {name}",))
    wanted = Options(force=force, trash=not no_trash, as_racket=as_racket)
    with opened(where, installed=names, batch=batch, quiet=quiet or json) as opened_scope:
        _, applied = carry_out(
            opened_scope,
            lambda: opened_scope.make(
                lambda situation, _: plan_remove(situation, wanted, names, auto=auto, demote=demote), wanted
            ),
            dry_run=dry_run,
            quiet=quiet,
            json=json,
        )
        setup.after(opened_scope, applied)
