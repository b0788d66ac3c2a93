"""``raco-pkg migrate``: the packages of another version, installed again."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import write_line
from . import scope_options as o
from .scope_options import USUAL, Where, scoped_and_locked
from .scoped import carry_out, content_mode, deps_behaviour, no_setup_by_environment, opened, options_of


@scoped_and_locked
def migrate(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version, or installation, to take them from.")],
    same_checksums: Annotated[
        bool, typer.Option("--same-checksums", help="The very same versions, not today's; Racket cannot.")
    ] = False,
    deps: o.Deps = None,
    auto: o.Auto = False,
    ignore_implies: o.IgnoreImplies = False,
    source: o.Source = False,
    binary: o.Binary = False,
    binary_lib: o.BinaryLib = False,
    all_platforms: o.AllPlatforms = False,
    force: o.Force = False,
    ignore_checksums: o.IgnoreChecksums = False,
    strict_doc_conflicts: o.StrictDocs = False,
    no_cache: o.NoCache = False,
    catalog: o.Catalogs = [],  # noqa: B006  typer copies it
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
    """Install the packages that the user has for another version of Racket, as raco pkg migrate does.

    Packages that came along with others come along again, if they are needed.

    \b
    raco-pkg migrate 8.6
    """
    from pltpack.scope.access import Access
    from pltpack.scope.migrate import old_packages, told, wishes_again
    from pltpack.scope.plan.plans import plan_install

    silent = quiet or json
    wanted = options_of(
        deps=deps_behaviour(deps, auto=auto, batch=batch) if deps is not None or auto else "search-auto",
        implies=not ignore_implies,
        all_platforms=all_platforms,
        force=force,
        ignore_checksums=ignore_checksums,
        strict_doc_conflicts=strict_doc_conflicts,
        skip_installed=True,
        mode=content_mode(source=source, binary=binary, binary_lib=binary_lib),
        trash=not no_trash,
        as_racket=as_racket,
    )
    access = Access(
        catalogs=tuple(catalog) or None, use_cache=not no_cache, jobs=jobs, tell=_silent if silent else write_line
    )
    with opened(where, access=access, batch=batch, quiet=silent) as opened_scope:
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
        if applied is not None and setup and not no_setup and not no_setup_by_environment():
            from .setting_up import set_up

            set_up(opened_scope, applied, jobs=jobs, docs=not no_docs, recompile_only=recompile_only)


def _silent(_: str) -> None:
    """Tell nobody."""
