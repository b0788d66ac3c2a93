"""An installation becomes what a lock says, and keeps what it has by itself."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pltpack.errors import BlockedError
from pltpack.lock.sync import Synced, SyncOptions, sync_lock
from pltpack.lock.values import Lock
from pltpack.racket.image import discover_in
from pltpack.scope.scope import Scope
from pltpack.scope.state.places import places_of
from tests.lock.projects import Project
from tests.lock.test_sync import kinds
from tests.scope.scopes import is_whole

RACKET = {"base": '"racket-lib"', "racket-lib": "", "toolkit": '"base" "plugs"', "plugs": '"base"'}
"""What the installation of these tests has by itself, and what that needs; all of version 1.0."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project beside the tree of an installation, of which nothing is known but files."""
    packages = tmp_path / "image/usr/share/racket/pkgs"
    for name, needs in RACKET.items():
        (packages / name).mkdir(parents=True)
        (packages / name / "info.rkt").write_text(f'#lang info\n(define version "1.0")\n(define deps \'({needs}))\n')
    records = " ".join(f'("{name}" . #s(pkg-info (catalog "{name}") "{"0" * 40}" #f))' for name in RACKET)
    (packages / "pkgs.rktd").write_text(f"#hash({records})")
    links = " ".join(f'(root (#"pkgs" #"{name}"))' for name in RACKET)
    (packages.parent / "links.rktd").write_text(f"({links})")
    settings = tmp_path / "image/etc/racket/config.rktd"
    settings.parent.mkdir(parents=True)
    settings.write_text('#hash((pkgs-dir . "/usr/share/racket/pkgs") (links-file . "/usr/share/racket/links.rktd"))')
    return Project(tmp_path)


def scope_of(project: Project) -> Scope:
    installation = discover_in(project.folder / "image", version="8.7", environ={})
    return Scope(installation, places_of(installation, "installation"), access=project.access())


def synced(project: Project, lock: Lock, *, force: bool = False) -> Synced:
    with scope_of(project) as scope:
        return sync_lock(scope, lock, project.game, SyncOptions(mode="copy", force=force))


def installed(project: Project) -> set[str]:
    with scope_of(project) as scope:
        assert is_whole(scope)
        return {*scope.packages}


def test_what_it_has_by_itself_is_left_alone(project: Project) -> None:
    project.publish("games", "1.0", '"cards" "base"')
    project.publish("cards")
    assert kinds(synced(project, project.lock("games"))) == [("install", "cards"), ("install", "games")]
    assert installed(project) == {*RACKET, "cards", "games"}
    assert kinds(synced(project, project.lock("games"))) == []
    assert kinds(synced(project, project.lock("cards"))) == [("promote", "cards"), ("remove", "games")]
    assert installed(project) == {*RACKET, "cards"}


def test_force_leaves_what_it_cannot_do_without(project: Project) -> None:
    project.publish("games")
    lock = project.lock("games")
    provided = msgspec.structs.replace(lock, provided=("toolkit",))
    assert kinds(synced(project, provided, force=True)) == [("install", "games")]
    assert kinds(synced(project, lock, force=True)) == [("remove", "plugs"), ("remove", "toolkit")]
    assert installed(project) == {"base", "racket-lib", "games"}


def test_what_is_left_alone_keeps_what_it_needs(project: Project) -> None:
    project.publish("games")
    project.publish("plugs", "2.0")
    assert kinds(synced(project, project.lock("games", "plugs"))) == [("install", "games"), ("replace", "plugs")]
    assert kinds(synced(project, project.lock("games"))) == []
    assert installed(project) == {*RACKET, "games"}


@pytest.mark.parametrize(("version", "fits"), [("1.0", True), ("1.1", False)])
def test_what_it_has_by_itself_is_what_a_lock_needs(project: Project, version: str, fits: bool) -> None:
    project.publish("games", "1.0", f'("toolkit" #:version "{version}")')
    project.publish("toolkit", "9.0")
    lock = project.lock("games")
    games = tuple(package for package in lock.packages if package.name == "games")
    lock = msgspec.structs.replace(lock, packages=games, provided=("toolkit",))
    if fits:
        assert kinds(synced(project, lock)) == [("install", "games")]
        return
    with pytest.raises(BlockedError) as raised:
        synced(project, lock)
    assert raised.value.details == ("  games needs toolkit 1.1, which is 1.0",)
    assert installed(project) == {*RACKET}
