"""``raco-pkg export``: a lock file in the notation of somebody else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import print_json, usage_error, write_lines
from ..documents import document
from ..locks import lock_options as lo

if TYPE_CHECKING:
    from pltpack.lock.values import Lock, Target


def export(
    format: Annotated[
        str,
        typer.Option("--format", metavar="FMT", help="cyclonedx, spdx, csv, table, nix, guix or bazel."),
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write there (default: standard output).")
    ] = None,
    file: lo.File = lo.LOCK,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the packages make up, in a bill of materials.")
    ] = "packages",
    racket_version: Annotated[
        str | None, typer.Option("--racket-version", metavar="V", help="Only what holds for this version of Racket.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", metavar="P", help="Only what holds for this platform, as x86_64-linux.")
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say what a lock file locks in the notation of somebody else: a bill of materials for a security team, a table, or
    data for another builder.

    The same lock gives the same bytes; a time in them is that of the lock, or SOURCE_DATE_EPOCH. Bills of materials
    need the extra sbom: pip install 'pltpack[sbom]'.

    \b
    raco-pkg export
    raco-pkg export --format cyclonedx -o sbom.json
    """
    from pltpack.lock.read import read_lock
    from pltpack.supply.export import EXPORT_FORMATS, export_lock
    from pltpack.transaction.file import replacing

    if format not in EXPORT_FORMATS:
        usage_error(f"--format is one of {', '.join(EXPORT_FORMATS)}, not {format}")
    if json and output is None:
        usage_error("--json tells what was written: name a file with --output")
    lock = read_lock(file)
    target = target_of(lock, racket_version, platform)
    data = export_lock(lock, format, target, name=name)
    packages = len(lock.packages if target is None else lock.for_target(target))
    if output is not None and not dry_run:
        with replacing(output) as stream:
            stream.write(data)
    if json:
        print_json(
            document("export", file=str(output), format=format, written=not dry_run, packages=packages, bytes=len(data))
        )
    elif output is None and format == "table":
        if not dry_run:
            write_lines(data.decode().splitlines())
    elif output is None:
        if not dry_run:
            sys.stdout.buffer.write(data)
    elif not quiet:
        from pltpack.inspection.wording import counted

        write_lines([f"{'would be ' if dry_run else ''}{output}: {counted(packages, 'package')}, {format}"])


def target_of(lock: Lock, version: str | None, platform: str | None) -> Target | None:
    """The one Racket that is meant; ``None`` for all of the lock. What the lock was not made for is a wrong call."""
    from pltpack.lock.values import Target

    if version is None and platform is None:
        return None
    for what, value, known in (("version", version, lock.racket), ("platform", platform, lock.platforms)):
        if value is None and len(known) > 1:
            usage_error(f"the lock file is for more than one {what}: {', '.join(known)}; say which")
        if value is not None and value not in known:
            usage_error(f"the lock file is not for {what} {value}: it is for {', '.join(known)}")
    return Target(version or lock.racket[0], platform or lock.platforms[0])
