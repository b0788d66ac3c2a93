"""``raco-pkg install``: packages are fetched, checked and put in place, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options
from ..console import write_line
from .scope_options import AS_THEY_ARE, AS_USUAL, Resolving, Taking, taking_and_resolving
from .scoped import USUAL, Where, carry_out, opened, scoped_and_locked
from .setting_up import NO_SETUP, Setup, setting_up_or_failing


@taking_and_resolving
@scoped_and_locked
@setting_up_or_failing
def install(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Names, archives, directories, URLs (default: here)."),
    ] = None,
    taking: Taking = AS_THEY_ARE,
    skip_installed: Annotated[
        bool, typer.Option("--skip-installed", help="Pass over what is installed already.")
    ] = False,
    pkgs: Annotated[bool, typer.Option("--pkgs", help="Without a SOURCE install nothing, not what is here.")] = False,
    resolving: Resolving = AS_USUAL,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
    setup: Setup = NO_SETUP,
) -> None:
    """Install packages, as raco pkg install does, without Racket.

    All of them are fetched and checked before the first is put in place; an error, Ctrl-C or a full disk leaves the
    scope as it was. Racket is only run with --setup.

    \b
    raco-pkg install --auto games
    raco-pkg install --scope installation https://host/x.zip ./mylib
    raco-pkg install --dry-run --auto games
    raco-pkg install --root image --racket-version 8.7 -i --auto games
    """
    from pltpack.scope.plan.asked import current_directory, wishes_of
    from pltpack.scope.plan.plans import plan_install

    taking.check()
    wanted = resolving.options(taking, update_deps=resolving.update_deps, skip_installed=skip_installed)
    clone = None if taking.clone is None else taking.clone.absolute()
    asking = taking.asking(clone)
    silent = quiet or json
    given = list(sources or [])
    here = not given and not pkgs and clone is None
    if not given and clone is not None:
        given = [clone.name]
        if not silent:
            write_line("Inferred package name from given `--clone' path")
            write_line(f"  package: {given[0]}\n  given path: {taking.clone}")
    if here and not silent:
        write_line("Linking current directory as a package")
    wishes = [current_directory(Path.cwd())] if here else wishes_of(given, asking)
    access = resolving.access(setup.jobs, silent=silent)
    with opened(where, access=access, batch=resolving.batch, quiet=silent) as opened_scope:
        _, applied = carry_out(
            opened_scope,
            lambda: opened_scope.make(lambda situation, known: plan_install(situation, wanted, known, wishes), wanted),
            dry_run=dry_run,
            quiet=quiet,
            json=json,
        )
        setup.after(opened_scope, applied)
