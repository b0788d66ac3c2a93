"""Environments of projects, and what shells and programs get to know of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pltpack.errors import BlockedError, EntryExistsError, LockError
from pltpack.lock.frozen import disagreements
from pltpack.lock.places.activate import activation
from pltpack.lock.places.environment import (
    MARK,
    Environment,
    find_environment,
    make_environment,
    read_environment,
)
from pltpack.lock.sync import sync_lock
from pltpack.racket.installation import Installation
from pltpack.racket.package_settings import package_settings
from pltpack.scope.scope import Scope
from pltpack.scope.state.places import places_of
from tests.lock.projects import Project


def test_an_environment_is_an_addon_directory(tmp_path: Path) -> None:
    made = make_environment(tmp_path / ".racket", "8.7", catalogs=("https://host/catalog/", str(tmp_path)))
    environ = {**made.variables({"PATH": "/bin"}), "HOME": str(tmp_path)}
    there = Installation.discover(version="8.7", environ=environ)
    assert places_of(there, "user").packages == tmp_path / ".racket/8.7/pkgs"
    assert package_settings(there).catalogs.value == ("https://host/catalog/", tmp_path.as_uri())
    assert (tmp_path / ".racket/.gitignore").read_text() == "*\n"
    assert environ["PATH"] == f"{tmp_path}/.racket/8.7/bin:/bin"
    assert make_environment(tmp_path / ".racket", "8.7") == made


def test_it_is_found_from_below(tmp_path: Path) -> None:
    made = make_environment(tmp_path / "project/.racket", "8.7")
    (tmp_path / "project/src/deep").mkdir(parents=True)
    assert find_environment(tmp_path / "project/src/deep") == made
    assert find_environment(tmp_path) is None


def test_nothing_else_becomes_an_environment(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(EntryExistsError):
        make_environment(tmp_path / "full", "8.7")
    make_environment(tmp_path / "old", "8.6")
    with pytest.raises(BlockedError, match=r"for Racket 8\.6"):
        make_environment(tmp_path / "old", "8.7")
    with pytest.raises(BlockedError, match=r"for Racket 8\.6"):
        Environment(tmp_path / "old", "8.6").installation(Installation.discover(version="8.7", environ={}))


@pytest.mark.parametrize("text", [b"", b"\xff", b"racket-version = 8", b'racket-version = "x"', b"[" * 10_000])
def test_a_mark_that_is_damaged(tmp_path: Path, text: bytes) -> None:
    (tmp_path / MARK).write_bytes(text)
    with pytest.raises(LockError):
        read_environment(tmp_path)


def test_environments_share_their_files(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.publish("games")
    lock = project.lock("games")
    for name in ("one", "two"):
        made = make_environment(tmp_path / name, "8.7")
        installation = made.installation(project.installation())
        with Scope(installation, places_of(installation, "user"), access=project.access()) as scope:
            sync_lock(scope, lock, project.game)
    inodes = {(tmp_path / name / "8.7/pkgs/games/main.rkt").stat().st_ino for name in ("one", "two")}
    assert len(inodes) == 1


ODD = 'it\'s $HOME `x` "y" \\ é'


def test_a_shell_enters_and_leaves(tmp_path: Path) -> None:
    made = make_environment(tmp_path / ODD, "8.7")
    script = (
        f"PLTADDONDIR=before\n{activation(made, 'sh')}\n"
        'echo "$PLTADDONDIR"; echo "${PATH%%:*}"\ndeactivate_racket\necho "$PLTADDONDIR"; echo "$PATH"\n'
    )
    run = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    directory = str(tmp_path / ODD)
    assert run.stdout.splitlines() == [directory, f"{directory}/8.7/bin", "before", os.environ["PATH"]]


def test_a_shell_that_had_nothing_has_nothing_again(tmp_path: Path) -> None:
    made = make_environment(tmp_path / "env", "8.7")
    script = (
        f"{activation(made, 'sh')}{activation(made, 'sh')}deactivate_racket; echo ${{PLTADDONDIR-nothing}}; echo $PATH"
    )
    run = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert run.stdout.splitlines() == ["nothing", os.environ["PATH"]]


def test_what_other_shells_would_take_for_their_own_is_quoted(tmp_path: Path) -> None:
    made = Environment(tmp_path / "it's \\ $x", "8.7")
    assert f"'{tmp_path}/it\\'s \\\\ $x'" in activation(made, "fish")
    assert f"'{tmp_path}/it''s \\ $x'" in activation(made, "powershell")


def test_a_lock_and_its_sources_that_do_not_agree_any_more(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("cards", "dice"):
        project.publish(name)
    info = project.game / "info.rkt"
    info.write_text('#lang info\n(define deps \'("base" "cards"))\n')
    linked = project.lock(str(project.game))
    named = project.lock("cards")
    assert not [*disagreements(linked, project.game), *disagreements(named, project.game)]
    info.write_text('#lang info\n(define deps \'("base" "dice" ("cards" #:version "2.0")))\n')
    assert list(disagreements(linked, project.game)) == [
        "game needs cards 2.0, which is not so in the lock",
        "game needs dice, which is not so in the lock",
        "game does not need cards any more, which it does in the lock",
    ]
    assert list(disagreements(named, project.game)) == [
        "info.rkt needs dice, which is not in the lock",
        "info.rkt needs cards 2.0, and the lock has 1.0",
    ]
