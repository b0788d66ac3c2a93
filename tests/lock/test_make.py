"""Making locks: what is in them, and what stays when they are made again."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from pltpack.errors import BlockedError, ChecksumError, UnknownPackageError, UnsafePathError
from pltpack.fetch.tree import tree_digest
from pltpack.lock.make import Ways, make_lock
from pltpack.lock.read import parse_lock
from pltpack.lock.values import LockedDependency, Target
from pltpack.lock.write import lock_text
from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.plan.asked import Asking, wishes_of
from tests.lock.projects import Project, repository, versions
from tests.servers import serving


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_block_says_everything(project: Project, tmp_path: Path) -> None:
    info = (
        "#lang info\n(define version \"1.2\")\n(define collection 'multi)\n(define license '(Apache-2.0 OR MIT))\n"
        '(define deps \'("base" ("cards" #:version "1.0") ("win-lib" #:platform windows)))\n'
        '(define build-deps \'("cards"))\n(define implies \'("cards"))\n'
    )
    archive = project.publish("games", **{"info.rkt": info})
    project.publish("cards", "1.1")
    lock = project.lock("games")
    (games,) = lock.named("games")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unpacked")
    assert games.version == "1.2"
    assert (games.type, games.source, games.catalog) == ("file", "../packages/games.zip", "../catalog")
    assert games.checksum == hashlib.sha1(archive.read_bytes()).hexdigest()
    assert games.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert (games.content, games.size) == (tree_digest(tmp_path / "unpacked")[0], archive.stat().st_size)
    assert (games.license, games.collection) == ("Apache-2.0 OR MIT", None)
    assert games.dependencies == (
        LockedDependency("base"),
        LockedDependency("cards", "1.0"),
        LockedDependency("cards", build=True),
        LockedDependency("win-lib", platform="windows"),
    )
    assert games.implies == ("cards",)
    assert lock.provided == ("base",)
    assert lock.explicit == {"games"}
    assert lock.asked == "1970-01-01T00:00:00Z"


def test_what_was_locked_stays_until_it_is_to_be_updated(project: Project) -> None:
    project.publish("games", "1.0", '"cards" "dice"')
    for name in ("cards", "dice"):
        project.publish(name)
    lock = project.lock("games")
    for name in ("cards", "dice"):
        project.publish(name, "2.0")
    assert project.again(lock) == lock
    assert versions(project.again(lock, "cards")) == {"games": "1.0", "cards": "2.0", "dice": "1.0"}
    assert versions(project.again(lock, upgrade=True)) == {"games": "1.0", "cards": "2.0", "dice": "2.0"}


def test_what_is_implied_is_updated_with_a_package(project: Project) -> None:
    info = '#lang info\n(define version "{}")\n(define deps \'("cards" "dice"))\n(define implies \'("cards"))\n'
    project.publish("games", **{"info.rkt": info.format("1.0")})
    for name in ("cards", "dice"):
        project.publish(name)
    lock = project.lock("games")
    project.publish("games", **{"info.rkt": info.format("1.1")})
    for name in ("cards", "dice"):
        project.publish(name, "2.0")
    assert versions(project.again(lock, "games")) == {"games": "1.1", "cards": "2.0", "dice": "1.0"}


def test_what_stays_gives_way_where_something_new_needs_a_later_version(project: Project) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    lock = project.lock("games")
    project.publish("cards", "2.0")
    project.publish("games", "1.1", '("cards" #:version "2.0")')
    assert versions(project.again(lock, "games")) == {"games": "1.1", "cards": "2.0"}


def test_nothing_is_asked_where_everything_stays(project: Project) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards", "1.0", '"games"')
    lock = project.lock("games")
    for name in ("catalog", "packages", "cache"):
        shutil.rmtree(project.folder / name)
    project.told.clear()
    assert project.again(lock) == lock
    assert project.told == []


def test_a_lock_is_read_as_it_was_made(project: Project) -> None:
    project.publish("games", "1.0", '("cards" #:platform #rx"linux")')
    project.publish("cards")
    lock = project.lock("games")
    assert project.again(parse_lock(lock_text(lock))) == lock


def test_packages_for_one_platform_only(project: Project) -> None:
    project.publish("games", "1.0", '("win-lib" #:platform windows) ("mac-lib" #:platform "aarch64-macosx")')
    for name in ("win-lib", "mac-lib"):
        project.publish(name)
    ways = Ways(project.installation(), project.access(), platforms=("win32\\x86_64", "x86_64-linux", "aarch64-macosx"))
    lock = make_lock(wishes_of(["games"]), project.game, ways)
    names = {target.platform: set(lock.for_target(target)) for target in lock.targets}
    assert names == {
        "win32\\x86_64": {"games", "win-lib"},
        "x86_64-linux": {"games"},
        "aarch64-macosx": {"games", "mac-lib"},
    }
    assert [package.platforms for package in lock.packages] == [(), ("aarch64-macosx",), ("win32\\x86_64",)]
    assert project.again(lock) == lock


def test_two_versions_of_racket_whose_catalogs_differ(project: Project, tmp_path: Path) -> None:
    old = project.publish("games", "1.0")
    new = tmp_path / "new" / "games.zip"
    new.parent.mkdir()
    old.rename(new)
    project.publish("games", "0.9")
    sums = [hashlib.sha1(path.read_bytes()).hexdigest() for path in (old, new)]
    record = (
        f'#hash((source . "../packages/games.zip") (checksum . "{sums[0]}") (versions . #hash(("8.10" . '
        f'#hash((source . "../new/games.zip") (checksum . "{sums[1]}"))))))'
    )
    (tmp_path / "catalog/pkg/games").write_text(record)
    ways = Ways(project.installation(), project.access(), racket=("8.7", "8.10"))
    lock = make_lock(wishes_of(["games"]), project.game, ways)
    found = {target.racket: lock.for_target(target)["games"].version for target in lock.targets}
    assert found == {"8.7": "0.9", "8.10": "1.0"}
    assert project.again(lock) == lock


def test_what_is_here_counts_as_there_but_not_for_a_minimal_racket(project: Project) -> None:
    share = project.folder / "racket/share/pkgs"
    (share / "cards").mkdir(parents=True)
    (share / "cards/info.rkt").write_text('#lang info\n(define version "3.0")\n')
    (share / "pkgs.rktd").write_text('#hash(("cards" . #s(pkg-info (catalog "cards") #f #t)))')
    (project.folder / "racket/collects/racket").mkdir(parents=True)
    (project.folder / "racket/bin").mkdir()
    (project.folder / "racket/bin/racket").write_text("#!/bin/sh\n")
    (project.folder / "racket/bin/racket").chmod(0o755)
    project.publish("games", "1.0", '"base" "cards"')
    project.publish("cards")
    environ = {"HOME": str(project.folder / "home"), "PATH": ""}
    racket = project.folder / "racket"
    there = Installation.discover(racket=racket, version="8.7", config_dir=racket / "etc", environ=environ)
    lock = make_lock(wishes_of(["games"]), project.game, Ways(there, project.access()))
    assert (versions(lock), lock.provided) == ({"games": "1.0"}, ("base", "cards"))
    minimal = make_lock(wishes_of(["games"]), project.game, Ways(there, project.access(), minimal=True))
    assert (versions(minimal), minimal.provided) == ({"games": "1.0", "cards": "1.0"}, ("base",))
    for one in (lock, minimal):  # whatever is installed where it is made again
        assert versions(project.again(one)) == versions(one)
        assert project.again(one).provided == one.provided


def test_the_package_that_is_here_is_linked_and_its_dependencies_come_along(project: Project) -> None:
    project.publish("cards")
    (project.game / "info.rkt").write_text('#lang info\n(define deps \'("base" "cards"))\n')
    lock = make_lock(wishes_of([str(project.game)]), project.game, project.ways())
    (game,) = lock.named("game")
    assert (game.type, game.source, game.content) == ("link", ".", None)
    assert lock.explicit == {"game"}
    (project.game / "info.rkt").write_text("#lang info\n(define deps '())\n")
    assert versions(project.again(lock)) == {"game": "0.0"}


def test_a_directory_that_is_copied(project: Project) -> None:
    there = project.folder / "game/libs/dice"
    there.mkdir(parents=True)
    (there / "main.rkt").write_text("#lang racket/base\n")
    lock = make_lock(wishes_of([str(there)], Asking(placing="copy")), project.game, project.ways())
    (dice,) = lock.named("dice")
    assert (dice.type, dice.source, dice.sha256) == ("dir", "./libs/dice", None)
    assert (dice.content, dice.size) == tree_digest(there)


def test_a_repository_by_its_commit(project: Project) -> None:
    commit = repository(project.folder / "dice.git", {"main.rkt": "#lang racket/base\n", "run": "#!/bin/sh\n"})
    url = f"git+file://{project.folder}/dice.git"
    lock = make_lock(wishes_of([url], Asking(type="git-url", name="dice")), project.game, project.ways())
    (dice,) = lock.named("dice")
    assert (dice.type, dice.checksum, dice.sha256) == ("git-url", commit, None)
    assert dice.content is not None


def test_a_name_that_nobody_knows(project: Project) -> None:
    with pytest.raises(UnknownPackageError, match="nonesuch"):
        project.lock("nonesuch")


def test_an_archive_that_is_not_what_the_catalog_says(project: Project) -> None:
    archive = project.publish("games")
    archive.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(ChecksumError):
        project.lock("games")


def test_two_packages_with_one_module(project: Project) -> None:
    info = '#lang info\n(define collection "common")\n(define deps \'({}))\n'
    project.publish("games", **{"info.rkt": info.format('"cards"')})
    project.publish("cards", **{"info.rkt": info.format("")})
    with pytest.raises(BlockedError, match="packages conflict"):
        project.lock("games")


def test_a_new_package_is_held_against_what_stays(project: Project) -> None:
    info = '#lang info\n(define collection "common")\n(define deps \'())\n'
    project.publish("games", **{"info.rkt": info})
    project.publish("cards", **{"info.rkt": info})
    lock = project.lock("games")
    ways = Ways(project.installation(), project.access())
    with pytest.raises(BlockedError, match="packages conflict"):
        make_lock(wishes_of(["games", "cards"]), project.game, ways, previous=lock)


def test_a_file_of_this_machine_in_a_catalog_of_another(project: Project, tmp_path: Path) -> None:
    (tmp_path / "served/pkg").mkdir(parents=True)
    (tmp_path / "served/pkg/games").write_text('#hash((source . "file:///etc/games.zip"))')
    with serving(tmp_path / "served") as server:
        access = Access(catalogs=(server.url,), cache=tmp_path / "cache")
        with pytest.raises(UnsafePathError):
            make_lock(wishes_of(["games"]), project.game, Ways(project.installation(), access))


def test_credentials_stay_out_of_the_lock(project: Project, tmp_path: Path) -> None:
    project.publish("games")
    with serving(tmp_path / "packages") as server:
        url = server.url.replace("://", "://me:secret@") + "games.zip"
        checksum = hashlib.sha1((tmp_path / "packages/games.zip").read_bytes()).hexdigest()
        lock = make_lock(wishes_of([url], Asking(checksum=checksum)), project.game, project.ways())
    assert b"secret" not in lock_text(lock)
    assert lock.for_target(Target("8.7", "x86_64-linux"))["games"].type == "file-url"


def test_the_time_is_the_one_that_the_environment_says(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    project.publish("games")
    lock = make_lock(wishes_of(["games"]), project.game, Ways(project.installation(), project.access()))
    assert lock.asked == "1970-01-02T00:00:00Z"
