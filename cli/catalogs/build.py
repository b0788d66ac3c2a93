"""``pltpack catalog build`` and ``catalog add``: a site from packages, or more packages for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pltpack.codec.limits import Limits

from .. import options
from ..console import usage_error
from ..limits import limited
from ..progress import progress
from .site_options import Site, tell

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pltpack.site.prepare import PltAs

_WORTH_IT = 4
"""With so many packages several processes are quicker than one."""


@limited
def build(
    site: Site,
    packages: Annotated[
        list[str],
        typer.Argument(
            metavar="[PACKAGE...]",
            help="Archives (zip, tgz, tar, plt), directories, sources, s3:// and such.",
        ),
    ] = [],  # noqa: B006  typer copies it
    plt_as: Annotated[
        str | None,
        typer.Option(
            "--plt-as",
            metavar="HOW",
            help="Serve .plt archives as plt, as zip, or auto: as zip where today's Racket would refuse them.",
        ),
    ] = None,
    vendor: Annotated[
        bool, typer.Option("--vendor", help="Keep a copy of what stays elsewhere (git, URLs), and serve that.")
    ] = False,
    jobs: options.Processes = None,
    durable: Annotated[bool, typer.Option("--durable", help="Wait for the disk, for the case of a power cut.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Make a catalog that raco pkg installs from, and pages for people.

    SITE/catalog is the catalog, SITE/pkgs has the archives, SITE/index.html is for people; any web server can serve it,
    and it works from the disk. Run it again to add and update packages: only what has changed is read and written, and
    packages that are not named stay. catalog.toml and overrides.toml in SITE say what archives cannot.

    \b
    pltpack catalog build site/ pkgs/*.zip kit.plt mypkg/
    pltpack catalog build site/
    raco pkg install --catalog file:///path/to/site/catalog/ mypkg
    """
    if plt_as not in (None, "auto", "plt", "zip"):
        usage_error(f"--plt-as is auto, plt or zip, not {plt_as}")
    from pltpack.site.build import build_site
    from pltpack.site.config import read_config
    from pltpack.site.remote import is_remote

    if vendor and not any(map(is_remote, packages)):
        usage_error("--vendor keeps copies of packages that are elsewhere, and none of them is elsewhere")
    jobs = jobs or read_config(Path(site)).build.jobs or None
    with (
        executor_for(jobs, len(packages)) as executor,
        progress(f"Building {site}", quiet=quiet or json) as watch,
    ):
        report = build_site(
            site,
            packages,
            plt_as=cast("PltAs | None", plt_as),
            vendor=vendor,
            executor=executor,
            dry_run=dry_run,
            durable=durable,
            limits=limits,
            progress=None if watch is None else lambda _name, done, total: watch(done, total),
        )
    tell("catalog-build", report, json=json, quiet=quiet, dry_run=dry_run)


@contextmanager
def executor_for(jobs: int | None, tasks: int) -> Iterator[Executor | None]:
    """Processes, where there is work for several."""
    import os

    if tasks < _WORTH_IT or (jobs or os.cpu_count() or 1) < 2:
        yield None
        return
    from ..processes import processes

    with processes(jobs, tasks) as executor:
        yield executor
