"""Locks of what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.errors import BlockedError
from pltpack.lock.installed import lock_installed
from pltpack.lock.make import Ways
from pltpack.scope.plan.asked import Asking
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope, open_scope
from tests.lock.projects import Project, versions


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def scope_of(project: Project) -> Scope:
    return open_scope("user", installation=project.installation(), access=project.access())


def test_what_is_installed_is_what_would_be_locked_by_name(project: Project) -> None:
    project.publish("games", "1.0", '"cards"')
    project.publish("cards")
    with scope_of(project) as scope:
        scope.apply(scope.plan(install=["games"], options=Options(deps="search-auto")))
        lock = lock_installed(scope, project.game, project.ways())
        assert lock == project.lock("games")
        project.publish("dice")
        scope.apply(scope.plan(install=["dice"]))
        later = lock_installed(scope, project.game, project.ways(), previous=lock)
    assert versions(later) == {"cards": "1.0", "dice": "1.0", "games": "1.0"}
    assert later.explicit == {"games", "dice"}


def test_archives_directories_and_links(project: Project) -> None:
    archive = project.publish("games")
    for name in ("copied", "linked"):
        (project.game / name).mkdir()
        (project.game / name / "main.rkt").write_text("#lang racket/base\n")
    with scope_of(project) as scope:
        scope.apply(scope.plan(install=[str(archive), str(project.game / "linked")]))
        scope.apply(scope.plan(install=[str(project.game / "copied")], asking=Asking(placing="copy")))
        lock = lock_installed(scope, project.game, project.ways())
    found = {package.name: (package.type, package.source, package.catalog) for package in lock.packages}
    assert found == {
        "games": ("file", "../packages/games.zip", None),
        "copied": ("dir", "./copied", None),
        "linked": ("link", "./linked", None),
    }


def test_what_cannot_be_had_any_more_is_named(project: Project, tmp_path: Path) -> None:
    for name in ("games", "cards", "dice"):
        project.publish(name)
    with scope_of(project) as scope:
        scope.apply(scope.plan(install=["games", "cards", "dice"]))
        project.publish("games", "2.0")
        (tmp_path / "catalog/pkg/cards").unlink()
        with pytest.raises(BlockedError) as caught:
            lock_installed(scope, project.game, Ways(project.installation(), project.access()))
    assert [line.split(":")[0].strip() for line in caught.value.details] == ["cards", "games"]
