"""``raco-pkg update``: packages are replaced by what is new at their sources, or by other sources, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import DIFFERENT, usage_error, write_line
from ..options import one_of, only_one
from . import scope_options as o
from .scope_options import USUAL, Where, scoped_and_locked
from .scoped import carry_out, content_mode, deps_behaviour, no_setup_by_environment, opened, options_of, report_failed

if TYPE_CHECKING:
    from pltpack.scope.scope import Scope


@scoped_and_locked
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
    type: o.Type = None,
    name: o.Name = None,
    checksum: o.Checksum = None,
    deps: o.Deps = None,
    auto: o.Auto = False,
    update_deps: o.UpdateDeps = False,
    ignore_implies: o.IgnoreImplies = False,
    link: o.Link = False,
    static_link: o.StaticLink = False,
    copy: o.Copy = False,
    clone: o.Clone = None,
    source: o.Source = False,
    binary: o.Binary = False,
    binary_lib: o.BinaryLib = False,
    all_platforms: o.AllPlatforms = False,
    force: o.Force = False,
    ignore_checksums: o.IgnoreChecksums = False,
    strict_doc_conflicts: o.StrictDocs = False,
    keep_modes: o.KeepModes = False,
    no_cache: o.NoCache = False,
    offline: o.Offline = False,
    catalog: o.Catalogs = [],  # noqa: B006  typer copies it
    multi_clone: o.MultiClone = None,
    pull: o.Pull = "ff-only",
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
    """Update packages, as raco pkg update does, without Racket.

    A name is that of an installed package, which is replaced if its source has something new; anything else is a
    source that takes its place. Exits with 1 if some packages could not be looked up, and the others were updated.

    \b
    raco-pkg update --all --auto
    raco-pkg update games
    raco-pkg update --link ./games
    """
    from pltpack.scope.access import Access
    from pltpack.scope.plan.asked import GIVEN_TYPES, Asking, wishes_of
    from pltpack.scope.plan.plans import plan_update

    placing = only_one(
        {
            "--link": link,
            "--static-link": static_link,
            "--copy": copy,
            "--clone": clone is not None,
            "--lookup": lookup,
            "--source": source,
            "--binary": binary,
            "--binary-lib": binary_lib,
        }
    )
    if type is not None:
        one_of("type", type, GIVEN_TYPES)
        if placing in ("--link", "--static-link") and type != "dir":
            usage_error(f"-t/--type value must be `dir' with {placing}")
    one_of("mode", pull, ("ff-only", "try", "rebase"))
    if multi_clone is not None:
        one_of("mode", multi_clone, ("fail", "force", "convert", "ask"))
    wanted = options_of(
        deps=deps_behaviour(deps, auto=auto, batch=batch),
        update_deps=update_deps or auto,
        implies=not ignore_implies,
        all_platforms=all_platforms,
        force=force,
        ignore_checksums=ignore_checksums,
        strict_doc_conflicts=strict_doc_conflicts,
        skip_uninstalled=skip_uninstalled,
        mode=content_mode(source=source, binary=binary, binary_lib=binary_lib),
        trash=not no_trash,
        pull=pull,
        multi_clone=multi_clone or ("fail" if batch else "ask"),
        keep_modes=keep_modes,
        as_racket=as_racket,
    )
    asking = Asking(
        type=type,  # type: ignore[arg-type]  # checked above
        name=name,
        checksum=checksum,
        placing="link"
        if link
        else "static-link"
        if static_link
        else "copy"
        if placing in ("--copy", "--source", "--binary", "--binary-lib")
        else None,
    )
    given = wishes_of(list(sources or []), asking)
    names = [wish.name for wish in given if wish.type == "name" and not lookup]
    wishes = [wish for wish in given if wish.type != "name" or lookup]
    access = Access(
        catalogs=tuple(catalog) or None,
        use_cache=not no_cache,
        offline=offline,
        jobs=jobs,
        tell=_silent if quiet or json else write_line,
    )
    installed = [wish.name for wish in given]
    with opened(where, installed=installed, access=access, batch=batch, quiet=quiet or json) as opened_scope:
        if not given and not all:
            around = _around(opened_scope)
            if around is None:
                if not quiet and not json:
                    write_line(_NOTHING)
                return
            if not quiet and not json:
                write_line(f"Updating current directory's package: {around}")
            names = [around]
        if all and not opened_scope.packages:
            if not quiet and not json:
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
        if applied is not None and setup and not no_setup and not no_setup_by_environment():
            from .setting_up import set_up

            set_up(opened_scope, applied, jobs=jobs, docs=not no_docs, recompile_only=recompile_only)
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


def _silent(_: str) -> None:
    """Tell nobody."""
