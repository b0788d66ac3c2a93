"""``raco-pkg catalog-copy``: copies and merges of catalogs."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import network_options, options
from ..console import complain, print_json, usage_error, write_line
from ..documents import document
from ..network_options import JOBS, RETRIES, TIMEOUT, CatalogTransport
from .choice import Version, meant_version, with_configured


def catalog_copy(
    catalogs: Annotated[list[str], typer.Argument(metavar="[CATALOG]... DEST", help="Catalogs to copy, and where to.")],
    from_config: Annotated[
        bool, typer.Option("--from-config", help="The configured catalogs, too, behind those named.")
    ] = False,
    force: Annotated[
        int,
        typer.Option(
            "--force",
            count=True,
            help="Replace what is at DEST; twice, also where it holds other files.",
        ),
    ] = 0,
    merge: Annotated[bool, typer.Option("--merge", help="Add to the catalog at DEST.")] = False,
    override: Annotated[bool, typer.Option("--override", help="While merging, let the new records win.")] = False,
    relative: Annotated[bool, typer.Option("--relative", help="Make sources on this disk relative to DEST.")] = False,
    version: Version = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    jobs: network_options.Connections = JOBS,
    timeout: network_options.Timeout = TIMEOUT,
    retries: network_options.Retries = RETRIES,
    offline: network_options.Offline = False,
    cache: network_options.CacheDirectory = None,
) -> None:
    """Copy or merge catalogs into a directory, or a file that ends with .sqlite, as raco pkg catalog-copy does.

    The first catalog that has a package wins, with its whole record. What is at DEST is replaced when everything is
    there, and not before.

    \b
    raco-pkg catalog-copy --from-config snapshot.sqlite
    raco-pkg catalog-copy --merge --override a/ b.sqlite http://127.0.0.1:9440/catalog/ out/
    """
    if force and merge:
        usage_error("--force and --merge exclude each other")
    *sources, destination = catalogs
    from pltpack.catalog.copy import copy_catalogs
    from pltpack.catalog.locations import SQLITE

    transport = CatalogTransport(timeout, retries, jobs, cache, offline=offline)
    copied = copy_catalogs(
        with_configured(sources, version, transport, from_config=from_config),
        destination,
        merge=merge,
        override=override,
        force=force > 0,
        force_foreign=force > 1,
        relative=relative,
        version=meant_version(version) if destination.endswith(SQLITE) else version,
        jobs=jobs,
        dry_run=dry_run,
    )
    transport.close()
    names = [record.name for record in copied.records]
    if json:
        print_json(document("catalog-copy", path=str(copied.path), dryRun=dry_run, packages=[*names]))
    elif dry_run and not quiet:
        write_line(f"would write {len(names)} packages to {copied.path}")
    if not quiet:
        for name in copied.passed_over:
            complain(f"warning: {name!r} in a catalog is no name of a package, and passed over")
