"""The feed of updates (Atom, RFC 4287)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from pltpack.site.enrich import Fields, by_name, strings

_ATOM: Final = "http://www.w3.org/2005/Atom"
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LATEST: Final = 253402300799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Where the feed says it is, with the meanings of the catalog server's keys of these names.

    ``package_url`` is the address of a package's page, with ``{name}`` for the package; relative ones are taken from
    where the feed is.
    """

    self_link: str = "atom.xml"
    link: str = "./"
    id: str = "urn:pltpack:catalog"
    package_url: str = "package/{name}/"
    title: str = "Racket Package Updates"


def feed(records: Mapping[str, Fields], settings: FeedSettings, *, most: int = 100) -> bytes:
    """The feed: an entry for each of the ``most`` packages that were updated last, the latest first.

    Characters that XML does not have are left out, and authors' addresses are not given away.
    """
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _child(root, "title", settings.title)
    _child(root, "link", href=settings.self_link, rel="self")
    _child(root, "link", href=settings.link)
    latest = sorted(records.items(), key=lambda item: (-_updated(item[1]), by_name(item[0])))
    _child(root, "updated", _moment(_updated(latest[0][1]) if latest else 0))
    _child(root, "id", settings.id)
    for name, fields in latest[:most]:
        root.append(_entry(name, fields, settings))
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(name: str, fields: Fields, settings: FeedSettings) -> ElementTree.Element:
    entry = ElementTree.Element(f"{{{_ATOM}}}entry")
    page, moment = settings.package_url.replace("{name}", name), _moment(_updated(fields))
    _child(entry, "title", name, type="html")
    _child(entry, "link", href=page)
    _child(entry, "updated", moment)
    author = _child(entry, "author")
    authors = strings(fields.get("authors"))
    _child(author, "name", authors[0] if authors else "nobody")
    _child(entry, "id", page if ":" in page else f"{settings.id}:{name}")
    _child(entry, "content", "".join(_content(name, fields, moment)), type="html")
    return entry


def _content(name: str, fields: Fields, moment: str) -> Iterator[str]:
    checksum, description = fields.get("checksum"), fields.get("description")
    yield f"<div><p>{html.escape(name, quote=False)} package updated on {moment}.</p>"
    yield f"<p>Checksum: {html.escape(checksum if isinstance(checksum, str) else '', quote=False)}</p>"
    yield f"<p>{html.escape(description if isinstance(description, str) else '', quote=False)}</p></div>"


def _child(parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}", {k: _clean(v) for k, v in attributes.items()})
    child.text = None if text is None else _clean(text)
    return child


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _updated(fields: Fields) -> int:
    seconds = fields.get("last-updated")
    return min(max(seconds, 0), _LATEST) if type(seconds) is int else 0


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
