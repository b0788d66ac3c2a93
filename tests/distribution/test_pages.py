"""Pages of distribution sites: what they say, and that they say it safely."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from pltpack.distribution.config import DistributionConfig, read_distribution_config
from pltpack.distribution.listing import Past, listing, platform_of
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import record_installer, record_log
from pltpack.distribution.tables import Installer, Tables
from pltpack.errors import ConfigError
from pltpack.site.build import build_site
from tests.site.trees import package
from tests.trees import files_in

PAGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures/distribution/pages.json").read_text("utf-8")
)
CONFIGS: dict[str, str] = {
    "aliases": '[aliases]\nbase = "racket"\nalso = []\n',
    "help table": '[help]\nA = "Help on A"\nB = "Text help"\n',
}


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case["label"])
def test_lines_are_those_of_the_original(tmp_path: Path, case: dict[str, Any]) -> None:
    """But for sizes, which are told to the byte, and other names that no rule makes."""
    (tmp_path / "site.toml").write_text(CONFIGS.get(case["label"], ""))
    files = {text: f"racket-8.7-{number}.sh" for number, text in enumerate(case["descriptions"])}
    missing = [row for row in case["rows"] if row.get("missing")]
    above = "A | " if missing else ""
    past = {f"{above}{row['text']}": Past(row["last_success"][0][1], "x.sh") for row in missing}
    tables = Tables(files, {text: Installer(name, size=1) for text, name in files.items()}, version="8.7")
    config = read_distribution_config(tmp_path)
    current = case["label"] == "with current links"
    found = [
        {
            "kind": "group" if line.kind == "group" else "leaf",
            "level": line.depth,
            "text": line.text,
            "detail": line.detail,
            "help": line.help,
            "href": (line.href or "").rpartition("/")[2],
            "aliases": [name for name, _ in line.aliases],
            "missing": line.kind == "missing",
            "last_success": [[f"{line.past.stamp}/index.html", line.past.stamp]] if line.past else [],
        }
        for line in listing(tmp_path, tables, config, past=past, current=current)
    ]
    nothing = {"detail": "", "help": "", "href": "", "aliases": [], "missing": False, "last_success": []}
    expected = [{**nothing, **row} for row in case["rows"] if row["kind"] != "gap"]
    for row in expected:
        row.pop("size", None)
        row["href"] = row["href"].rpartition("/")[2]
        row["aliases"] = [] if case["label"] == "aliases" else row["aliases"]
    assert found == expected


@pytest.fixture
def site(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("racket-8.7-x86_64-linux-buster-cs.sh", "a b&'c.exe", "x.asc"):
        (source / name).write_bytes(b"data")
    top = tmp_path / "site"
    record_installer(
        top,
        source / "racket-8.7-x86_64-linux-buster-cs.sh",
        "{1} Racket | {2} Linux; <b>most</b>",
        signature=source / "x.asc",
        version="8.7",
    )
    record_installer(top, source / "a b&'c.exe", '{1} Racket | {1} "Windows" & <script>')
    record_log(top, source / "x.asc", "{1} Racket | {3} Mac")
    (top / "site.toml").write_text(
        '[site]\ntitle = "Ours & theirs"\nurl = "https://h/"\nnotice = "<i>soon</i>"\ndocs_url = "https://docs/"\n'
        '[aliases]\nsuffix = "buster"\nvm = "cs"\nalso = [{ suffix = "" }, { vm = "", suffix = "" }]\n'
    )
    return top


def test_a_page_shows_all_and_runs_nothing(site: Path) -> None:
    report = write_installer_page(site)
    page = (site / "index.html").read_text("utf-8")
    for text in ("Ours &amp; theirs", "&lt;i&gt;soon", "&lt;b&gt;most", "&lt;script&gt;", "https://docs/", "8.7"):
        assert text in page
    assert "<script>" not in page.replace('<script src="downloads.js"></script>', "")
    for line in report.lines:
        for text in filter(None, (line.text, line.sha256)):
            assert text in unescape(page)
        for address in filter(None, (line.href, line.signature, line.log)):
            assert f'href="{address}"' in page
    for address in re.findall(r'(?:href|src)="([^"#:]+)"', page):
        from urllib.parse import unquote

        assert (site / unquote(address)).exists(), address
    assert 'data-platform="linux x86_64"' in page
    assert "could not be made" in page
    assert (site / "installers/racket-8.7-x86_64-linux-cs.sh").read_bytes() == b"data"
    assert (site / "installers/racket-8.7-x86_64-linux.sh").is_symlink()
    sums = (site / "installers/SHA256SUMS").read_text()
    assert sums.count("\n") == 2
    assert "racket-8.7-x86_64-linux-buster-cs.sh" in (site / "README").read_text("utf-8")
    assert write_installer_page(site).written.paths == []


def test_links_that_lead_nowhere_any_more_go(site: Path) -> None:
    write_installer_page(site)
    (site / "site.toml").write_text("")
    (site / "installers/own.sh").symlink_to("a b&'c.exe")
    (site / "installers/racket-8.7-x86_64-linux-buster-cs.sh").unlink()
    write_installer_page(site)
    assert not (site / "installers/racket-8.7-x86_64-linux.sh").is_symlink()
    assert (site / "installers/own.sh").exists()


def test_a_dry_run_writes_nothing(site: Path) -> None:
    before = files_in(site)
    planned = write_installer_page(site, dry_run=True)
    assert files_in(site) == before
    assert planned.written.paths == write_installer_page(site).written.paths


def test_the_pages_of_installers_and_packages_stand_side_by_side(site: Path, tmp_path: Path) -> None:
    (site / "catalog.toml").write_text('[site]\nindex = "packages.html"\n')
    write_installer_page(site)
    build_site(site, [package(tmp_path, "apple")])
    write_installer_page(site)
    page = (site / "index.html").read_text("utf-8")
    assert 'href="packages.html"' in page
    assert "https://h/catalog/" in page
    assert "apple" in (site / "packages.html").read_text("utf-8")
    before = files_in(site)
    assert build_site(site).written.paths == []
    assert write_installer_page(site).written.paths == []
    assert files_in(site) == before
    (site / "catalog.toml").unlink()
    with pytest.raises(ConfigError, match="take the place"):
        write_installer_page(site)


def test_a_theme_goes_before_the_built_in_look(site: Path) -> None:
    (site / "mine").mkdir()
    (site / "mine/downloads.css").write_text("body { }")
    (site / "mine/base.html").write_text("<p>mine</p>{% block main %}{% endblock %}")
    (site / "catalog.toml").write_text('[site]\ntheme = "mine"\nindex = "packages.html"\n')
    write_installer_page(site)
    assert (site / "downloads.css").read_text() == "body { }"
    assert "<p>mine</p>" in (site / "index.html").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[site]\ntitel = 1\n", "titel"),
        ("[snapshots]\nkeep = -1\n", "keep"),
        ('[site]\nreadme = "../x"\n', "no file of the site"),
        ("[site", "not TOML"),
    ],
)
def test_settings_that_cannot_be_are_told_with_their_place(site: Path, text: str, message: str) -> None:
    (site / "site.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        write_installer_page(site)


def test_own_readme_and_no_installers(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("read me")
    (tmp_path / "site.toml").write_text('[site]\nreadme = "mine.txt"\n')
    write_installer_page(tmp_path)
    assert (tmp_path / "README").read_text() == "read me"
    assert "There are no installers yet" in (tmp_path / "index.html").read_text()
    assert read_distribution_config(tmp_path / "none") == DistributionConfig()


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("racket-8.7-i386-win32-cs.exe", "windows i386"),
        ("racket-8.7-aarch64-macosx-cs.dmg", "macosx aarch64"),
        ("racket-8.7-x86_64-linux-natipkg.tgz", "linux x86_64"),
        ("racket-8.7-src.tgz", ""),
        ("darwin x", ""),
    ],
)
def test_platforms_are_told_by_names(name: str, platform: str) -> None:
    assert platform_of(name) == platform
