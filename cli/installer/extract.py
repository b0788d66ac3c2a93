"""``pltpack installer extract``: a directory with a Racket, from an installer that is not run."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from ..limits import DEFAULT_LIMITS, MaxEntries, MaxFile, MaxRatio, MaxTotal
from .installer_options import Installer, limits_of


def extract(
    file: Installer,
    into: Annotated[str, typer.Option("--into", metavar="DIR", help="Where to: a directory that is new or empty.")],
    catalog: Annotated[
        list[str],
        typer.Option("--catalog", metavar="URL", help="A catalog for config.rktd, before those there; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    name: Annotated[
        str | None,
        typer.Option("--installation-name", metavar="NAME", help="The installation's name, for config.rktd."),
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    max_entries: MaxEntries = DEFAULT_LIMITS.entries,
    max_total: MaxTotal = DEFAULT_LIMITS.total_bytes,
    max_file: MaxFile = DEFAULT_LIMITS.file_bytes,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
) -> None:
    """Unpack a .sh or .tgz installer into a directory, as it would itself, without running it.

    All or nothing, with the checks of pltpack verify. DIR is then an installation: --racket DIR names it to other
    commands, and DIR/bin/racket runs. config.rktd is that of the installer, or a new one.
    """
    from pltpack.distribution.installer.unpack import Settings, unpack_installer
    from pltpack.inspection.wording import amounts

    done = unpack_installer(
        file,
        into,
        settings=Settings(tuple(catalog), name),
        limits=limits_of(max_entries, max_total, max_file, max_ratio),
        dry_run=dry_run,
    )
    if json:
        print_json(
            document(
                "installer-extract",
                dryRun=dry_run,
                into=str(done.into),
                files=done.files,
                directories=done.directories,
                links=done.links,
                contentBytes=done.content_bytes,
                config=done.config,
                configKept=done.config_kept,
                racketVersion=done.version,
            )
        )
    elif not quiet:
        holds = amounts(done.files, done.directories, done.links, done.content_bytes)
        version = f", Racket {done.version}" if done.version else ""
        write_line(f"{holds}{version} {'would be ' if dry_run else ''}in {done.into}")
