"""``pltpack site init``: a distribution site to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pltpack.errors import EntryExistsError

from .. import options
from ..console import write_line
from .site_options import Site


def init(
    site: Site,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace a configuration that is there.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
) -> None:
    """Begin a distribution site: site.toml, with every setting explained, and catalog.toml for its packages."""
    from pltpack.distribution.config import CATALOG_TEMPLATE, TEMPLATE
    from pltpack.distribution.layout import CONFIG
    from pltpack.site.config import CONFIG as CATALOG_CONFIG
    from pltpack.transaction.file import replacing

    top = Path(site)
    if (top / CONFIG).exists() and not force:
        raise EntryExistsError("it is there already", file=str(top / CONFIG), hint="-f replaces it")
    files = {top / CONFIG: TEMPLATE}
    if not (top / CATALOG_CONFIG).exists():
        files[top / CATALOG_CONFIG] = CATALOG_TEMPLATE
    for path, text in files.items():
        if not dry_run:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as stream:
                stream.write(text.encode())
        if not quiet:
            write_line(f"{path} {'would be ' if dry_run else ''}written")
