"""``pltpack site record``: enter installers and logs into the tables of a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import usage_error
from .site_options import Site, tell


def record(
    site: Site,
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="An installer: any file.")] = None,
    description: Annotated[
        str | None,
        typer.Option("-d", "--description", metavar="TEXT", help="What the page calls it: levels with | between them."),
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="FILE", help="The log of its build, also of one that failed.")
    ] = None,
    signature: Annotated[
        str | None, typer.Option("--signature", metavar="FILE", help="A signature of it: .sig, .asc or .minisig.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--racket-version", metavar="V", help="The version of Racket in the installers.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Make a hard link and no copy, where that can be.")] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Record an installer that is not there yet, without sums.")
    ] = False,
    sums: Annotated[bool, typer.Option("--sums", help="Have the sums of all installers as the files are now.")] = False,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Record a file also if it has another description already.")
    ] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Put an installer into a site, and into its tables with its size and sums.

    A description has levels, from the general to the particular, with | between them. {1} in one counts for the order
    and is not shown; behind a semicolon stands a detail. The tables are those that Racket's own programs read.
    """
    from pltpack.distribution.record import record_installer, record_log, record_version, refresh_sums

    for given, name in ((signature, "--signature"), (link, "--link"), (allow_missing, "--allow-missing")):
        if given and file is None:
            usage_error(f"{name} is for an installer, and none is named")
    if (file is not None or log is not None) != (description is not None):
        usage_error("an installer or a log has a description, and a description an installer or a log")
    if sums and (file is not None or log is not None):
        usage_error("--sums is for the installers that are there: it takes no file")
    if sums:
        if version is not None:
            record_version(site, version, dry_run=dry_run)
        report = refresh_sums(site, dry_run=dry_run)
        report.version = version
    elif file is not None and description is not None:
        report = record_installer(
            site,
            file,
            description,
            signature=signature,
            log=log,
            version=version,
            link=link,
            allow_missing=allow_missing,
            force=force,
            dry_run=dry_run,
        )
    elif log is not None and description is not None:
        report = record_log(site, log, description, version=version, dry_run=dry_run)
    elif version is not None:
        report = record_version(site, version, dry_run=dry_run)
    else:
        usage_error("name an installer, a log, a version, or --sums")
    tell("site-record", report, json=json, quiet=quiet, dry_run=dry_run)
