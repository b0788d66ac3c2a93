"""``pltpack show``: everything that an archive says of itself, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pltpack.codec.encoding import EncodingFacts
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.inspection.summary import PltFacts, Summary, summarise

from . import options, racket_options
from .console import print_json, write_line
from .documents import summary_json
from .headers import config_lines, location
from .inputs import readable, shown
from .limits import limited
from .list import totals
from .listing import Json
from .progress import progress
from .wording import counted, moment

if TYPE_CHECKING:
    from pltpack.unpacker.locations import Locations

_WIDTH: Final = 15
_SYSTEMS: Final = {0: "FAT", 3: "Unix", 7: "Macintosh", 10: "NTFS", 11: "NTFS", 255: "an unknown system"}
_PLACES: Final = {"main": "the Racket installation", "user": "the user's add-ons", "local": "the current directory"}


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
    """Show what an archive says of itself: header, where it would be installed, encoding, digests, counts.

    \b
    pltpack show games.plt                  for people
    pltpack show games.plt --json           for programs (docs/json.md)
    pltpack show games.plt --html page.html for the browser
    """
    with readable(archive) as source, progress(f"Reading {shown(archive)}", quiet=quiet) as watch:
        summary = summarise(source, digests="members" if digests else "archive", limits=limits, progress=watch)
    places = _places(summary, racket, racket_version)
    if html is not None:
        _write_page(html, summary, shown(archive))
    if json:
        print_json(summary_json(summary, archive, dict(places) if places is not None else None))
    elif html is None or not quiet:
        for label, text in _facts(summary, shown(archive), places):
            write_line(f"{label + ':' if label else '':{_WIDTH}}{text}".rstrip())
    if summary.damage is not None:
        raise summary.damage


def _write_page(path: str, summary: Summary, name: str) -> None:
    from pltpack.inspection.page import page

    from pltpack.output import replacing

    with replacing(path) as stream:
        stream.write(page(summary, name).encode("utf-8", "replace"))


def _places(summary: Summary, racket: object, version: str | None) -> dict[str, Json] | None:
    """Where the entries would go: the mode, and the directory for each first element; ``None`` without a header."""
    header = None if summary.plt is None else summary.plt.header
    if header is None:
        return None
    places: dict[str, Json] = {"mode": location(header)}
    places.update(_directories(header, summary, racket, version))
    return places


def _directories(header: Header, summary: Summary, racket: object, version: str | None) -> dict[str, Json]:
    from pathlib import Path

    from pltpack.errors import PltError
    from pltpack.racket.installation import Installation
    from pltpack.unpacker.locations import HEADS, locate

    heads = {member.elements[0] for member in summary.members if member.elements}
    try:
        installation = Installation.discover(racket=racket if isinstance(racket, Path) else None, version=version)
        locations = locate(header, installation)
        found: dict[str, Json] = {"mode": locations.mode.value}
        for head in HEADS:
            if head in heads and header.plt_relative:
                found[head] = _root(locations, head)
        if not header.plt_relative or heads - set(HEADS):
            found["other"] = str(locations.base.path)
    except PltError as error:
        return {"problem": str(error)}
    return found


def _root(locations: Locations, head: str) -> str | None:
    placed = locations((head, "x"), file=True)
    return None if placed is None else str(placed[0].path)


def _facts(summary: Summary, name: str, places: dict[str, Json] | None) -> Iterator[tuple[str, str]]:
    """What there is to say, as labels and texts; an empty label goes on with the one above."""
    yield "archive", f"{name} ({summary.format})"
    if summary.size is not None:
        yield "size", counted(summary.size, "byte")
    if summary.plt is not None:
        yield from _plt_facts(summary.plt)
    if places is not None:
        yield from _place_facts(places)
    yield "content", totals(summary) if summary.damage is None else f"{totals(summary)} before the damage"
    for path, reason in summary.ignored:
        yield "passed over", f"{path}: {reason}"
    if summary.plt is not None and summary.plt.raw_sha256:
        yield "raw SHA-256", summary.plt.raw_sha256
    if summary.sha256 is not None and summary.sha1 is not None:
        yield "SHA-256", summary.sha256
        yield "SHA-1", summary.sha1
    if summary.sidecar is not None:
        yield "checksum file", f"{summary.sidecar.path} {summary.sidecar.problem or 'agrees'}"


def _plt_facts(plt: PltFacts) -> Iterator[tuple[str, str]]:
    header = plt.header
    if header is None:
        yield "header", f"of no known shape: {plt.header_problem}"
        for line in config_lines(plt.preamble):
            yield "", line
    else:
        yield "name", header.name
        for label, texts in (
            ("requires", [_requirement(path, version) for path, version in header.requires]),
            ("conflicts", ["/".join(path) for path in header.conflicts]),
            ("sets up", ["/".join(path) for path in header.collections]),
        ):
            yield label, ", ".join(texts) or "nothing"
    yield "encoding", ", ".join(_encoding(plt.encoding))


def _requirement(path: tuple[str, ...], version: tuple[object, ...]) -> str:
    return "/".join(path) + (f" {'.'.join(map(str, version))}" if version else "")


def _encoding(facts: EncodingFacts) -> Iterator[str]:
    yield {"base64+gzip": "base64 of gzip data", "gzip": "gzip data", "raw": "none"}[facts.layers]
    gzip = facts.gzip
    if gzip.seen:
        yield f"made on {_SYSTEMS.get(gzip.system, f'system {gzip.system}')}"
        yield f"at {moment(gzip.mtime)}" if gzip.mtime else "without a time"
        if gzip.name is not None:
            yield f"of a file called {gzip.name.decode('utf-8', 'replace')}"
        if gzip.crc is not None:
            yield f"CRC-32 {gzip.crc:08x}"
    yield f"{counted(facts.raw_bytes, 'byte')} inside"


def _place_facts(places: dict[str, Json]) -> Iterator[tuple[str, str]]:
    yield "goes to", _PLACES[str(places["mode"])]
    for head, directory in places.items():
        if head == "problem":
            yield "", f"(which one is not known: {directory})"
        elif head == "other":
            yield "", f"{directory}"
        elif head != "mode":
            yield "", f"{head}: {directory}"
