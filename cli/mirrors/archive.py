"""``raco-pkg archive``: mirrors of installed packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import network_options, options, racket_options
from ..catalogs.choice import AsRacket
from ..console import print_json
from ..network_options import JOBS
from .catalog_archive import Durable, Exclude, Relative


def archive(
    directory: Annotated[str, typer.Argument(metavar="DEST", help="The directory of the mirror.")],
    packages: Annotated[list[str], typer.Argument(metavar="PKG...", help="Names of installed packages.")],
    include_deps: Annotated[
        bool, typer.Option("--include-deps", help="What they depend on, too, but for base and racket.")
    ] = False,
    exclude: Exclude = [],  # noqa: B006  typer copies it
    relative: Relative = False,
    as_racket: AsRacket = False,
    racket: racket_options.Racket = None,
    durable: Durable = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    jobs: network_options.Connections = JOBS,
) -> None:
    """Make a catalog of installed packages, with the packages in it, as raco pkg archive does.

    \b
    raco-pkg archive --include-deps out/ games
    raco-pkg archive --relative --exclude chess --include-deps out/ games cards
    """
    from pltpack.catalog.archive import ArchiveOptions, archive_catalog
    from pltpack.catalog.installed import installed_records
    from pltpack.fetch.fetcher import Fetcher
    from pltpack.racket.installation import Installation

    from .archiving import Telling, archived_json, tell_plan

    installation = Installation.discover(racket=racket)
    left_out = exclude[-1:] if as_racket else exclude
    records = installed_records(installation, packages, dependencies=include_deps, exclude=left_out)
    telling = Telling(directory, quiet=quiet or json, going_on="")
    with Fetcher() as fetcher:
        archived = archive_catalog(
            records,
            Path(directory),
            fetcher,
            ArchiveOptions(
                relative=relative,
                jobs=jobs,
                durable=durable,
                dry_run=dry_run,
                flat=as_racket,
                believe=frozenset({"dependencies"} if as_racket else ()),
            ),
            watch=telling.package,
            watch_removed=telling.removed,
        )
    if json:
        print_json(archived_json("archive", archived, dry_run=dry_run))
    elif dry_run:
        tell_plan(archived)
    else:
        telling.catalog()
