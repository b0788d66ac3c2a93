"""``raco-pkg migrate``: the packages of another version, installed again."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import write_line
from .scope_options import AS_THEY_ARE, AS_USUAL, Resolving, Taking, resolving_again
from .scoped import USUAL, Where, carry_out, opened, scoped_and_locked
from .setting_up import NO_SETUP, Setup, setting_up


@resolving_again
@scoped_and_locked
@setting_up
def migrate(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version, or installation, to take them from.")],
    same_checksums: Annotated[
        bool, typer.Option("--same-checksums", help="The very same versions, not today's; Racket cannot.")
    ] = False,
    taking: Taking = AS_THEY_ARE,
    resolving: Resolving = AS_USUAL,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
    setup: Setup = NO_SETUP,
) -> None:
    """Install the packages that the user has for another version of Racket, as raco pkg migrate does.

    Packages that came along with others come along again, if they are needed.

    \b
    raco-pkg migrate 8.6
    """
    from pltpack.scope.migrate import old_packages, told, wishes_again
    from pltpack.scope.plan.plans import plan_install

    silent = quiet or json
    wanted = resolving.options(taking, usual="search-auto", skip_installed=True)
    access = resolving.access(setup.jobs, silent=silent)
    with opened(where, access=access, batch=resolving.batch, quiet=silent) as opened_scope:
        old = old_packages(opened_scope.installation, version)
        if not old and not silent:
            write_line(f'No packages from "{version}" to install')
        if not old:
            return
        if not silent:
            write_line("Packages to install:")
            for line in told(old, opened_scope.places.packages):
                write_line(line)
        here = opened_scope.packages
        # what came along with others here stays that way
        wishes = [one for one in wishes_again(old, same_checksums=same_checksums) if one.name not in here]
        _, applied = carry_out(
            opened_scope,
            lambda: opened_scope.make(lambda situation, known: plan_install(situation, wanted, known, wishes), wanted),
            dry_run=dry_run,
            quiet=quiet,
            json=json,
        )
        if not silent:
            write_line(f"Packages migrated{' (but not really)' if dry_run else ''}")
        setup.after(opened_scope, applied)
