"""``raco-pkg update``: packages are replaced by what is new at their sources, or by other sources, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import DIFFERENT, write_line
from .scope_options import AS_THEY_ARE, AS_USUAL, Resolving, Taking, taking_and_resolving
from .scoped import USUAL, Where, carry_out, opened, report_failed, scoped_and_locked
from .setting_up import NO_SETUP, Setup, setting_up

if TYPE_CHECKING:
    from pltpack.scope.scope import Scope


@taking_and_resolving
@scoped_and_locked
@setting_up
def update(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="PACKAGE-OR-SOURCE...", help="Installed packages, or sources that replace them."),
    ] = None,
    all: Annotated[bool, typer.Option("-a", "--all", help="All packages of the scope.")] = False,
    lookup: Annotated[
        bool, typer.Option("--lookup", "--unclone", help="Take names from the catalogs, whatever they came from.")
    ] = False,
    skip_uninstalled: Annotated[
        bool, typer.Option("--skip-uninstalled", help="Pass over what is not installed.")
    ] = False,
    taking: Taking = AS_THEY_ARE,
    resolving: Resolving = AS_USUAL,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
    setup: Setup = NO_SETUP,
) -> None:
    """Update packages, as raco pkg update does, without Racket.

    A name is that of an installed package, which is replaced if its source has something new; anything else is a
    source that takes its place. Exits with 1 if some packages could not be looked up, and the others were updated.

    \b
    raco-pkg update --all --auto
    raco-pkg update games
    raco-pkg update --link ./games
    """
    from pltpack.scope.plan.asked import wishes_of
    from pltpack.scope.plan.plans import plan_update

    placing = taking.check(lookup=lookup)
    wanted = resolving.options(
        taking, update_deps=resolving.update_deps or resolving.auto, skip_uninstalled=skip_uninstalled
    )
    asking = taking.asking()
    clone = taking.clone
    silent = quiet or json
    given = wishes_of(list(sources or []), asking)
    names = [wish.name for wish in given if wish.type == "name" and not lookup]
    wishes = [wish for wish in given if wish.type != "name" or lookup]
    access = resolving.access(setup.jobs, silent=silent)
    installed = [wish.name for wish in given]
    with opened(where, installed=installed, access=access, batch=resolving.batch, quiet=silent) as opened_scope:
        if not given and not all:
            around = _around(opened_scope)
            if around is None:
                if not silent:
                    write_line(_NOTHING)
                return
            if not silent:
                write_line(f"Updating current directory's package: {around}")
            names = [around]
        if all and not opened_scope.packages:
            if not silent:
                write_line(f"No updates available; no packages installed in {opened_scope.places.shown} scope")
            return
        if clone is not None:
            from pltpack.scope.plan.clones import as_clones

            wishes, names = as_clones(names, opened_scope.packages, clone.absolute()), []
        wishes = [*wishes]
        from pltpack.scope.plan.clones import own_clones

        names, wishes = own_clones(names, wishes, opened_scope.packages, linking=placing is not None)
        plan, applied = carry_out(
            opened_scope,
            lambda: opened_scope.make(
                lambda situation, known: plan_update(situation, wanted, known, names, wishes, everything=all), wanted
            ),
            dry_run=dry_run,
            quiet=quiet,
            json=json,
        )
        setup.after(opened_scope, applied)
    if report_failed(plan):
        raise typer.Exit(DIFFERENT)


_NOTHING = (
    "No packages given to update;\n use `--all' to update all packages, or run from a package's directory\n"
    " to update that package"
)


def _around(scope: Scope) -> str | None:
    """The package that the current directory is in."""
    found = scope.surroundings().package_around(Path.cwd())
    return None if found is None or found.name not in scope.packages else found.name
