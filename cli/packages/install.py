"""``raco-pkg install``: packages are fetched, checked and put in place, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options
from ..console import usage_error, write_line
from ..options import one_of, only_one
from . import scope_options as o
from .scope_options import USUAL, Where, scoped_and_locked
from .scoped import carry_out, content_mode, deps_behaviour, no_setup_by_environment, opened, options_of


@scoped_and_locked
def install(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Names, archives, directories, URLs (default: here)."),
    ] = None,
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
    skip_installed: Annotated[
        bool, typer.Option("--skip-installed", help="Pass over what is installed already.")
    ] = False,
    pkgs: Annotated[bool, typer.Option("--pkgs", help="Without a SOURCE install nothing, not what is here.")] = False,
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
    fail_fast: o.FailFast = False,
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
    from pltpack.scope.access import Access
    from pltpack.scope.plan.asked import GIVEN_TYPES, Asking, current_directory, wishes_of
    from pltpack.scope.plan.plans import plan_install

    placing = only_one(
        {
            "--link": link,
            "--static-link": static_link,
            "--copy": copy,
            "--clone": clone is not None,
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
        update_deps=update_deps,
        implies=not ignore_implies,
        all_platforms=all_platforms,
        force=force,
        ignore_checksums=ignore_checksums,
        strict_doc_conflicts=strict_doc_conflicts,
        skip_installed=skip_installed,
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
        clone=None if clone is None else clone.absolute(),
    )
    given = list(sources or [])
    here = not given and not pkgs and clone is None
    if not given and clone is not None:
        given = [clone.absolute().name]
        if not quiet and not json:
            write_line(f"Inferred package name from given `--clone' path\n  package: {given[0]}\n  given path: {clone}")
    if here and not quiet and not json:
        write_line("Linking current directory as a package")
    wishes = [current_directory(Path.cwd())] if here else wishes_of(given, asking)
    access = Access(
        catalogs=tuple(catalog) or None,
        use_cache=not no_cache,
        offline=offline,
        jobs=jobs,
        tell=_silent if quiet or json else write_line,
    )
    with opened(where, access=access, batch=batch, quiet=quiet or json) as opened_scope:
        _, applied = carry_out(
            opened_scope,
            lambda: opened_scope.make(lambda situation, known: plan_install(situation, wanted, known, wishes), wanted),
            dry_run=dry_run,
            quiet=quiet,
            json=json,
        )
        if applied is not None and setup and not no_setup and not no_setup_by_environment():
            from .setting_up import set_up

            set_up(
                opened_scope, applied, jobs=jobs, docs=not no_docs, recompile_only=recompile_only, fail_fast=fail_fast
            )


def _silent(_: str) -> None:
    """Tell nobody."""
