"""Everything that is made from what a site knows: the catalog, JSON, the feed, the pages, in the order to publish them.

The order is safe for clients that read meanwhile: archives are there before the records that name them, ``pkg/NAME``
before the lists, and what people read comes last. Each file is made only when it is asked for, and what a package's
files are made from is told by a key, so that those of packages that have not changed are not made again.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from pltpack.catalog.directory_writer import list_files
from pltpack.catalog.record import Record
from pltpack.site.enrich import Fields, by_name
from pltpack.site.knowledge import Knowledge
from pltpack.site.layout import CATALOG, json_path, record_path, state_path
from pltpack.site.pages.feed import feed
from pltpack.site.pages.json_text import record_json
from pltpack.site.pages.pages import Pages
from pltpack.site.state import PackageState
from pltpack.site.write import Files

_IN_FEED: Final = 100


def site_files(site: Path, known: Knowledge, *, now: int, pages: Pages, changed: Collection[str]) -> Files:
    """Everything that is not as it should be in a site, states of ``changed`` packages first.

    Whether the files of a package are right is told by its key, which its page has in its head: all of them are
    written in one transaction. ``now`` (seconds since 1970) is for times that a record does not tell.
    """
    yield from state_files({name: known.states[name] for name in known.names if name in changed})
    stale = [name for name in known.names if not pages.is_right(site, name)]
    records = known.records(set(stale), now=now)
    if stale or not pages.are_right(site):
        texts = catalog_texts(records)
        yield from catalog_files(_all(known, texts, lambda name: f"{site}/{record_path(name)}"), made=texts)
        texts = json_texts(records)
        everything = _all(known, texts, lambda name: f"{site}/{json_path(name)}")
        yield from json_files(everything, known.config.site.notice, made=texts)
        yield from feed_file(known)
        yield from pages.contents()
        yield from pages.assets()
        for name in stale:
            yield pages.package(name, records[name])
        yield from pages.of_all()


def _all(known: Knowledge, made: Mapping[str, bytes], path: Callable[[str], str]) -> dict[str, bytes]:
    """The texts of all packages: those that were made now, and of the others what is in the site."""
    return {name: made[name] if name in made else _read(path(name)) for name in known.names}


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as stream:
        return stream.read()


def state_files(states: Mapping[str, PackageState]) -> Files:
    """What the site keeps of packages."""
    for name, state in states.items():
        yield state_path(name), state.encode()


def catalog_texts(records: Mapping[str, Fields]) -> dict[str, bytes]:
    """Records byte for byte as Racket's ``write`` would write them, by name."""
    return {name: Record.of(name, fields).write() for name, fields in records.items()}


def catalog_files(texts: Mapping[str, bytes], top: str = CATALOG, *, made: Mapping[str, bytes] | None = None) -> Files:
    """What ``raco pkg`` reads: the records, or those that were ``made`` now, then the lists of all of them."""
    for name, text in (texts if made is None else made).items():
        yield f"{top}/pkg/{name}", text
    for path, text in list_files(texts):
        yield f"{top}/{path}", text


def json_texts(records: Mapping[str, Fields]) -> dict[str, bytes]:
    """Records in the shapes of the JSON of Racket's package catalog, by name."""
    return {name: record_json(fields).encode() for name, fields in records.items()}


def json_files(texts: Mapping[str, bytes], notice: str, *, made: Mapping[str, bytes]) -> Files:
    """What programs read: under the names that Racket's package catalog has them; single records only if ``made``."""
    for name, text in made.items():
        yield json_path(name), text
    everything = b"{%b}" % b",".join(b"%b:%b" % (_string(name), texts[name]) for name in sorted(texts))
    yield "pkgs-all.json", everything
    # Neither name nor time are in it: the same records give the same bytes.
    yield "pkgs-all.json.gz", gzip.compress(everything, 6, mtime=0)
    yield "pkgs.json", b"[%b]" % b",".join(map(_string, texts))
    yield "notice.json", _string(notice)


def feed_file(known: Knowledge) -> Files:
    """The feed of updates."""
    latest = sorted(known.names, key=lambda name: (-known.states[name].updated, by_name(name)))[:_IN_FEED]
    yield "atom.xml", feed(known.records(latest), known.feed_settings(), most=_IN_FEED)


def _string(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()
