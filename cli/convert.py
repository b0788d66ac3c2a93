"""``pltpack convert``: a package in another format, with a report of what that does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, cast, get_args

import typer

from pltpack.codec.limits import Limits
from pltpack.inspection.wording import amounts, counted
from pltpack.pkg.conversion import Conversion
from pltpack.pkg.convert import convert as convert_package
from pltpack.pkg.formats import Format
from pltpack.pkg.losses import Loss

from . import options
from .console import DIFFERENT, complain, print_json, usage_error, write_line
from .documents import document
from .inputs import readable, shown
from .limits import limited
from .listing import Json
from .progress import progress

_SHOWN_PATHS = 3


@limited
def convert(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A .plt, zip, tgz, tar or directory; - is stdin.")],
    dest: Annotated[
        str, typer.Argument(metavar="DEST", help="x.plt, x.zip, x.tgz, x.tar; without a suffix a directory.")
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="plt, zip, tgz, tar or dir (default: by DEST's name)."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The package's name in a .plt (default: from DEST).")
    ] = None,
    as_stored: options.AsStored = False,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Write nothing, and exit with 1, if anything would be lost.")
    ] = False,
    checksum: Annotated[
        bool, typer.Option("--checksum", help="Write DEST.CHECKSUM, too (one that is there is always renewed).")
    ] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name every path that loses something.")] = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Convert a package into another format.

    What raco pkg install finds in SRC, it finds in DEST: content of collects/ moves up when it leaves a .plt, and an
    info.rkt is added where Racket would add one. What DEST cannot hold (header fields, permissions, times, links) is
    reported. A .plt written anew as a .plt keeps everything.

    \b
    pltpack convert games.plt games.zip
    pltpack convert games.tgz games/
    pltpack convert old-raw.plt fresh.plt
    """
    if format is not None and format not in get_args(Format):
        usage_error(f"--format is one of {', '.join(get_args(Format))}, not {format}")
    with readable(source) as opened, progress(f"Converting {shown(source)}", quiet=quiet) as watch:

        def run(*, dry_run: bool) -> Conversion:
            return convert_package(
                opened,
                dest,
                format=cast("Format | None", format),
                name=name,
                view="stored" if as_stored else "package",
                checksum=checksum,
                dry_run=dry_run,
                limits=limits,
                progress=watch,
            )

        conversion = run(dry_run=dry_run or lossless)
        refused = lossless and not conversion.lossless
        if lossless and not refused and not dry_run:
            conversion = run(dry_run=False)
    if json:
        print_json(_json(conversion, source, dest, written=not (dry_run or refused)))
    elif not quiet:
        for line in _lines(conversion, shown(source), dest, verbose=verbose):
            write_line(line)
    if refused:
        complain(f"{dest}: not written, as it would lose something")
        raise typer.Exit(DIFFERENT)


def _lines(conversion: Conversion, source: str, dest: str, *, verbose: bool) -> Iterator[str]:
    amount = amounts(conversion.files, conversion.directories, conversion.links, conversion.content_bytes)
    yield f"{source} ({conversion.source_format}) -> {dest} ({conversion.format}): {amount}"
    for path in conversion.added:
        yield (
            f"added: {path}, as raco pkg install would add it"
            if conversion.source_format == "plt"
            else (f"added: {path}, which says that the package has none")
        )
    for path in conversion.dropped:
        yield f"dropped: {path}, which says no more than none would"
    for loss in conversion.losses:
        yield f"lost: {_loss(loss, verbose=verbose)}"
    for note in conversion.notes:
        yield f"note: {note}"


def _loss(loss: Loss, *, verbose: bool) -> str:
    if loss.kind == "header":
        return f"header {loss.field}: {loss.detail}"
    paths = loss.paths if verbose else loss.paths[:_SHOWN_PATHS]
    more = f" and {counted(len(loss.paths) - len(paths), 'other')}" if len(paths) < len(loss.paths) else ""
    return f"{loss.kind} of {', '.join(paths)}{more}: {loss.detail}"


def _json(conversion: Conversion, source: str, dest: str, *, written: bool) -> dict[str, Json]:
    return document(
        "convert",
        source={"archive": source, "format": conversion.source_format},
        dest={"archive": dest, "format": conversion.format, "name": conversion.name},
        view=conversion.view,
        written=written,
        lossless=conversion.lossless,
        losses=[
            {"kind": loss.kind, "field": loss.field or None, "detail": loss.detail, "paths": list(loss.paths)}
            for loss in conversion.losses
        ],
        added=list(conversion.added),
        dropped=list(conversion.dropped),
        notes=list(conversion.notes),
        counts={
            "files": conversion.files,
            "directories": conversion.directories,
            "links": conversion.links,
            "bytes": conversion.content_bytes,
        },
    )
