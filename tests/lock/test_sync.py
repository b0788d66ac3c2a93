"""Scopes become what a lock says: exactly that, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.errors import BlockedError, ChecksumError, FetchError, PltError
from pltpack.fetch.cache import Cache
from pltpack.fetch.tree import tree_digest
from pltpack.lock import placing
from pltpack.lock.installed import lock_installed
from pltpack.lock.make import Ways, make_lock
from pltpack.lock.placing import LinkMode
from pltpack.lock.stamp import is_current, lock_key
from pltpack.lock.sync import Synced, SyncOptions, sync_lock
from pltpack.lock.values import Lock
from pltpack.lock.write import lock_text, write_lock
from pltpack.scope.access import Access
from pltpack.scope.plan.asked import Asking, wishes_of
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope, open_scope
from tests.lock.projects import Project, repository, versions
from tests.scope.scopes import is_whole
from tests.servers import serving


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def scope_of(project: Project, *, offline: bool = False) -> Scope:
    return open_scope(
        "user", installation=project.installation(), access=project.access(offline=offline), lock_timeout=5
    )


def synced(project: Project, lock: Lock, options: SyncOptions = SyncOptions(), *, offline: bool = False) -> Synced:
    with scope_of(project, offline=offline) as scope:
        return sync_lock(scope, lock, project.game, options)


def installed(project: Project) -> dict[str, str]:
    """The versions of the packages in the scope, and whether the scope is whole."""
    with scope_of(project) as scope:
        assert is_whole(scope)
        return {name: package.facts.version for name, package in scope.packages.items()}


def picture(project: Project) -> dict[str, tuple[int, bytes]]:
    """The files of the scope with their permissions, without the lock and the trash."""
    with scope_of(project) as scope:
        top = scope.places.packages.parent
    found = {}
    for place, names, leaves in os.walk(top):
        names[:] = [name for name in names if name != ".trash"]
        for leaf in leaves:
            path = Path(place, leaf)
            if not leaf.startswith(".LOCK"):
                found[str(path.relative_to(top))] = (path.stat().st_mode, path.read_bytes())
    return found


def kinds(result: Synced) -> list[tuple[str, str]]:
    return [(step.kind, step.name) for step in result.plan.steps]


# exactly that


def test_the_scope_is_the_lock(project: Project) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    project.publish("dice")
    assert kinds(synced(project, project.lock("games", "dice"))) == [
        ("install", "cards"),
        ("install", "dice"),
        ("install", "games"),
    ]
    with scope_of(project) as scope:
        assert {name: package.record.auto for name, package in scope.packages.items()} == {
            "cards": True,
            "dice": False,
            "games": False,
        }
    project.publish("cards", "2.0")
    lock = project.lock("games", "cards")
    assert kinds(synced(project, lock)) == [("replace", "cards"), ("remove", "dice")]
    assert installed(project) == {"cards": "2.0", "games": "1.0"}
    assert kinds(synced(project, lock)) == []
    assert kinds(synced(project, project.lock("games"))) == [("demote", "cards")]


def test_it_is_as_if_raco_pkg_had_installed_it(project: Project, tmp_path: Path) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    synced(project, project.lock("games"), SyncOptions(mode="copy"))
    ours = picture(project)
    shutil.rmtree(tmp_path / "home")
    (tmp_path / "home").mkdir()
    with scope_of(project) as scope:
        scope.apply(scope.plan(install=["games"], options=Options(deps="search-auto")))
    assert picture(project) == ours


def test_packages_that_no_sync_has_put_there_stay_unless_it_is_forced(project: Project) -> None:
    project.publish("games")
    project.publish("mine")
    with scope_of(project) as scope:
        scope.apply(scope.plan(install=["mine"]))
    lock = project.lock("games")
    with pytest.raises(BlockedError, match="not in the lock") as caught:
        synced(project, lock)
    assert caught.value.details == ("  mine",)
    assert installed(project) == {"mine": "1.0"}
    assert kinds(synced(project, lock, SyncOptions(force=True))) == [("install", "games"), ("remove", "mine")]


def test_a_package_that_somebody_has_deleted_is_put_there_again(project: Project) -> None:
    project.publish("games")
    lock = project.lock("games")
    synced(project, lock)
    with scope_of(project) as scope:
        shutil.rmtree(scope.places.packages / "games")
    assert kinds(synced(project, lock)) == [("replace", "games")]
    assert installed(project) == {"games": "1.0"}


def test_links_directories_and_repositories(project: Project) -> None:
    for name in ("linked", "copied"):
        (project.game / name).mkdir()
        (project.game / name / "main.rkt").write_text("#lang racket/base\n")
    url = f"git+file://{project.folder}/dice.git"
    repository(project.folder / "dice.git", {"main.rkt": "#lang racket/base\n", "run": "#!/bin/sh\n"})
    wishes = [
        *wishes_of([str(project.game / "linked")]),
        *wishes_of([str(project.game / "copied")], Asking(placing="copy")),
        *wishes_of([url], Asking(type="git-url", name="dice")),
    ]
    lock = make_lock(wishes, project.game, project.ways())
    synced(project, lock)
    with scope_of(project) as scope:
        places = scope.places.packages
        assert scope.packages["linked"].directory == project.game / "linked"
        assert os.access(places / "dice" / "run", os.X_OK)
        assert {name: package.record.origin.kind for name, package in scope.packages.items()} == {
            "copied": "dir",
            "dice": "git",
            "linked": "link",
        }
        assert tree_digest(places / "dice")[0] == next(lock.named("dice")).content
    assert kinds(synced(project, lock)) == []
    (project.game / "copied" / "more.rkt").write_text("#lang racket/base\n")
    later = make_lock(wishes, project.game, project.ways(), previous=lock, update=["copied"])
    assert kinds(synced(project, later)) == [("replace", "copied")]


def test_what_is_needed_and_not_there(project: Project) -> None:
    project.publish("games", "1.0", '"scribble-lib"')
    project.publish("scribble-lib")
    lock = project.lock("games")
    less = msgspec.structs.replace(lock, packages=tuple(lock.named("games")))
    with pytest.raises(BlockedError, match="what this Racket does not have"):
        synced(project, less)
    believed = msgspec.structs.replace(less, provided=("scribble-lib",))
    assert kinds(synced(project, believed)) == [("install", "games")]  # no Racket can be seen


def test_a_lock_for_another_racket(project: Project) -> None:
    project.publish("games", "1.0", '("win-lib" #:platform windows)')
    project.publish("win-lib")
    ways = Ways(project.installation(), project.access(), platforms=("win32/x86_64",))
    with pytest.raises(BlockedError, match=r"not for Racket 8\.7"):
        synced(project, make_lock(wishes_of(["games"]), project.game, ways))
    project.publish("dice")
    made = synced(project, make_lock(wishes_of(["dice"]), project.game, ways))  # which depends on no platform
    assert made.plan.warnings == ()


def test_a_lock_for_another_version_is_told(project: Project) -> None:
    project.publish("dice")
    lock = msgspec.structs.replace(project.lock("dice"), racket=("8.10",))
    (told,) = synced(project, lock).plan.warnings
    assert "made for Racket 8.10" in told
    assert "8.7" in told


# where content comes from


def test_a_warm_cache_is_enough(project: Project) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    lock = project.lock("games")
    for name in ("packages", "catalog"):
        shutil.rmtree(project.folder / name)
    synced(project, lock, offline=True)
    assert installed(project) == {"cards": "1.0", "games": "1.0"}


def test_packages_are_found_by_content_whatever_they_are_called(project: Project, tmp_path: Path) -> None:
    archive = project.publish("games")
    lock = project.lock("games")
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "shelf/deep").mkdir(parents=True)
    archive.rename(tmp_path / "shelf/deep/some-archive.zip")
    with pytest.raises((FetchError, OSError)):
        synced(project, lock)
    synced(project, lock, SyncOptions(places=(str(tmp_path / "shelf"),)), offline=True)
    assert installed(project) == {"games": "1.0"}


def test_a_mirror_has_what_moved(project: Project, tmp_path: Path) -> None:
    project.publish("games")
    with serving(tmp_path) as server:
        access = Access(catalogs=(f"{server.url}catalog/",), cache=tmp_path / "cache")
        sha1 = hashlib.sha1((tmp_path / "packages/games.zip").read_bytes()).hexdigest()
        record = f'#hash((source . "{server.url}packages/games.zip") (checksum . "{sha1}"))'
        (tmp_path / "catalog/pkg/games").write_text(record)
        lock = make_lock(wishes_of(["games"]), project.game, Ways(project.installation(), access))
    shutil.rmtree(tmp_path / "cache")
    with serving(tmp_path) as mirror:
        mirrored = record.replace(server.url, mirror.url)
        (tmp_path / "catalog/pkg/games").write_text(mirrored)
        synced(project, lock, SyncOptions(places=(f"{mirror.url}catalog/",)))
        assert mirror.log
    assert installed(project) == {"games": "1.0"}


def test_a_wrong_byte_is_refused_wherever_it_is(project: Project, tmp_path: Path) -> None:
    archive = project.publish("games")
    lock = project.lock("games")
    shutil.rmtree(tmp_path / "cache")
    data = bytearray(archive.read_bytes())
    data[-30] ^= 1
    archive.write_bytes(data)
    with pytest.raises((ChecksumError, PltError)):
        synced(project, lock)
    assert installed(project) == {}
    with pytest.raises((ChecksumError, PltError)):
        synced(project, lock, SyncOptions(places=(str(tmp_path / "packages"),)))
    assert installed(project) == {}


@pytest.mark.parametrize("mode", ["clone", "hardlink", "copy"])
def test_a_wrong_byte_in_the_cache_is_mended(project: Project, tmp_path: Path, mode: LinkMode) -> None:
    project.publish("games")
    lock = project.lock("games")
    (tree,) = (tmp_path / "cache/trees").glob("*/*")
    os.chmod(tree / "main.rkt", 0o644)
    (tree / "main.rkt").write_bytes(b"#lang racket/base\n(delete-everything)\n")
    os.chmod(tree / "main.rkt", 0o444)
    synced(project, lock, SyncOptions(mode=mode))
    with scope_of(project) as scope:
        there = (scope.places.packages / "games/main.rkt").read_bytes()
    assert b"delete" not in there


def test_offline_opens_no_socket(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.publish("games")
    with serving(tmp_path) as server:
        sha1 = hashlib.sha1((tmp_path / "packages/games.zip").read_bytes()).hexdigest()
        source = f"{server.url}packages/games.zip"
        (tmp_path / "catalog/pkg/games").write_text(f'#hash((source . "{source}") (checksum . "{sha1}"))')
        access = Access(catalogs=(f"{server.url}catalog/",), cache=tmp_path / "cache")
        lock = make_lock(wishes_of(["games"]), project.game, Ways(project.installation(), access))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    synced(project, lock, offline=True)
    assert installed(project) == {"games": "1.0"}
    shutil.rmtree(tmp_path / "cache")
    with scope_of(project) as scope:
        shutil.rmtree(scope.places.packages)
    with pytest.raises(FetchError, match="not in the cache"):
        synced(project, lock, offline=True)


# how files are shared


def built(project: Project) -> None:
    project.publish("games", **{"compiled/main_rkt.zo": "code", "compiled/main_rkt.dep": "dep", "doc/a.html": "x"})


def test_hard_links_are_closed_to_writing_and_never_where_a_compilation_writes(project: Project) -> None:
    built(project)
    synced(project, project.lock("games"), SyncOptions(mode="hardlink"))
    with scope_of(project) as scope:
        there = scope.places.packages / "games"
    links = {str(path.relative_to(there)): path.stat().st_nlink for path in there.rglob("*") if path.is_file()}
    assert links == {
        "compiled/main_rkt.dep": 1,
        "compiled/main_rkt.zo": 1,
        "doc/a.html": 1,
        "info.rkt": 2,
        "main.rkt": 2,
    }
    assert (there / "main.rkt").stat().st_mode & 0o222 == 0
    assert (there / "compiled/main_rkt.zo").stat().st_mode & 0o200


@pytest.mark.parametrize("mode", ["clone", "copy"])
def test_copies_are_files_of_their_own(project: Project, mode: LinkMode) -> None:
    built(project)
    synced(project, project.lock("games"), SyncOptions(mode=mode))
    with scope_of(project) as scope:
        there = scope.places.packages / "games"
    assert {path.stat().st_nlink for path in there.rglob("*") if path.is_file()} == {1}
    assert os.access(there / "main.rkt", os.W_OK)


def test_on_another_disk_files_are_copied(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "another disk")

    project.publish("games")
    lock = project.lock("games")
    monkeypatch.setattr(os, "link", elsewhere)
    with scope_of(project) as scope:
        placing.put(next((project.folder / "cache/trees").glob("*/*")), str(project.folder / "there"),
                    str(next(lock.named("games")).content), "hardlink")  # fmt: skip
        assert scope.packages == {}
    assert (project.folder / "there/main.rkt").stat().st_nlink == 1


def test_times_are_those_of_the_archive_in_every_mode(project: Project) -> None:
    built(project)
    lock = project.lock("games")
    modes: tuple[LinkMode, ...] = ("hardlink", "copy", "clone")
    times = []
    for mode in modes:
        shutil.rmtree(project.folder / "home")
        (project.folder / "home").mkdir()
        synced(project, lock, SyncOptions(mode=mode))
        with scope_of(project) as scope:
            there = scope.places.packages / "games"
        times.append({str(path.relative_to(there)): path.stat().st_mtime_ns for path in there.rglob("*")})
    assert times[0] == times[1] == times[2]


# whole or not at all


@pytest.mark.parametrize("at", ["put", "graft", "commit"])
def test_an_error_leaves_the_scope_as_it_was(project: Project, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    synced(project, project.lock("games"))
    before = picture(project)
    project.publish("games", "2.0", '"cards"')
    project.publish("cards", "2.0")
    lock = project.lock("games")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if at == "put":
        monkeypatch.setattr(placing, "_read", full)
    else:
        from pltpack.transaction.directory import DirectoryDestination

        monkeypatch.setattr(DirectoryDestination, at, full)
    with pytest.raises(OSError, match="No space"):
        synced(project, lock)
    monkeypatch.undo()
    assert picture(project) == before
    with scope_of(project) as scope:
        assert not [path for path in scope.places.packages.iterdir() if path.name.startswith(".pltpack")]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from pltpack.lock.read import read_lock
from pltpack.lock.sync import sync_lock
from tests.lock.projects import Project
from tests.lock.test_sync import scope_of
left = int(sys.argv[1])
def count(event, arguments):
    global left
    if event in ("os.rename", "os.link", "os.mkdir", "os.remove", "open"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
project = Project(Path(sys.argv[2]))
lock = read_lock(project.game / "racket.lock")
with scope_of(project) as scope:
    sys.addaudithook(count)
    sync_lock(scope, lock, project.game)
"""


def test_after_a_kill_everything_is_old_or_new(project: Project, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "HOME": str(tmp_path / "home")}
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    old = project.lock("games")
    project.publish("games", "2.0", '"cards"')
    project.publish("cards", "2.0")
    project.publish("dice", "2.0")
    new = project.lock("games", "dice")
    write_lock(new, project.game / "racket.lock")
    seen = set()
    for moment in (8, 30, 44, 56, 70, 1000):
        synced(project, old)
        run = subprocess.run(
            [sys.executable, "-c", KILLED.format(root=root), str(moment), str(tmp_path)],
            env=environ, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert run.returncode in (0, -9), run.stderr
        with scope_of(project) as scope:
            scope.plan(remove=[])  # whatever comes next takes back what is half done
        found = installed(project)
        assert found in (versions(old), versions(new))
        seen.add((run.returncode, tuple(found)))
    assert {code for code, _ in seen} == {0, -9}


# over at once


def test_nothing_is_read_where_nothing_can_have_changed(project: Project) -> None:
    project.publish("games")
    lock = project.lock("games")
    file = project.game / "racket.lock"
    write_lock(lock, file)
    key = lock_key(file, "8.7")
    with scope_of(project) as scope:
        assert not is_current(scope.places, key)
        sync_lock(scope, lock, project.game, key=key)
        assert is_current(scope.places, key)
        assert not is_current(scope.places, lock_key(file, "8.10"))
        project.publish("dice")
        scope.apply(scope.plan(install=["dice"]))
        assert not is_current(scope.places, key)
        assert kinds(sync_lock(scope, lock, project.game, key=key)) == [("remove", "dice")]
        assert is_current(scope.places, key)
        shutil.rmtree(scope.places.packages / "games")
        assert not is_current(scope.places, key)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lock": 1, "seen": 2, "contents": 3}', '{"contents": {"a": "b"}}'])
def test_a_stamp_that_is_none_is_no_stamp(project: Project, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(project.folder / "state"))
    project.publish("games")
    lock = project.lock("games")
    file = project.game / "racket.lock"
    write_lock(lock, file)
    with scope_of(project) as scope:
        sync_lock(scope, lock, project.game, key=lock_key(file))
        (stamp,) = (project.folder / "state/pltpack/synced").glob("*.json")
        assert json.loads(stamp.read_text())["contents"]
        stamp.write_text(text)
        assert not is_current(scope.places, lock_key(file))
        assert kinds(sync_lock(scope, lock, project.game)) == []


# properties


@st.composite
def catalogs(draw: st.DrawFn) -> list[dict[str, tuple[str, str]]]:
    """Two generations of a catalog: packages with versions, dependencies (in circles), platforms, implications."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, unique=True))
    generations = []
    for major in (1, 2):
        packages = {}
        for name in names:
            needed = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
            written = " ".join(
                draw(
                    st.sampled_from(
                        [f'"{one}"', f'("{one}" #:version "{major}.0")', f'("{one}" #:platform windows)',
                         f'("{one}" #:version "1.0" #:platform #rx"linux")']
                    )
                )
                for one in needed
            )  # fmt: skip
            implied = " ".join(f'"{one}"' for one in draw(st.lists(st.sampled_from(needed or [name]), unique=True)))
            implied = implied if needed else ""
            info = (
                f'#lang info\n(define version "{major}.{draw(st.integers(0, 3))}")\n'
                f"(define deps '({written}))\n(define implies '({implied}))\n"
            )
            packages[name] = (info, f'#lang racket/base\n"{name} {major}"\n')
        generations.append(packages)
    return generations


def without_time(lock: Lock) -> bytes:
    return re.sub(rb"^asked = .*$", b"", lock_text(lock), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def folders() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=12)
@given(generations=catalogs())
def test_locking_syncing_and_locking_again_are_fixed_points(
    folders: Path, generations: list[dict[str, tuple[str, str]]]
) -> None:
    folder = Path(tempfile.mkdtemp(dir=folders))
    project = Project(folder)
    first = sorted(generations[0])[0]
    lock: Lock | None = None
    for packages in generations:
        for name, (info, text) in packages.items():
            project.publish(name, **{"info.rkt": info, "main.rkt": text})
        lock = project.lock(first) if lock is None else project.again(lock, upgrade=True)
        assert lock_text(project.again(lock)) == lock_text(lock)
        synced(project, lock, SyncOptions(force=True))
        assert installed(project) == versions(lock)
        assert kinds(synced(project, lock)) == []
        with scope_of(project) as scope:
            assert without_time(lock_installed(scope, project.game, project.ways())) == without_time(lock)
    assert lock is not None
    assert without_time(project.lock(first)) == without_time(lock)
    shutil.rmtree(folder)


def test_two_machines_get_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for name, zone, language, mask in (("one", "UTC", "C", 0o022), ("another-place", "Asia/Tokyo", "C.UTF-8", 0o022)):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("LC_ALL", language)
        before = os.umask(mask)
        try:
            project = Project(tmp_path / name / "deeper"[: len(zone)])
            project.publish("games", "1.0", '"cards"')
            project.publish("cards")
            lock = project.lock("games")
            synced(project, lock)
            results.append((lock_text(lock), picture(project)))
        finally:
            os.umask(before)
    assert results[0] == results[1]


def test_content_that_is_used_by_its_digest_is_not_pruned(project: Project) -> None:
    project.publish("games")
    lock = project.lock("games")
    cache = Cache(project.folder / "cache")
    digest = str(next(lock.named("games")).content)
    for entry in list(cache.entries()):
        if entry.key[0] != "content":
            (cache.directory / "entries").joinpath(*Path(cache._entry_file(entry.key)).parts[-2:]).unlink()
    cache.prune(recent=0)
    assert cache.content("directory", digest) is not None
