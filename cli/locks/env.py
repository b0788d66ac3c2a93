"""``raco-pkg env``: directories that hold the packages of one project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options, racket_options
from ..console import print_json, write_line
from ..documents import Json, document
from ..packages import scope_options as o
from ..packages.scoped import Where
from . import lock_options as lo


def env(
    directories: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR...", help="Where they are to be (default: .racket).")
    ] = None,
    file: lo.File = lo.LOCK,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Put nothing into them.")] = False,
    catalog: o.Catalogs = [],  # noqa: B006  typer copies it
    from_: lo.From = [],  # noqa: B006
    link_mode: lo.LinkMode = "",
    offline: o.Offline = False,
    jobs: lo.Jobs = None,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Make environments: each is an add-on directory of Racket's with packages of its own.

    What racket.lock says is put into them, if there is such a file. raco-pkg run and raco-pkg activate use the one
    called .racket. They share their files with the cache, and may be deleted.

    \b
    raco-pkg env
    raco-pkg env .racket --racket-version 8.7
    raco-pkg env --link-mode clone one two three
    """
    from pltpack.lock.places.environment import USUAL, make_environment
    from pltpack.lock.targets import target_of
    from pltpack.scope.access import Access

    from .sync import synced
    from .target import opened_target

    where = Where(racket=racket, racket_version=racket_version)
    mode = lo.link_mode(link_mode)
    version = target_of(where.discover()).racket
    access = Access(offline=offline, jobs=jobs, tell=lo.silent if quiet or json else write_line)
    found: list[Json] = []
    for directory in directories or [Path(USUAL)]:
        has_lock = file.exists() and not no_sync
        packages = 0
        if not dry_run:
            made = make_environment(directory, version, catalogs=catalog)
            if has_lock:
                with opened_target(where, made, access, quiet=quiet or json) as scope:
                    synced(scope, file, made, places=tuple(from_), mode=mode, quiet=True, trash=False)
                    packages = len(scope.packages)
        found.append({"directory": str(directory.absolute()), "racket": version, "packages": packages})
        if not quiet and not json:
            write_line(f"{'would make ' if dry_run else ''}{directory}: Racket {version}" + _told(packages))
    if json:
        print_json(document("env", dryRun=dry_run, environments=found))


def _told(packages: int) -> str:
    from pltpack.inspection.wording import counted

    return f", {counted(packages, 'package')}" if packages else ""
