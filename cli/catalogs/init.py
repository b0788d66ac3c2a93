"""``pltpack catalog init``: a configuration to start from."""

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
    """Write catalog.toml, with every setting explained, into a site.

    \b
    pltpack catalog init site/
    """
    from pltpack.site.config import CONFIG, TEMPLATE
    from pltpack.transaction.file import replacing

    path = Path(site) / CONFIG
    if path.exists() and not force:
        raise EntryExistsError("it is there already", file=str(path), hint="-f replaces it")
    if not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(TEMPLATE.encode())
    if not quiet:
        write_line(f"{path} {'would be ' if dry_run else ''}written")
