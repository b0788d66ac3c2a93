"""``pltpack site check``: what users of a distribution site would run into."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..catalogs.build import executor_for
from ..catalogs.check import tell_findings
from ..console import usage_error
from ..installer.installer_options import limits_of
from ..limits import DEFAULT_LIMITS, MaxEntries, MaxFile, MaxRatio, MaxTotal
from .site_options import Site


def check(
    site: Site,
    no_installers: Annotated[
        bool, typer.Option("--no-installers", help="Do not look into .sh and .tgz installers.")
    ] = False,
    no_archives: Annotated[bool, typer.Option("--no-archives", help="Do not read the archives of packages.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    jobs: options.Processes = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF, for continuous integration.")] = False,
    max_entries: MaxEntries = DEFAULT_LIMITS.entries,
    max_total: MaxTotal = DEFAULT_LIMITS.total_bytes,
    max_file: MaxFile = DEFAULT_LIMITS.file_bytes,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
) -> None:
    """Check a site, or each site in a folder of snapshots.

    Files that are missing, sums that are wrong, tables out of step, links and addresses that lead nowhere, damaged
    installers, pages that say something else, and all that pltpack catalog check finds. Each finding says what is
    wrong, where, what it does to users, and what to do. The exit code is 0 without errors, and 1 with.
    """
    if json and as_sarif:
        usage_error("--json and --sarif exclude each other")
    from pltpack.distribution.check import check_distribution

    with executor_for(jobs, 0 if no_archives else 100) as executor:
        report = check_distribution(
            site,
            installers=not no_installers,
            archives=not no_archives,
            executor=executor,
            limits=limits_of(max_entries, max_total, max_file, max_ratio),
        )
    tell_findings(
        "site-check", report, tool="pltpack site check", quiet=quiet, json=json, as_sarif=as_sarif, strict=strict
    )
