"""Packages that stay elsewhere: repositories and URLs in a catalog."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.datum.writer import write_datum
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.pkg.create import create_package
from pltpack.site.build import build_site
from pltpack.site.checks.check import check_catalog
from pltpack.site.state import read_states
from tests.servers import Server, serving
from tests.site.trees import package


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "www").mkdir()
    with serving(tmp_path / "www") as server:
        yield server


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    with Fetcher(cache=Cache(tmp_path / "cache")) as fetcher:
        yield fetcher


def test_an_archive_at_a_url(tmp_path: Path, server: Server, fetcher: Fetcher) -> None:
    made = create_package(package(tmp_path / "src", "fig", {"README.md": "# Figs\n"}), dest=tmp_path / "www")
    url = f"http://127.0.0.1:{server.port}/fig.zip"
    report = build_site(tmp_path / "site", [url], fetcher=fetcher)
    assert (report.added, report.failed) == (["fig"], [])
    record = open_catalog(tmp_path / "site/catalog")["fig"]
    assert (record.source, record.checksum) == (url, made.checksum)
    assert [write_datum(module) for module in record.modules] == ['(lib "fig/main.rkt")']
    assert not (tmp_path / "site/pkgs").exists(), "it stays where it is"
    assert "Figs" in (tmp_path / "site/package/fig/index.html").read_text()
    assert check_catalog(tmp_path / "site").findings == ()

    server.log.clear()
    assert build_site(tmp_path / "site", [url], fetcher=fetcher).unchanged == ["fig"]
    assert not [line for line in server.log if line.startswith("GET /fig.zip ")], "only its checksum was asked for"
    (tmp_path / "site/package/fig/index.html").unlink()
    build_site(tmp_path / "site")
    assert "Figs" in (tmp_path / "site/package/fig/index.html").read_text(), "its content is known"

    create_package(package(tmp_path / "src", "fig", {"new.rkt": ""}), dest=tmp_path / "www")
    assert build_site(tmp_path / "site", [url], fetcher=fetcher).updated == ["fig"]
    assert open_catalog(tmp_path / "site/catalog")["fig"].checksum != made.checksum

    vendored = build_site(tmp_path / "site", [url], fetcher=fetcher, vendor=True)
    assert vendored.updated == ["fig"]
    source = open_catalog(tmp_path / "site/catalog", absolute=False)["fig"].source
    assert source is not None
    assert source.startswith("../pkgs/")
    assert (tmp_path / "site/catalog" / source).is_file()


def test_a_repository(tmp_path: Path, fetcher: Fetcher) -> None:
    folder = package(tmp_path / "src", "plum")
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    source = f"git+file://{folder}"
    assert build_site(tmp_path / "site", [f"plum={source}"], fetcher=fetcher).added == ["plum"]
    record = open_catalog(tmp_path / "site/catalog")["plum"]
    assert (record.source, record.checksum) == (source, commit)
    assert build_site(tmp_path / "site", [f"plum={source}"], fetcher=fetcher).unchanged == ["plum"]


def test_what_cannot_be_had_leaves_the_others(tmp_path: Path, server: Server, fetcher: Fetcher) -> None:
    url = f"http://127.0.0.1:{server.port}/none.zip"
    report = build_site(tmp_path / "site", [url, package(tmp_path / "src", "fig")], fetcher=fetcher)
    assert report.added == ["fig"]
    assert [(failed.item.name, failed.item.origin) for failed in report.failed] == [("none", url)]


def test_passwords_are_not_put_down(tmp_path: Path, server: Server, fetcher: Fetcher) -> None:
    create_package(package(tmp_path / "src", "fig"), dest=tmp_path / "www")
    build_site(tmp_path / "site", [f"http://ann:secret@127.0.0.1:{server.port}/fig.zip"], fetcher=fetcher)
    assert read_states(tmp_path / "site")["fig"].source == f"http://127.0.0.1:{server.port}/fig.zip"
    for path in (tmp_path / "site").rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes(), path
