"""``pltpack site mirror``: a copy of the installers of another site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import complain, describe, exit_code, print_json, write_line
from ..documents import document
from ..network_options import RETRIES, TIMEOUT, Retries, Timeout, network_policy
from .site_options import Site, written_json


def mirror(
    url: Annotated[str, typer.Argument(metavar="URL", help="Its installers: https://host/installers/, or a folder.")],
    site: Site,
    only: Annotated[
        list[str], typer.Option("--only", metavar="GLOB", help="Only files whose names match; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    keep: Annotated[
        int | None, typer.Option("--keep", min=0, metavar="N", help="Keep N versions (default: site.toml, or all).")
    ] = None,
    timeout: Timeout = TIMEOUT,
    retries: Retries = RETRIES,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have a copy of another site's installers, with its tables.

    What is there with the right sums is not fetched again; what comes with wrong ones is not taken. When the other site
    has a new version, the installers of the old one stay under "Earlier versions".
    """
    from pathlib import Path

    from pltpack.distribution.config import read_distribution_config
    from pltpack.distribution.mirror import mirror_installers
    from pltpack.inspection.wording import counted

    settings = read_distribution_config(Path(site)).mirror
    done = mirror_installers(
        url,
        site,
        only=only or settings.only,
        keep=settings.keep if keep is None else keep,
        policy=network_policy(timeout, retries, 1),
        dry_run=dry_run,
    )
    if json:
        print_json(
            document(
                "site-mirror",
                dryRun=dry_run,
                racketVersion=done.version,
                fetched=list(done.fetched),
                kept=list(done.kept),
                removed=list(done.removed),
                unchecked=list(done.unchecked),
                failed=[{"file": name, "error": describe(error)} for name, error in done.failed.items()],
                bytes=done.size,
                **written_json(done.written),
            )
        )
    elif not quiet:
        would = "would be " if dry_run else ""
        for word, names in (("fetched", done.fetched), ("removed", done.removed)):
            for name in names:
                write_line(f"{name} {would}{word}")
        for name in done.unchecked:
            write_line(f"{name}: the other site tells no sums of it")
        write_line(f"{counted(len(done.kept), 'installer')} there already, {counted(done.size, 'byte')} {would}fetched")
    for name, error in done.failed.items():
        complain(f"{name}: {describe(error)}")
    if done.failed:
        raise typer.Exit(max(exit_code(error) for error in done.failed.values()))
