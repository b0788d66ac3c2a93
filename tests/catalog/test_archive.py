"""Mirrors: what is in them, what a second run does, and that nothing is ever half there."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.catalog.archive import ArchiveOptions, archive_catalog
from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.catalog.mirror import Mirror
from pltpack.catalog.record import Record
from pltpack.catalog.selection import Platform, Selection, closure
from pltpack.datum.values import Datum, Keyword, Regexp, Symbol
from pltpack.errors import BusyError, FetchError, UnknownPackageError, UnsafePathError
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.transport import NetworkPolicy
from tests.catalog.scenarios import packed, sha1
from tests.servers import Route, Server, serving

QUICK = NetworkPolicy(pause=0, timeout=5)


def members(name: str, needed: str = "", **files: str) -> dict[str, str]:
    return {
        "info.rkt": f'#lang info\n(define collection "{name}")\n(define deps \'({needed}))\n',
        "main.rkt": "#lang racket/base\n",
        **files,
    }


class Site:
    """A catalog and its archives, behind a server."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server = folder, server
        self.records: dict[str, Record] = {}

    def put(self, name: str, content: dict[str, str], suffix: str = ".zip", **fields: Datum) -> None:
        data = packed(f"{name}{suffix}", content)
        (self.folder / "pkgs").mkdir(exist_ok=True)
        (self.folder / "pkgs" / f"{name}{suffix}").write_bytes(data)
        self.records[name] = Record.of(name, {"checksum": sha1(data), "source": f"../pkgs/{name}{suffix}", **fields})
        catalog_writer(self.folder / "catalog").write(self.records.values())

    @property
    def url(self) -> str:
        return f"{self.server.url}catalog/"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    with serving(tmp_path / "site") as server:
        made = Site(tmp_path / "site", server)
        made.put("a", members("a", '"b"'), dependencies=[["b"]], modules=[[Symbol("lib"), "a/wrong.rkt"]], ring=1)
        made.put("b", members("b", '("w" #:platform windows)'), ".tgz")
        made.put("w", members("w"))
        yield made


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    with Fetcher(cache=Cache(tmp_path / "cache"), policy=QUICK) as made:
        yield made


def mirror(site: Site, fetcher: Fetcher, place: Path, **options: Any) -> Any:
    records = open_catalog(site.url, transport=fetcher.transport).records()
    return archive_catalog(records, place, fetcher, ArchiveOptions(relative=True, **options))


def test_what_is_in_a_mirror(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    made = mirror(site, fetcher, tmp_path / "m")
    found = open_catalog(tmp_path / "m" / "catalog", absolute=False).records()
    assert list(found) == ["a", "b", "w"] == [package.name for package in made.packages]
    for name, record in found.items():
        data = (tmp_path / "m" / "pkgs" / f"{name}.zip").read_bytes()
        assert record.checksum == sha1(data) == (tmp_path / "m" / "pkgs" / f"{name}.zip.CHECKSUM").read_text()
        assert record.source == f"../pkgs/{sha1(data)}/{name}.zip"
        assert (tmp_path / "m" / "pkgs" / sha1(data) / f"{name}.zip").read_bytes() == data
    assert found["a"].modules == ([Symbol("lib"), "a/main.rkt"],), "as the archive says, not the catalog"
    assert found["b"].dependencies[0].platform == Symbol("windows")
    assert (found["a"].ring, found["b"].ring) == (1, None)
    (note,) = [note for package in made.packages for note in package.notes]
    assert note == "the catalog says other modules than the package has"


def test_equal_content_gives_equal_archives(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    """Whatever the format, whenever it was packed."""
    site.put("same", members("x"), ".tgz")
    mirror(site, fetcher, tmp_path / "one", selection=Selection(include=("same",)))
    site.put("same", members("x"), ".zip")
    mirror(site, fetcher, tmp_path / "two", selection=Selection(include=("same",)))
    assert (tmp_path / "one" / "pkgs" / "same.zip").read_bytes() == (
        tmp_path / "two" / "pkgs" / "same.zip"
    ).read_bytes()


def test_a_second_run_with_state_fetches_nothing(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    state = tmp_path / "s.sqlite"
    mirror(site, fetcher, tmp_path / "m", state=state)
    other = Fetcher(cache=Cache(tmp_path / "other"), policy=QUICK)
    site.server.log.clear()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "m").rglob("*.zip")}
    made = mirror(site, other, tmp_path / "m", state=state)
    assert all(package.kept for package in made.packages)
    assert site.server.log == ["GET /catalog/pkgs-all -> 200"]
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "m").rglob("*.zip")}
    site.put("w", members("w", new="1"))
    site.server.log.clear()
    made = mirror(site, other, tmp_path / "m", state=state)
    assert [package.name for package in made.packages if not package.kept] == ["w"]
    assert site.server.log == ["GET /catalog/pkgs-all -> 200", "GET /pkgs/w.zip -> 200"]
    other.close()


def test_durable_archives_are_on_the_disk_before_the_catalog_names_them(
    site: Site, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[tuple[int, bool]] = []
    catalog = tmp_path / "m" / "catalog" / "pkgs-all"
    monkeypatch.setattr("os.sync", lambda: there.append((len([*(tmp_path / "m").rglob("*.zip")]), catalog.exists())))
    mirror(site, fetcher, tmp_path / "m", durable=True)
    assert there[0] == (3, False)
    assert there[-1][1]


@pytest.mark.parametrize("damage", ["zip", "CHECKSUM", "gone"])
def test_state_does_not_hide_damage(damage: str, site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    mirror(site, fetcher, tmp_path / "m", state=tmp_path / "s.sqlite")
    (folder,) = {path.parent for path in (tmp_path / "m" / "pkgs").glob("*/w.zip")}
    file = folder / ("w.zip.CHECKSUM" if damage == "CHECKSUM" else "w.zip")
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"damaged")
    made = mirror(site, fetcher, tmp_path / "m", state=tmp_path / "s.sqlite")
    assert [package.name for package in made.packages if not package.kept] == ["w"]
    assert sha1((folder / "w.zip").read_bytes()) == folder.name


def test_an_old_archive_stays_for_one_more_run(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    mirror(site, fetcher, tmp_path / "m")
    old = open_catalog(tmp_path / "m" / "catalog")["w"].checksum or ""
    site.put("w", members("w", new="1"))
    mirror(site, fetcher, tmp_path / "m")
    assert (tmp_path / "m" / "pkgs" / old / "w.zip").exists()
    mirror(site, fetcher, tmp_path / "m")
    assert not (tmp_path / "m" / "pkgs" / old).exists()


def test_vanished_packages_go_and_other_files_stay(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    mirror(site, fetcher, tmp_path / "m")
    (tmp_path / "m" / "pkgs" / "notes.txt").write_text("mine")
    made = mirror(site, fetcher, tmp_path / "m", selection=Selection(exclude=frozenset({"w"})))
    assert made.removed == ("w.zip", "w.zip.CHECKSUM")
    assert not (tmp_path / "m" / "pkgs" / "w.zip").exists()
    assert (tmp_path / "m" / "pkgs" / "notes.txt").exists()


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_catalog_of_another_host_names_no_file_of_this_one(
    scheme: str, site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    (tmp_path / "secret.zip").write_bytes(packed("secret.zip", members("secret")))
    source = f"{scheme}{tmp_path}/secret.zip"
    catalog_writer(site.folder / "catalog").write([Record.of("a", {"source": source})])
    with pytest.raises(UnsafePathError, match="names a file of this one"):
        mirror(site, fetcher, tmp_path / "m")
    assert not (tmp_path / "m" / "catalog").exists()
    with Fetcher(cache=Cache(tmp_path / "cache"), policy=QUICK, local=True) as allowed:
        records = open_catalog(site.url, transport=allowed.transport).records()
        archive_catalog(records, tmp_path / "m", allowed)
    assert (tmp_path / "m" / "pkgs" / "a.zip").exists()


@pytest.mark.parametrize("failing", ["skip", "continue"])
def test_failed_packages_are_left_out(failing: str, site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    mirror(site, fetcher, tmp_path / "m", state=tmp_path / "s.sqlite")
    site.put("w", members("w", new="1"))
    site.server.routes["/pkgs/w.zip"] = Route(403)
    made = mirror(site, fetcher, tmp_path / "m", failing=failing, state=tmp_path / "s.sqlite")
    assert isinstance(made.failed["w"], FetchError)
    assert list(open_catalog(tmp_path / "m" / "catalog").records()) == ["a", "b"]
    assert "w" not in open_catalog(tmp_path / "s.sqlite")
    assert not (tmp_path / "m" / "pkgs" / "w.zip").exists()


def test_with_fail_the_old_mirror_stays(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    mirror(site, fetcher, tmp_path / "m")
    before = (tmp_path / "m" / "catalog" / "pkgs-all").read_bytes()
    site.put("b", members("b", new="1"))
    site.server.routes["/pkgs/b.zip"] = Route(404)
    with pytest.raises(FetchError, match="entry b"):
        mirror(site, fetcher, tmp_path / "m")
    assert (tmp_path / "m" / "catalog" / "pkgs-all").read_bytes() == before
    assert not list((tmp_path / "m" / "pkgs").glob(".staging-*"))


def test_unsafe_archives_fail(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    site.put("bad", {"../../evil.rkt": "1", "info.rkt": "#lang info\n"})
    made = mirror(site, fetcher, tmp_path / "m", failing="skip")
    assert isinstance(made.failed["bad"], UnsafePathError)
    assert not list(tmp_path.rglob("evil.rkt"))


def test_one_at_a_time(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    with Mirror(tmp_path / "m").turn(), pytest.raises(BusyError, match="another process"):
        mirror(site, fetcher, tmp_path / "m")


def test_a_dry_run_writes_nothing(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    made = mirror(site, fetcher, tmp_path / "m", dry_run=True)
    assert [package.name for package in made.packages] == ["a", "b", "w"]
    assert not (tmp_path / "m").exists()
    assert site.server.log == ["GET /catalog/pkgs-all -> 200"]


NEEDED: dict[str, list[Datum]] = {
    "a": ["b", ["mac", Keyword("platform"), Symbol("macosx")]],
    "b": [["c", Keyword("platform"), Regexp("linux")], ["racket"]],
    "c": ["a", "missing"],
    "mac": [],
    "racket": [],
    "other": [],
}
RECORDS = {name: Record.of(name, {"dependencies": needed}) for name, needed in NEEDED.items()}


class TestSelection:
    @pytest.mark.parametrize(
        ("selection", "expected"),
        [
            (Selection(), {"a", "b", "c", "mac", "other"}),
            (Selection(exclude=frozenset({"a"})), {"b", "c", "mac", "other"}),
            (Selection(include=("a",)), {"a"}),
            (Selection(include=("a",), dependencies=True), {"a", "b", "c", "mac"}),
            (Selection(include=("a",), dependencies=True, exclude=frozenset({"b"})), {"a", "mac"}),
            (Selection(include=("a",), dependencies=True, platform=Platform("unix", "x86_64-linux")), {"a", "b", "c"}),
            (Selection(include=("a",), dependencies=True, platform=Platform("macosx", "aarch64")), {"a", "b", "mac"}),
            (Selection(include=("racket", "other")), {"other"}),
        ],
    )
    def test_closures(self, selection: Selection, expected: set[str]) -> None:
        assert closure(RECORDS, selection) == expected

    def test_unknown_names(self) -> None:
        with pytest.raises(UnknownPackageError, match="did you mean other"):
            Selection(include=("othr",)).check(RECORDS)
        Selection(include=("othr",), allow_missing=True).check(RECORDS)

    def test_dependencies_by_the_archives(self, site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
        """The catalog says nothing of what b needs; its archive does."""
        some = Selection(include=("a",), dependencies=True)
        by_catalog = mirror(site, fetcher, tmp_path / "one", selection=some)
        by_archive = mirror(site, fetcher, tmp_path / "two", selection=some, deps_from="archive")
        assert [package.name for package in by_catalog.packages] == ["a", "b"]
        assert [package.name for package in by_archive.packages] == ["a", "b", "w"]


def test_every_request_fails_once(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    seen: set[str] = set()

    def answer(path: str, _headers: object) -> Route | None:
        if path in seen:
            return None
        seen.add(path)
        return Route(503)

    site.server.answering = answer
    made = mirror(site, fetcher, tmp_path / "m")
    assert [package.name for package in made.packages] == ["a", "b", "w"]


VICTIM = """
import sys
from pathlib import Path
from pltpack.catalog.archive import ArchiveOptions, archive_catalog
from pltpack.catalog.locations import open_catalog
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
folder = Path(sys.argv[1])
records = open_catalog(folder / "site" / "catalog").records()
fetcher = Fetcher(cache=Cache(folder / "cache"))
print("ready", flush=True)
options = ArchiveOptions(relative=True, state=folder / "s.sqlite", jobs=4)
archive_catalog(records, folder / "m", fetcher, options, watch=lambda one: print(one.name, flush=True))
print("done", flush=True)
sys.stdin.read()
"""

STEPS = ("ready", "p0", "p3", "p5", "done")


def is_consistent(place: Path) -> bool:
    """Whether whoever reads the catalog now can have everything that it names."""
    if not (place / "catalog" / "pkgs-all").exists():
        return True
    listed = open_catalog(place / "catalog", absolute=False)
    for records in (listed.records(), {name: listed[name] for name in listed}):
        for record in records.values():
            file = place / "catalog" / (record.source or "")
            if not file.exists() or hashlib.sha1(file.read_bytes()).hexdigest() != record.checksum:
                return False
    return True


def test_kills_leave_a_mirror_that_can_be_used(tmp_path: Path) -> None:
    """Killed at every step, with other packages each time: the mirror is the old one or the new one."""
    (tmp_path / "site").mkdir()
    with serving(tmp_path / "site") as server:
        made = Site(tmp_path / "site", server)
        for number, step in enumerate((*STEPS, *STEPS)):
            for package in range(6):
                made.put(f"p{package}", members(f"p{package}", **{f"n{number}.rkt": "1"}))
            with subprocess.Popen(
                [sys.executable, "-c", VICTIM, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as victim:
                assert victim.stdout is not None
                for line in victim.stdout:
                    if line.strip() == step:
                        break
                victim.send_signal(signal.SIGKILL)
                victim.communicate()
            assert is_consistent(tmp_path / "m"), step
        with Fetcher(cache=Cache(tmp_path / "cache")) as fetcher:
            records = open_catalog(tmp_path / "site" / "catalog").records()
            archive_catalog(records, tmp_path / "m", fetcher, ArchiveOptions(relative=True))
    assert is_consistent(tmp_path / "m")
    assert not list((tmp_path / "m" / "pkgs").glob(".staging-*"))
    assert len(open_catalog(tmp_path / "m" / "catalog")) == 6
