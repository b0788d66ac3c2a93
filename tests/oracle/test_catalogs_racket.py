"""Catalogs and mirrors against a real ``raco pkg``: it installs from what we made, and reads what we wrote."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.catalog.record import Record
from pltpack.datum.values import Keyword, Symbol, same_datum
from tests.catalog.scenarios import CASES, Folder, differences, packed, sha1
from tests.cli.conftest import Run, run
from tests.oracle.conftest import Compared
from tests.servers import Server, serving

__all__ = ["run"]

pytestmark = pytest.mark.racket

Raco = Callable[..., "subprocess.CompletedProcess[str]"]

NAMED: Final = {
    "installed-05": "--relative works",
    "archive-27": "--include and --exclude may be repeated",
}


@pytest.fixture
def folder(racket: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A folder for a case, with a real raco to prepare it."""
    del run  # which changes the directory once, and must have done so before
    with TemporaryDirectory(prefix="case-") as name, serving(Path(name)) as server:
        path = Path(name)
        monkeypatch.chdir(path)
        monkeypatch.setenv("PLTADDONDIR", str(path / "addon"))
        monkeypatch.setenv("PLTPACK_CACHE", str(path / "cache"))
        monkeypatch.setenv("HOME", str(path / "home"))
        raco = made(racket, path)
        yield Folder(path, server, lambda *arguments: succeeded(raco(*arguments)))
        monkeypatch.chdir("/")


def made(racket: str, home: Path) -> Raco:
    """A ``raco pkg`` with its own home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home / "home"), "PLTADDONDIR": str(home / "addon")}
    environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TMPDIR": "/tmp"}

    def raco(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(racket).with_name("raco")), "pkg", *map(str, arguments)]
        return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)

    return raco


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["id"]) for case in CASES if case["id"].startswith(("installed-", "archive-27"))],
)
def test_mirrors_of_installed_packages(case: Mapping[str, Any], folder: Folder, run: Run, compared: Compared) -> None:
    def as_racket(program: str, command: str, *arguments: str) -> Any:
        return run(program, command, "--as-racket", *arguments)

    found = list(differences(case, folder, as_racket))
    if case["id"] in NAMED:
        assert found == [] or NAMED[case["id"]]
    else:
        assert found == []
    compared(len(case["steps"]))


INSTALL: Final = ("--scope", "user", "--no-setup", "--batch", "--no-cache")


def site(folder: Path) -> None:
    """A catalog of packages in every format, each of which depends on the one before."""
    (folder / "site" / "pkgs").mkdir(parents=True)
    records = []
    below: list[str] = []
    for name, suffix in (("one", ".zip"), ("two", ".tgz"), ("three", ".zip")):
        needed = " ".join(f'"{each}"' for each in below)
        members = {
            "info.rkt": f'#lang info\n(define collection "{name}")\n(define deps \'({needed}))\n',
            "main.rkt": f'#lang racket/base\n(provide {name})\n(define {name} "{name}")\n',
        }
        data = packed(f"{name}{suffix}", members)
        (folder / "site" / "pkgs" / f"{name}{suffix}").write_bytes(data)
        fields: dict[str, Any] = {"checksum": sha1(data), "source": f"../pkgs/{name}{suffix}"}
        records.append(Record.of(name, {**fields, "dependencies": [[each] for each in below]}))
        below = [name]
    catalog_writer(folder / "site" / "catalog").write(records)


@pytest.mark.parametrize(
    ("over", "extra"),
    [("http", []), ("http", ["--as-racket"]), ("file", ["--include", "three", "--include-deps"])],
    ids=str,
)
def test_raco_installs_from_a_mirror_when_the_source_is_gone(
    over: str, extra: list[str], racket: str, run: Run, tmp_path: Path, compared: Compared
) -> None:
    site(tmp_path)
    with serving(tmp_path / "site") as source:
        ran = run("raco-pkg", "catalog-archive", "--relative", *extra, "mirror", f"{source.url}catalog/")
        assert (ran.code, ran.err) == (0, "")
    raco = made(racket, tmp_path)
    with serving(tmp_path / "mirror") as mirror:
        where = f"{mirror.url}catalog/" if over == "http" else f"file://{tmp_path}/mirror/catalog/"
        succeeded(raco("install", "--catalog", where, *INSTALL, "--auto", "three"))
        shown = succeeded(raco("show", "--all", "--long", "--full-checksum", "--scope", "user"))
        catalog = open_catalog(tmp_path / "mirror" / "catalog")
        for name in ("one", "two", "three"):
            assert (catalog[name].checksum or "nothing") in shown
        if over == "http":
            assert "GET /catalog/pkg/three?version=8.7 -> 200" in mirror.log
    compared(3)


def test_raco_reads_and_copies_what_we_write(racket: str, tmp_path: Path, compared: Compared) -> None:
    """Ours, through raco into the other kind, and back: the same data."""
    records = [
        Record.of(
            f"p{number}",
            {
                "author": "zoë@example.org",
                "checksum": f"{number:040x}",
                "dependencies": [["base"], ["v", Keyword("version"), "1.0", Keyword("platform"), Symbol("unix")]],
                "description": 'quotes " and \\ and λ',
                "modules": [[Symbol("lib"), f"p{number}/main.rkt"]],
                "name": f"p{number}",
                "ring": number % 3,
                "source": f"https://example.org/p{number}.zip",
                "tags": ["a", "größe"],
            },
        )
        for number in range(20)
    ]
    raco = made(racket, tmp_path)
    catalog_writer(tmp_path / "a").write(records)
    succeeded(raco("catalog-copy", tmp_path / "a", tmp_path / "b.sqlite"))
    catalog_writer(tmp_path / "c.sqlite").write(open_catalog(tmp_path / "b.sqlite").records().values())
    before = (tmp_path / "c.sqlite").read_bytes()
    succeeded(raco("catalog-copy", tmp_path / "c.sqlite", tmp_path / "d"))
    assert (tmp_path / "c.sqlite").read_bytes() == before, "raco need not change it"
    for place in ("b.sqlite", "c.sqlite", "d"):
        found = open_catalog(tmp_path / place).records()
        assert sorted(found) == sorted(record.name for record in records)
        assert all(same_datum(found[record.name].table, record.table) for record in records)
    assert (tmp_path / "a" / "pkgs-all").read_bytes() == (tmp_path / "d" / "pkgs-all").read_bytes()
    compared(3 * len(records))


def test_racket_and_we_share_its_download_cache(
    racket: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compared: Compared
) -> None:
    site(tmp_path)
    monkeypatch.setenv("PLTADDONDIR", str(tmp_path / "addon"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    raco = made(racket, tmp_path)
    with serving(tmp_path / "site") as server:
        where = f"{server.url}catalog/"
        ran = run("pltpack", "fetch", "--racket-cache", "--catalog", where, "one")
        assert ran.code == 0, ran.err
        server.log.clear()
        succeeded(raco("install", "--catalog", where, "--scope", "user", "--no-setup", "--batch", "one"))
        assert server.log == ["GET /catalog/pkg/one?version=8.7 -> 200"], "raco had it from its cache"
        succeeded(raco("install", "--catalog", where, "--scope", "user", "--no-setup", "--batch", "two"))
        server.log.clear()
        ran = run("pltpack", "fetch", "--catalog", where, "two")
        assert ran.code == 0, ran.err
        assert server.log == ["GET /catalog/pkg/two?version=8.7 -> 200"], "we had it from raco's cache"
    compared(2)


def test_a_client_in_a_loop_never_fails(racket: str, run: Run, tmp_path: Path, compared: Compared) -> None:
    """While the mirror is made anew, again and again, with other packages each time, raco installs from it."""
    site(tmp_path)
    assert run("raco-pkg", "catalog-archive", "--relative", "mirror", "site/catalog").code == 0
    failures: list[str] = []
    ended = threading.Event()
    installed = 0

    def client(server: Server) -> None:
        nonlocal installed
        raco = made(racket, tmp_path)
        while not ended.is_set() or not installed:
            done = raco("install", "--catalog", f"{server.url}catalog/", *INSTALL, "--auto", "two")
            if done.returncode:
                failures.append(done.stderr)
            installed += 1
            raco("remove", "--scope", "user", "--no-setup", "--batch", "--auto", "two")

    with serving(tmp_path / "mirror") as server:
        thread = threading.Thread(target=client, args=(server,))
        thread.start()
        try:
            for number in range(40):
                data = packed("one.zip", {"info.rkt": "#lang info\n", f"n{number}.rkt": "#lang racket/base\n"})
                (tmp_path / "site" / "pkgs" / "one.zip").write_bytes(data)
                records = open_catalog(tmp_path / "site" / "catalog", absolute=False).records()
                records["one"] = records["one"].updated({"checksum": sha1(data)})
                catalog_writer(tmp_path / "site" / "catalog").write(records.values())
                ran = run("raco-pkg", "catalog-archive", "-q", "--relative", "mirror", "site/catalog")
                assert ran.code == 0, ran.err
        finally:
            ended.set()
            thread.join()
    assert failures == []
    assert installed
    compared(installed)
