"""What is installed, beside what is locked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pltpack.lock.contents import Contents
from pltpack.lock.installed import lock_installed
from pltpack.lock.targets import open_fetcher
from pltpack.lock.values import Lock
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope, open_scope
from pltpack.supply.content import check_content
from tests.lock.projects import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.publish("games", "1.0", '"cards"', **{"sub/deep.rkt": "#lang racket/base\n"})
    made.publish("cards")
    return made


@pytest.fixture
def scope(project: Project) -> Iterator[Scope]:
    """games, and cards, which it needs, as they are in the catalog."""
    with open_scope("user", installation=project.installation(), access=project.access()) as opened:
        opened.apply(opened.plan(install=["games"], options=Options(deps="search-auto")))
        yield opened


@pytest.fixture
def lock(scope: Scope, project: Project) -> Lock:
    return lock_installed(scope, project.game, project.ways())


def told(scope: Scope, lock: Lock, project: Project | None = None) -> list[tuple[str, str, str | None]]:
    """What is not as locked; with a project single files, from its cache."""
    if project is None:
        return [(one.code, one.package, one.path) for one in check_content(scope, lock)]
    with open_fetcher(scope.installation, project.access(offline=True)) as fetcher:
        near = Contents(fetcher, project.game).near
        return [(one.code, one.package, one.path) for one in check_content(scope, lock, near)]


def test_what_is_as_it_was_locked(scope: Scope, lock: Lock, project: Project) -> None:
    assert told(scope, lock) == told(scope, lock, project) == []


def test_what_setup_makes_does_not_count(scope: Scope, lock: Lock, project: Project) -> None:
    for name in ("compiled/main_rkt.zo", "sub/compiled/deep_rkt.dep", "doc/games/index.html"):
        path = scope.packages["games"].directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"made")
    assert told(scope, lock) == told(scope, lock, project) == []


def test_files_that_are_not_as_locked(scope: Scope, lock: Lock, project: Project) -> None:
    place = scope.packages["games"].directory
    os.chmod(place / "main.rkt", 0o644)
    (place / "main.rkt").write_text("#lang racket/base\n(evil)\n")
    (place / "sub/deep.rkt").unlink()
    (place / "new.rkt").write_text("")
    (place / "link.rkt").symlink_to("/etc/passwd")
    assert told(scope, lock) == [("unlike", "games", None)]
    assert told(scope, lock, project) == [
        ("file-added", "games", "link.rkt"),
        ("file-changed", "games", "main.rkt"),
        ("file-added", "games", "new.rkt"),
        ("file-missing", "games", "sub/deep.rkt"),
    ]


def test_a_file_that_became_a_program(scope: Scope, lock: Lock, project: Project) -> None:
    os.chmod(scope.packages["games"].directory / "main.rkt", 0o755)
    assert told(scope, lock, project) == [("file-changed", "games", "main.rkt")]


def test_packages_that_are_not_locked_or_not_there(scope: Scope, lock: Lock) -> None:
    games = next(lock.named("games"))
    other = msgspec.structs.replace(games, name="dice")
    changed = msgspec.structs.replace(lock, packages=(games, other))
    assert told(scope, changed) == [("not-locked", "cards", None), ("not-installed", "dice", None)]
    scope.packages["games"].directory.rename(scope.packages["games"].directory.parent / "away")
    assert ("not-installed", "games", None) in told(scope, changed)
