"""``raco-pkg remove``: packages go into the trash, all that are named or none."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from . import scope_options as o
from .scope_options import USUAL, Where, scoped_and_locked
from .scoped import carry_out, no_setup_by_environment, opened, options_of


@scoped_and_locked
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
    setup: o.Setup = False,
    no_setup: o.NoSetup = False,
    jobs: o.Jobs = None,
    no_docs: o.NoDocs = False,
    recompile_only: o.RecompileOnly = False,
) -> None:
    """Remove packages, as raco pkg remove does, without Racket.

    They go into the trash of the scope, from which raco-pkg restore takes them back.

    \b
    raco-pkg remove games
    raco-pkg remove --auto
    raco-pkg remove --demote games
    """
    from pltpack.errors import PackageError
    from pltpack.pkg.names import is_package_name
    from pltpack.scope.plan.removal import plan_remove

    names = list(packages or [])
    for name in names:
        if not is_package_name(name):
            raise PackageError("package name includes disallowed characters", details=(f"  given: {name}",))
    wanted = options_of(force=force, trash=not no_trash, as_racket=as_racket)
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
        if applied is not None and setup and not no_setup and not no_setup_by_environment():
            from .setting_up import set_up

            set_up(opened_scope, applied, jobs=jobs, docs=not no_docs, recompile_only=recompile_only)
