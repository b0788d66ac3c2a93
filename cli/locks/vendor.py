"""``raco-pkg vendor``: a folder that has everything a lock file needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options, racket_options
from ..console import print_json, write_line
from ..documents import document
from ..packages import scope_options as o
from ..packages.scoped import Where
from . import lock_options as lo


def vendor(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the folder is to be.")],
    file: lo.File = lo.LOCK,
    from_: lo.From = [],  # noqa: B006  typer copies it
    offline: o.Offline = False,
    no_cache: o.NoCache = False,
    jobs: lo.Jobs = None,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Write the archives of all packages in racket.lock, a catalog of them, and the lock into a folder.

    raco-pkg sync --from DIR needs no network then, and raco pkg install --catalog DIR/catalog works, too.

    \b
    raco-pkg vendor vendor/
    """
    from pltpack.lock.places.vendor import vendor_lock
    from pltpack.lock.read import read_lock
    from pltpack.lock.targets import open_fetcher
    from pltpack.scope.access import Access

    lock = read_lock(file)
    tell = lo.silent if quiet or json else write_line
    access = Access(use_cache=not no_cache, offline=offline, jobs=jobs, tell=tell)
    installation = Where(racket=racket, racket_version=racket_version).discover()
    with access.rooms, open_fetcher(installation, access) as fetcher:
        found = vendor_lock(
            lock, file.absolute().parent, directory, fetcher, places=tuple(from_), tell=tell, dry_run=dry_run
        )
    if json:
        print_json(
            document(
                "vendor",
                directory=str(found.directory),
                dryRun=dry_run,
                archives=[{"name": name, "path": str(path)} for name, path in found.archives],
                leftOut=list(found.left_out),
            )
        )
    elif not quiet:
        from pltpack.inspection.wording import counted

        for name in found.left_out:
            write_line(f"left out {name}: it is linked")
        verb = "would have" if dry_run else "has"
        write_line(f"{directory} {verb} {counted(len(found.archives), 'archive')}")
