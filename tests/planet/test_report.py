"""The page about a rescue, and the picture in it."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pltpack.planet.index import index_planet
from pltpack.planet.report.graph import MOST, drawing, layout
from pltpack.planet.report.page import rescue_page, summary
from pltpack.planet.rescue.rescue import RescueOptions, rescue_planet
from pltpack.planet.rescue.rescued import Rescue
from tests.planet.corpus import put, repository

VOID = {"meta", "br", "rect", "path"}


class Checker(HTMLParser):
    """Sees to it that all elements are closed, and collects what is there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.add(value or "")
            if name == "href":
                assert (value or "").startswith("#")
                self.links.add((value or "")[1:])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    assert "script" not in checker.tags
    return checker


def test_a_page(tmp_path: Path) -> None:
    result = rescue_planet(repository(), tmp_path)
    checker = check("".join(rescue_page(result)))
    text = " ".join(checker.text)
    made = {package.target.name for package in result.made}
    assert made <= checker.ids
    assert checker.links <= made
    for expected in (
        "nobody/nothing 1", "cyd/a.b 1.0", "(planet ada/util:1:>=1)", "ada/util1/main", "minor-version",
        "bob/old-user1/user", "mzscheme in user.ss", "ada/util 1.0", "licence",
    ):  # fmt: skip
        assert expected in text, expected
    assert "svg" in checker.tags


def test_what_packages_hold_is_escaped(tmp_path: Path) -> None:
    evil = '<script>alert("1")</script>&amp;'
    info = f"#lang setup/infotab\n(define name {_quoted(evil)})\n(define blurb '({_quoted(evil)}))\n"
    code = f"(module main mzscheme (require (planet u/q:1)))\n;(planet {evil}\u202e\n"
    put(tmp_path / "in", "u/p", {"info.rkt": info, "main.ss": code, f"{evil.replace('/', '')}.ss": "(planet x/y)"})
    checker = check("".join(rescue_page(rescue_planet(index_planet(tmp_path / "in"), tmp_path / "out"))))
    assert any(evil in text for text in checker.text)
    assert not any("\u202e" in text for text in checker.text)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def test_nothing_to_show() -> None:
    checker = check("".join(rescue_page(Rescue())))
    assert "svg" not in checker.tags
    assert next(summary(Rescue())) == "0 packages made"


def test_the_picture_has_its_columns_right() -> None:
    boxes = {box.name: box for box in layout({"a": ["b", "c"], "b": ["c"], "c": [], "d": []}, frozenset({"c"}))}
    assert {name: box.column for name, box in boxes.items()} == {"a": 0, "b": 1, "c": 2}
    assert boxes["c"].missing


@pytest.mark.parametrize("seed", range(60))
def test_every_picture_can_be_drawn(seed: int) -> None:
    dice = random.Random(seed)
    graph: dict[str, list[str]] = {}
    for _ in range(dice.randrange(14)):
        graph.setdefault(dice.choice("abcdefgh"), []).append(dice.choice("abcdefghxy"))
    missing = frozenset(name for names in graph.values() for name in names if name not in graph)
    boxes = layout(graph, missing)
    assert len({(box.column, box.row) for box in boxes}) == len(boxes)
    check("".join(drawing(graph, missing)) or "<p></p>")


def test_too_many_packages_are_not_drawn(tmp_path: Path) -> None:
    for number in range(MOST + 2):
        put(
            tmp_path / "in", f"u/p{number}", {"main.ss": f"(module main mzscheme (require (planet u/p{number + 1}:1)))"}
        )
    result = rescue_planet(index_planet(tmp_path / "in"), tmp_path, options=RescueOptions(dry_run=True))
    checker = check("".join(rescue_page(result)))
    assert "svg" not in checker.tags
    assert any("too many to draw" in text for text in checker.text)
