"""``pltpack show``: everything that an archive says of itself, and what is in it."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pltpack.codec.limits import Limits
from pltpack.inspection.facts import facts
from pltpack.inspection.summary import summarise

from .. import options, racket_options
from ..console import print_json, write_line
from ..inputs import readable, shown
from ..limits import limited
from ..progress import progress
from .documents import summary_json

_WIDTH: Final = 15


@limited
def show(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="A .plt, zip, tgz, tar or directory; - is stdin.")],
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page with header, tree and a map of sizes.")
    ] = None,
    digests: Annotated[bool, typer.Option("--digests", help="Take the SHA-256 of every file, for --json.")] = False,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Show everything that an archive says of itself.

    Its header, where it would be installed and as which package, its encoding, counts and digests.

    \b
    pltpack show games.plt                  for people
    pltpack show games.plt --json           for programs (docs/json.md)
    pltpack show games.plt --html page.html for the browser
    """
    with readable(archive) as source, progress(f"Reading {shown(archive)}", quiet=quiet) as watch:
        summary = summarise(source, digests="members" if digests else "archive", limits=limits, progress=watch)
    places = package = None
    if archive != "-" and summary.damage is None:
        from pltpack.inspection.package import view_package

        package = view_package(archive, limits=limits)
    if summary.plt is not None:
        from pltpack.inspection.places import places as find_places
        from pltpack.racket.installation import Installation

        places = find_places(summary, Installation.discover(racket=racket, version=racket_version))
    if html is not None:
        from pltpack.inspection.page import page

        _write_page(html, page(summary, shown(archive), places, package))
    if json:
        print_json(summary_json(summary, archive, places, package))
    elif html is None and not quiet:
        for label, text in facts(summary, shown(archive), places, package):
            if label != "damage":  # that is an error, told on standard error
                write_line(f"{label + ':' if label else '':{_WIDTH}}{text}".rstrip())
    if summary.damage is not None:
        raise summary.damage


def _write_page(path: str, text: str) -> None:
    from pltpack.transaction.file import replacing

    with replacing(path) as stream:
        stream.write(text.encode())
