"""``pltpack planet create``: an archive for PLaneT, as ``raco planet create`` makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pltpack.packer.pack import PackOptions

from .. import options
from ..console import complain, print_json, usage_error, write_line
from ..documents import document


def create(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="The directory of a package.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The archive (default: DIR.plt, here)."),
    ] = None,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Make it in spite of what PLaneT refuses in the info file.")
    ] = False,
    docs: Annotated[
        bool, typer.Option("--docs", help="Exit with 1 if documents that the info file names are not rendered.")
    ] = False,
    fast: options.Fast = False,
    best: options.Best = False,
    level: options.Level = None,
    gzip_program: options.GzipProgram = False,
    jobs: options.Jobs = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Make an archive for PLaneT.

    What is in it is what raco planet create packs, and the raw stream is the same. But documentation is not rendered,
    which would run the package: what is in planet-docs goes in, and --docs tells what is missing there.

    \b
    pltpack planet create mypkg/
    """
    from pltpack.inspection.wording import counted
    from pltpack.planet.create import create_planet_archive

    compression = options.compression(fast=fast, best=best, level=level, gzip_program=gzip_program)
    if output is not None and output.is_dir():
        usage_error(f"{output} is a directory; --output names a file")
    made = create_planet_archive(
        directory, output, force=force, dry_run=dry_run, options=PackOptions(compression=compression, jobs=jobs)
    )
    if json:
        from .documents import created_json

        print_json(document("planet-create", **created_json(made, dry_run=dry_run)))
    elif not quiet:
        for message in made.objections:
            write_line(f"forced: {message}")
        for message in made.warnings:
            write_line(f"warning: {message}")
        for name in made.unrendered:
            write_line(f"not rendered: {name}")
        amount = f"{counted(made.packed.files, 'file')}, {counted(made.packed.file_bytes, 'byte')}"
        write_line(f"{'would be ' if dry_run else ''}{made.path}: {amount}")
    if docs and made.unrendered:
        complain(f"{counted(len(made.unrendered), 'document')} not rendered: {', '.join(made.unrendered)}")
        raise typer.Exit(1)
