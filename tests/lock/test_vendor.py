"""Folders that have everything, and layers of images."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import msgspec
import pytest

from pltpack import open_catalog
from pltpack.errors import CallError
from pltpack.fetch.tree import tree_digest
from pltpack.lock.make import Ways, make_lock
from pltpack.lock.places.image import layer_time, level, new_directories
from pltpack.lock.places.vendor import Vendored, vendor_lock
from pltpack.lock.read import read_lock
from pltpack.lock.sync import SyncOptions, sync_lock
from pltpack.lock.targets import open_fetcher
from pltpack.lock.values import Lock
from pltpack.racket.image import discover_in
from pltpack.scope.plan.asked import Asking, wishes_of
from pltpack.scope.scope import Scope
from pltpack.scope.state.places import places_of
from tests.lock.projects import Project, repository
from tests.lock.test_sync import installed, synced


def vendored(project: Project, lock: Lock, place: Path) -> Vendored:
    with open_fetcher(project.installation(), project.access()) as fetcher:
        return vendor_lock(lock, project.game, place, fetcher)


def test_a_folder_has_everything(tmp_path: Path) -> None:
    project = Project(tmp_path)
    archives = [project.publish("games", "1.0", '"cards"'), project.publish("cards")]
    lock = project.lock("games")
    vendored(project, lock, tmp_path / "vendor")
    for archive in archives:
        there = tmp_path / "vendor/pkgs" / archive.name
        assert there.read_bytes() == archive.read_bytes()
        sha1 = hashlib.sha1(archive.read_bytes()).hexdigest()
        assert Path(f"{there}.CHECKSUM").read_text() == sha1
    catalog = open_catalog(tmp_path / "vendor/catalog")
    assert catalog.names() == ["cards", "games"]
    assert catalog["games"].dependencies
    for name in ("packages", "catalog", "cache"):
        shutil.rmtree(tmp_path / name)
    synced(project, lock, SyncOptions(places=(str(tmp_path / "vendor"),)), offline=True)
    assert installed(project) == {"cards": "1.0", "games": "1.0"}


def test_the_lock_in_the_folder_is_the_same_seen_from_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.publish("games")
    vendored(project, project.lock("games"), tmp_path / "deep/er/vendor")
    there = read_lock(tmp_path / "deep/er/vendor/racket.lock")
    (games,) = there.packages
    assert (games.source, games.catalog) == ("../../../packages/games.zip", "../../../catalog")


def test_what_is_no_archive_becomes_one_with_the_same_content(tmp_path: Path) -> None:
    project = Project(tmp_path)
    url = f"git+file://{tmp_path}/dice.git"
    repository(tmp_path / "dice.git", {"main.rkt": "#lang racket/base\n", "run": "#!/bin/sh\n"})
    (project.game / "one/only").mkdir(parents=True)
    (project.game / "one/only/main.rkt").write_text("#lang racket/base\n")
    wishes = [
        *wishes_of([url], Asking(type="git-url", name="dice")),
        *wishes_of([str(project.game / "one")], Asking(placing="copy")),
    ]
    lock = make_lock(wishes, project.game, project.ways())
    result = vendored(project, lock, tmp_path / "vendor")
    assert [path.name for _, path in result.archives] == ["dice.tgz", "one.tgz"]
    first = [path.read_bytes() for _, path in result.archives]
    vendored(project, lock, tmp_path / "vendor")
    assert [path.read_bytes() for _, path in result.archives] == first
    for name in ("dice.git", "game/one", "cache"):
        shutil.rmtree(tmp_path / name)
    synced(project, lock, SyncOptions(places=(str(tmp_path / "vendor"),)), offline=True)
    assert installed(project) == {"dice": "0.0", "one": "0.0"}
    home = tmp_path / "home/.local/share/racket/8.7/pkgs"
    for block in lock.packages:
        assert tree_digest(home / block.name)[0] == block.content


def test_linked_packages_are_left_out(tmp_path: Path) -> None:
    project = Project(tmp_path)
    lock = project.lock(str(project.game))
    result = vendored(project, lock, tmp_path / "vendor")
    assert (result.archives, result.left_out) == ((), ("game",))


def test_what_a_later_lock_does_not_need_is_gone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("games", "cards"):
        project.publish(name)
    vendored(project, project.lock("games", "cards"), tmp_path / "vendor")
    (tmp_path / "vendor/mine").touch()
    vendored(project, project.lock("cards"), tmp_path / "vendor")
    assert sorted(path.name for path in (tmp_path / "vendor/pkgs").iterdir()) == ["cards.zip", "cards.zip.CHECKSUM"]
    assert (tmp_path / "vendor/mine").exists()


def test_two_versions_of_racket_in_one_folder(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.publish("games", "0.9")
    old = project.lock("games")
    (tmp_path / "old").mkdir()
    (tmp_path / "packages/games.zip").rename(tmp_path / "old/games.zip")
    project.publish("games", "1.0")
    ways = Ways(project.installation(), project.access(), racket=("8.10",), platforms=("x86_64-linux",))
    new = make_lock(wishes_of(["games"]), project.game, ways)
    both = msgspec.structs.replace(
        old,
        racket=("8.7", "8.10"),
        packages=(
            msgspec.structs.replace(old.packages[0], racket=("8.7",), source="../old/games.zip"),
            msgspec.structs.replace(new.packages[0], racket=("8.10",)),
        ),
    )
    result = vendored(project, both, tmp_path / "vendor")
    assert len({path for _, path in result.archives}) == 2
    record = open_catalog(tmp_path / "vendor/catalog")["games"]
    assert [record.for_version(version).checksum for version in ("8.7", "8.10")] == [
        old.packages[0].checksum,
        new.packages[0].checksum,
    ]


# layers


def layer(project: Project, lock: Lock, root: Path) -> bytes:
    """The tar archive of a layer: owners, permissions, times and content."""
    root.mkdir(parents=True)
    installation = discover_in(root, version="8.7", environ={})
    places = places_of(installation, "user")
    made = new_directories(root, places)
    with Scope(installation, places, access=project.access()) as scope:
        sync_lock(scope, lock, project.game, SyncOptions(mode="copy", trash=False, links=False))
    level(places, made, layer_time(lock.asked))
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, str(path.relative_to(root)), recursive=False)
    return sink.getvalue()


def test_two_layers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    project = Project(tmp_path)
    project.publish("games", "1.0", '"cards"')
    project.publish("cards", **{"compiled/main_rkt.zo": "code"})
    url = f"git+file://{tmp_path}/dice.git"
    repository(tmp_path / "dice.git", {"main.rkt": "#lang racket/base\n", "run": "#!/bin/sh\n"})
    wishes = [*wishes_of(["games"]), *wishes_of([url], Asking(type="git-url", name="dice"))]
    lock = make_lock(wishes, project.game, project.ways())
    one = layer(project, lock, tmp_path / "one")
    shutil.rmtree(tmp_path / "cache")
    before = os.umask(0o077)
    try:
        other = layer(project, lock, tmp_path / "elsewhere/two")
    finally:
        os.umask(before)
    assert hashlib.sha256(one).digest() == hashlib.sha256(other).digest()
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        members = archive.getmembers()
    assert {member.mtime for member in members} == {1700000000}
    assert {member.mode for member in members} == {0o755, 0o644}
    assert not [member.name for member in members if ".pltpack" in member.name]
    assert os.access(tmp_path / "one/root/.local/share/racket/8.7/pkgs/dice/run", os.X_OK)


def test_the_cache_stays_as_it_is(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.publish("games")
    lock = project.lock("games")
    (tree,) = (tmp_path / "cache/trees").glob("*/*")
    before = [(path, path.stat().st_mode, path.stat().st_mtime_ns) for path in sorted(tree.rglob("*"))]
    layer(project, lock, tmp_path / "image")
    assert [(path, path.stat().st_mode, path.stat().st_mtime_ns) for path in sorted(tree.rglob("*"))] == before


def test_the_time_of_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert layer_time("1970-01-01T00:00:10Z") == 10
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(CallError):
        layer_time("1970-01-01T00:00:10Z")


def test_only_what_was_made_belongs_to_the_layer(tmp_path: Path) -> None:
    (tmp_path / "image/root").mkdir(parents=True)
    places = places_of(discover_in(tmp_path / "image", version="8.7", environ={}), "user")
    new = new_directories(tmp_path / "image", places)
    assert tmp_path / "image/root" not in new
    assert tmp_path / "image/root/.local" in new
