"""The site of the documentation works from a folder: nothing is loaded from elsewhere, and the search answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two pages, built as ``mkdocs.yml`` says but for the pages that are made of the code."""
    place = tmp_path_factory.mktemp("site")
    docs = place / "docs"
    (docs / "sub").mkdir(parents=True)
    (docs / "index.md").write_text("# First\n\nA page about [quinces](sub/other.md).\n", "utf-8")
    (docs / "sub" / "other.md").write_text("# Second\n\n## Quinces\n\nThey are sour: `quince`.\n", "utf-8")
    shutil.copytree(ROOT / "docs" / "javascripts", docs / "javascripts")
    config = load_config(
        str(ROOT / "mkdocs.yml"),
        docs_dir=str(docs),
        site_dir=str(place / "site"),
        hooks=[],
        nav=[{"First": "index.md"}, {"Second": "sub/other.md"}],
        plugins=["search", "offline"],
    )
    build(config)
    return place / "site"


class Loaded(HTMLParser):
    """What a page loads, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "script" and "src" in given:
            self.scripts.append(given["src"])
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(given["href"])
        if tag in ("img", "iframe", "source"):
            self.loaded.append(given.get("src", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


PAGES = ["index.html", "sub/other.html"]


def loaded(page: Path) -> Loaded:
    found = Loaded()
    found.feed(page.read_text("utf-8"))
    return found


def test_the_settings_are_those_of_the_site() -> None:
    """What the small site leaves out is only what is made of the code."""
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    plugins = re.findall(r"^  - (\w+)", settings.partition("\nplugins:\n")[2].partition("\nmarkdown")[0], re.MULTILINE)
    assert plugins == ["search", "offline", "mkdocstrings"]


@pytest.mark.parametrize("page", PAGES)
def test_all_that_is_loaded_lies_beside(site: Path, page: str) -> None:
    found = loaded(site / page)
    assert found.scripts
    for place in (*found.scripts, *found.loaded):
        assert not re.match(r"[a-z]+:|/", place), place
        assert ((site / page).parent / place.partition("?")[0]).is_file()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(site: Path, page: str) -> None:
    inner = [link.partition("#")[0] for link in loaded(site / page).links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inner if link]
    for link in inner:
        assert not link or ((site / page).parent / link).is_file(), link


@pytest.mark.parametrize("page", PAGES)
def test_the_search_needs_no_server(site: Path, page: str) -> None:
    """A frame in the place of the worker is there before the script that asks for one, and the index is a script."""
    scripts = [place.rpartition("/")[2] for place in loaded(site / page).scripts]
    assert scripts[0] == "iframe-worker.js"
    assert scripts[-1].startswith("bundle.")
    index = (site / "search" / "search_index.js").read_text("utf-8")
    assert json.loads(index.removeprefix("var __index = ")) == json.loads(
        (site / "search" / "search_index.json").read_text("utf-8")
    )
    settings = re.search(r'<script id="__config"[^>]*>(.*?)</script>', (site / page).read_text("utf-8"))
    assert settings is not None
    assert ((site / page).parent / json.loads(settings[1])["search"]).is_file()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_a_browser_finds_it(site: Path, page: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", "--virtual-time-budget=20000",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"{(site / page).as_uri()}?q=quinces",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert re.search(r'<a href="[^"]*sub/other\.html[^"]*" class="md-search-result__link"', run.stdout)
    assert "CONSOLE" not in run.stderr
