"""A real ``raco pkg`` as the client of sites that were made here: over HTTP, as a directory, through SQLite."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.conversion.convert import convert
from pltpack.site.build import build_site, remove_packages
from pltpack.site.difference import compare_catalogs
from pltpack.site.snapshots import take_snapshot
from tests.oracle.catalog_client import RACKET, Client
from tests.oracle.conftest import Compared
from tests.servers import serving
from tests.site.test_asgi import served
from tests.site.test_nginx import NGINX, nginx
from tests.site.trees import package, small_site

pytestmark = pytest.mark.racket


NGINX_TOO = pytest.param(
    "nginx", marks=pytest.mark.skipif(NGINX is None and not os.environ.get("CI"), reason="nginx is not installed")
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return small_site(tmp_path)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path / "client")


@contextmanager
def address(site: Path, way: str) -> Iterator[str]:
    """The catalog of a site as a client names it."""
    if way == "http":
        with serving(site) as server:
            yield f"http://127.0.0.1:{server.port}/catalog/"
    elif way == "nginx":
        with nginx(site, site.parent) as port:
            yield f"http://127.0.0.1:{port}/catalog/"
    elif way == "asgi":
        with served(site) as port:
            yield f"http://127.0.0.1:{port}/catalog/"
    elif way == "directory":
        yield f"file://{site}/catalog/"
    else:
        catalog_writer(site / "all.sqlite").write(open_catalog(site / "catalog").records().values())
        yield f"file://{site}/all.sqlite"


@pytest.mark.parametrize("way", ["http", "asgi", NGINX_TOO, "directory", "sqlite"])
def test_installing_and_updating(site: Path, client: Client, tmp_path: Path, way: str, compared: Compared) -> None:
    with address(site, way) as catalog:
        done = client.install(catalog, "pear")
        assert done.returncode == 0, done.stderr
        first = client.installed()
        records = open_catalog(site / "catalog")
        assert first == {name: records[name].checksum for name in ("apple", "pear")}
        assert client.loads("apple")
        build_site(site, [package(tmp_path / "src", "apple", {"new.rkt": "#lang racket/base\n"})])
        if way == "sqlite":
            catalog_writer(site / "all.sqlite").write(open_catalog(site / "catalog").records().values())
        update = client.raco("update", "--catalog", catalog, "--scope", "user", "--no-setup", "--batch", "--all")
        assert update.returncode == 0, update.stderr
        assert client.installed() == {name: records[name].checksum for name in ("apple", "pear")} != first
        assert client.loads("apple/new")
    compared(5)


def test_a_tombstone_lets_others_be_updated(site: Path, client: Client, compared: Compared) -> None:
    with address(site, "http") as catalog:
        assert client.install(catalog, "pear").returncode == 0
        arguments = ("update", "--catalog", catalog, "--scope", "user", "--no-setup", "--batch", "--all")
        remove_packages(site, ["apple"])
        assert client.raco(*arguments).returncode == 0
        remove_packages(site, ["apple"], forget=True)
        assert client.raco(*arguments).returncode != 0, "this is what the tombstone is for"
    compared(2)


def test_a_pinned_snapshot_stays(site: Path, client: Client, tmp_path: Path, compared: Compared) -> None:
    then = open_catalog(site / "catalog")["apple"].checksum
    stamp = take_snapshot(site).stamp
    build_site(site, [package(tmp_path / "src", "apple", {"new.rkt": ""})])
    with serving(site) as server:
        done = client.install(f"http://127.0.0.1:{server.port}/snapshots/{stamp}/catalog/", "apple")
    assert done.returncode == 0, done.stderr
    assert client.installed() == {"apple": then}
    compared(1)


@pytest.mark.parametrize("way", ["asgi", NGINX_TOO])
def test_showing_and_copying(site: Path, client: Client, tmp_path: Path, compared: Compared, way: str) -> None:
    with address(site, way) as catalog:
        shown = client.raco("catalog-show", "--catalog", catalog, "--all", "--modules")
        assert shown.returncode == 0, shown.stderr
        assert "Package name: apple" in shown.stdout
        assert "apple/main" in shown.stdout
        for target in ("copied", "copied.sqlite"):
            assert client.raco("catalog-copy", catalog, str(tmp_path / target)).returncode == 0
    ours = open_catalog(site / "catalog").records()
    copied = open_catalog(tmp_path / "copied").records()
    assert not [change for change in compare_catalogs(ours, copied).changed if set(change.fields) - {"source"}]
    assert open_catalog(tmp_path / "copied.sqlite").records().keys() == ours.keys()
    compared(4)


def test_modules_are_those_that_racket_finds(tmp_path: Path, compared: Compared) -> None:
    source = package(
        tmp_path / "src",
        "kit",
        {"kit/a.rkt": "#lang racket/base\n", "kit/b c.rkt": "", "kit/d.ss": "", "top.rkt": "", "other/x.scrbl": ""},
        info="#lang info\n(define collection 'multi)\n",
    )
    build_site(tmp_path / "site", [source])
    paths = f'(pkg-directory->module-paths "{source}" "kit")'
    program = f'(require pkg/lib) (write (sort {paths} string<? #:key (lambda (m) (format "~s" m))))'
    command = [RACKET, "-l", "racket/base", "-e", program]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    record = open_catalog(tmp_path / "site/catalog")["kit"]
    from pltpack.datum.writer import write_datum

    assert write_datum(list(record.modules)) == theirs
    compared(len(record.modules))


def test_old_archives_as_they_are_and_rescued(client: Client, tmp_path: Path, compared: Compared) -> None:
    """A multi-collection ``.plt`` installs as it is; one that today's Racket refuses is served as a zip."""
    source = package(
        tmp_path / "src", "kit", {"kit/x.rkt": "#lang racket/base\n"}, info="#lang info\n(define collection 'multi)\n"
    )
    convert(source, tmp_path / "kit.plt")
    from pltpack.archive import create_archive
    from pltpack.codec.header import Header

    with create_archive(
        tmp_path / "old.plt", Header("old", requires=((("mzscheme",), (200,)),), collections=(("old",),))
    ) as writer:
        writer.add_file(("collects", "old", "x.rkt"), b"#lang racket/base\n", 18)
    build_site(tmp_path / "site", [tmp_path / "kit.plt", tmp_path / "old.plt"])
    formats = {path.suffix for path in (tmp_path / "site").glob("pkgs/*/*/*") if path.suffix != ".CHECKSUM"}
    assert formats == {".plt", ".zip"}
    with serving(tmp_path / "site") as server:
        done = client.install(f"http://127.0.0.1:{server.port}/catalog/", "kit", "old")
        assert done.returncode == 0, done.stderr
    assert client.loads("kit/x")
    assert client.loads("old/x")
    build_site(tmp_path / "other", [tmp_path / "old.plt"], plt_as="plt")
    refused = Client(tmp_path / "refused").install(f"file://{tmp_path}/other/catalog/", "old")
    assert refused.returncode != 0
    compared(4)


ARCHIVES = sorted((Path(__file__).parents[3] / "shared" / "archives").glob("*.plt"))


@pytest.fixture(scope="module")
def rescued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One site that serves all archives of the corpus."""
    site = tmp_path_factory.mktemp("rescued") / "site"
    report = build_site(site, [f"{named(path)}={path}" for path in ARCHIVES])
    assert [failed.item.origin for failed in report.failed] == [
        str(path) for path in ARCHIVES if not path.stat().st_size
    ]
    return site


def named(path: Path) -> str:
    return re.sub(r"[^\w-]", "-", path.stem)


@pytest.mark.parametrize("path", [path for path in ARCHIVES if path.stat().st_size], ids=lambda path: path.stem)
def test_archives_of_old_install_today(rescued: Path, client: Client, path: Path, compared: Compared) -> None:
    done = client.install(f"file://{rescued}/catalog/", named(path), auto="--force")
    assert client.installed().keys() == {named(path)}, done.stderr
    compared(1)
