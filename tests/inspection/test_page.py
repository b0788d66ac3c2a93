"""The page, the picture on it, and the tree."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.inspection.members import Member
from pltpack.inspection.pages.archive import page
from pltpack.inspection.pages.kinds import KINDS, OTHERS, kind_of
from pltpack.inspection.pages.treemap import Box, squarify, treemap
from pltpack.inspection.summary import Summary, summarise
from pltpack.inspection.tree import tree, tree_lines
from pltpack.inspection.verify import verify
from pltpack.visible import visible
from tests.trees import archive, file, folder

VOID = {"meta", "rect", "br", "input"}


class Checker(HTMLParser):
    """Reads a page strictly: every tag closed, in order; gathers texts, attributes and tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update((name, value or "") for name, value in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update((name, value or "") for name, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    return checker


EVIL = "<script>alert(1)</script>\"'&\x1b\u202e</title></style><img src=x onerror=alert(1)>"


def test_everything_from_the_archive_is_escaped() -> None:
    data = archive(folder(EVIL), file(EVIL, EVIL, data=b"x" * 100), file(f"x.{EVIL}", data=b"x" * 100))
    text = page(summarise(io.BytesIO(data)), EVIL)
    checker = check(text)
    plain = check(page(summarise(io.BytesIO(archive(folder("a"), file("a", "b", data=b"x" * 100)))), "x"))
    assert checker.tags == plain.tags
    assert {name for name, _ in checker.attributes} == {name for name, _ in plain.attributes}
    assert not any(name.startswith("on") for name, _ in checker.attributes)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_loads_nothing() -> None:
    text = page(summarise(io.BytesIO(archive(file("a", data=b"x")))), "x")
    checker = check(text)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & checker.tags
    # The one script is the one that the policy names, by its digest.
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert not {name for name, _ in checker.attributes} & {"src", "href", "action"}
    assert "url(" not in text
    assert "http:" not in text
    assert "default-src 'none'" in text


def test_the_page_says_what_is_in_the_archive() -> None:
    summary = summarise(io.BytesIO(archive(folder("kit"), file("kit", "main.rkt", data=b"x" * 1234))))
    text = " ".join(check(page(summary, "games/kit.plt")).text)
    for expected in ("kit.plt", "main.rkt", "1,234 bytes", "raw SHA-256", "1 file, 1 directory"):
        assert expected in text


def test_what_verification_found_is_on_the_page() -> None:
    data = archive(file("..", EVIL), file("a", data=b"x"))
    report = verify(io.BytesIO(data))
    text = page(summarise(io.BytesIO(data)), "x", report=report)
    assert "Findings" in check(text).text
    assert '<b class="unsafe-level">unsafe</b>' in text
    assert "<script>alert" not in text
    report.findings.clear()
    assert "Nothing is wrong." in page(summarise(io.BytesIO(data)), "x", report=report)


def test_a_kind_has_the_same_colour_on_every_page() -> None:
    assert kind_of("a.rkt") is kind_of("b.SS")
    assert kind_of("a.scrbl") is not kind_of("a.rkt")
    assert kind_of("Makefile") is OTHERS
    colours = [kind.colour for kind in (*KINDS, OTHERS)]
    assert len(set(colours)) == len(colours)
    for colour in colours:  # dark text (#1c1e21) on it can be read: a contrast of 7 and more
        assert contrast(colour, "#1c1e21") > 7


def contrast(one: str, other: str) -> float:
    """As the WCAG define it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_damaged_archive_has_a_page_that_says_so() -> None:
    summary = summarise(io.BytesIO(archive(file("a", data=b"x"), b"junk ")))
    assert summary.damage is not None
    assert "The archive is damaged" in page(summary, "x")


def test_a_huge_archive_has_a_page_of_bounded_size() -> None:
    summary = Summary("x", "zip", [Member(f"d{n % 100}/f{n}", "file", n) for n in range(60_000)])
    text = page(summary, "x")
    check(text)
    assert "The first 20,000 entries are shown" in text
    assert len(text) < 8_000_000


@settings(max_examples=100)
@given(
    sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=60), width=st.floats(1, 2000), height=st.floats(1, 2000)
)
def test_rectangles_fill_the_picture_and_do_not_overlap(sizes: list[int], width: float, height: float) -> None:
    sizes.sort(reverse=True)
    boxes = squarify(sizes, Box(0, 0, width, height))
    total = sum(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(size / total * width * height, rel=1e-6)
        assert box.x >= -1e-6
        assert box.x + box.width <= width * (1 + 1e-6)
        assert box.y >= -1e-6
        assert box.y + box.height <= height * (1 + 1e-6)
    slack = 1e-6 * max(width, height)
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            apart = (
                one.x + one.width <= other.x + slack
                or other.x + other.width <= one.x + slack
                or one.y + one.height <= other.y + slack
                or other.y + other.height <= one.y + slack
            )
            assert apart


def test_tiles_lie_in_the_tiles_of_their_directories() -> None:
    members = [Member(f"a/{n}/{m}", "file", 100 * (n + m + 1)) for n in range(5) for m in range(5)]
    tiles = {tile.path: tile for tile in treemap(tree(members), 1000, 500)}
    assert len(tiles) == 31
    for path, tile in tiles.items():
        above = tiles.get(path.rpartition("/")[0])
        if above is not None:
            assert above.box.x <= tile.box.x
            assert tile.box.y + tile.box.height <= above.box.y + above.box.height + 1e-6


def test_a_tree_adds_up() -> None:
    members = [
        Member("a", "directory"), Member("a/x", "file", 3), Member("a/b/y", "file", 4), Member("a/x", "file", 5),
        Member("l", "link", target="a"),
    ]  # fmt: skip
    root = tree(members, "top")
    assert (root.size, root.files) == (9, 2)
    drawing = [branches + node.name for branches, node in tree_lines(root)]
    assert drawing == ["├── a", "│   ├── b", "│   │   └── y", "│   └── x", "└── l"]


def test_a_tree_deeper_than_the_stack_of_python() -> None:
    members = [Member("", "file", 7, elements=("d",) * 5000)]
    root = tree(members)
    assert sum(1 for _ in tree_lines(root)) == 5000
    check(page(Summary("x", "plt", members), "x"))


@given(st.text())
def test_what_is_visible_is_harmless(text: str) -> None:
    assert all(character.isprintable() or character == " " or ord(character) > 127 for character in visible(text))
    assert visible(visible(text)) == visible(text)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_draws_it(tmp_path: Path) -> None:
    summary = summarise(
        io.BytesIO(archive(folder("kit"), *(file("kit", f"{n}.rkt", data=b"x" * n * 99) for n in range(40))))
    )
    place = tmp_path / "page.html"
    place.write_text(page(summary, "kit.plt"), "utf-8")
    run = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", place.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert run.stdout.count("<rect") == 2 * 40
    # A browser that refused a style or loaded something would have said so.
    assert "CONSOLE" not in run.stderr
