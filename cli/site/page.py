"""``pltpack site page``: the page of the installers."""

from __future__ import annotations

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .site_options import Site, line_json, written_json, written_line


def page(
    site: Site,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Make index.html for the installers of a site, with README, SHA256SUMS and the other names of installers.

    The page is grouped by the levels of the descriptions, shows sizes, sums, signatures and what failed, and puts first
    what runs on the reader's computer. It looks like the pages of pltpack catalog, and needs neither a server nor a
    network. site.toml in SITE says what it is called and more.
    """
    from pltpack.distribution.pages import write_installer_page

    report = write_installer_page(site, dry_run=dry_run)
    if json:
        lines = [line_json(line) for line in report.lines]
        print_json(document("site-page", dryRun=dry_run, lines=list(lines), **written_json(report.written)))
    elif not quiet:
        write_line(written_line(report.written, dry_run=dry_run))
