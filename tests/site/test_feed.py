"""The feed of updates."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pltpack.site.enrich import Fields, enrich
from pltpack.site.pages.feed import FeedSettings, feed

ATOM = "{http://www.w3.org/2005/Atom}"
CONFIG = json.loads((Path(__file__).parents[2] / "fixtures/site/golden.json").read_text("utf-8"))["config"]
SETTINGS = FeedSettings(
    self_link=CONFIG["atom-self-link"],
    link=CONFIG["atom-link"],
    id=CONFIG["atom-id"],
    package_url=CONFIG["atom-package-url-format-string"].replace("~a", "{name}"),
)


def record(updated: int, description: str = "", author: str = "") -> Fields:
    return {
        "author": author, "source": "x.zip", "checksum": "0" * 40, "description": description, "last-updated": updated
    }  # fmt: skip


def test_the_latest_come_first_with_the_original_s_keys() -> None:
    records = enrich(
        {
            "beta": record(1700000050),
            "Zeta": record(1700000000),
            "alpha": record(1700000000, "All & <every>", "a@x.org"),
        },
        {},
        now=0,
    )
    root = ElementTree.fromstring(feed(records, SETTINGS))
    assert [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")] == ["beta", "alpha", "Zeta"]
    assert root.findtext(f"{ATOM}id") == "urn:example:catalog"
    assert root.findtext(f"{ATOM}updated") == "2023-11-14T22:14:10Z"
    assert [link.attrib for link in root.findall(f"{ATOM}link")] == [
        {"href": "https://pkgs.example.org/atom.xml", "rel": "self"},
        {"href": "https://pkgs.example.org/"},
    ]
    alpha = root.findall(f"{ATOM}entry")[1]
    assert alpha.findtext(f"{ATOM}id") == "https://pkgs.example.org/package/alpha"
    assert alpha.findtext(f"{ATOM}content") == (
        "<div><p>alpha package updated on 2023-11-14T22:13:20Z.</p>"
        f"<p>Checksum: {'0' * 40}</p><p>All &amp; &lt;every&gt;</p></div>"
    )
    assert "x.org" not in feed(records, SETTINGS).decode()


def test_only_so_many_are_told() -> None:
    records = enrich({f"p{number}": record(number) for number in range(30)}, {}, now=0)
    root = ElementTree.fromstring(feed(records, SETTINGS, most=7))
    assert [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")] == [
        f"p{n}" for n in range(29, 22, -1)
    ]


@given(st.text(), st.text(), st.integers())
def test_it_is_xml_whatever_the_records_hold(description: str, author: str, updated: int) -> None:
    records = enrich({"x": record(updated, description, author)}, {}, now=0)
    root = ElementTree.fromstring(feed(records, FeedSettings()))
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "x"


def test_an_empty_catalog_has_a_feed() -> None:
    assert ElementTree.fromstring(feed({}, SETTINGS)).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
