"""Locks, environments, vendored folders and layers with a real Racket; the worked examples of the docs."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.lock.projects import Project
from tests.oracle.conftest import Compared
from tests.scope.scopes import catalog, make_package

pytestmark = pytest.mark.racket

PAGE = Path(__file__).parents[2] / "docs" / "reproducible.md"
NAMES = ("shapes", "grader")


class World:
    """A home, a catalog that is configured in it, and programs that the examples call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "bin", "work"):
            (folder / name).mkdir()
        for name in NAMES:
            self.publish(name, "1.0")
        settings = folder / "home/.local/share/racket/8.7/pkgs"
        settings.mkdir(parents=True)
        (settings / "config.rktd").write_text(f'#hash((catalogs . ("{(folder / "catalog").as_uri()}")))')
        scripts = sysconfig.get_path("scripts")
        self.environment = {
            "HOME": str(folder / "home"),
            "PATH": os.pathsep.join((str(folder / "bin"), scripts, os.environ["PATH"])),
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(folder / "home/state"),
            "SOURCE_DATE_EPOCH": "1700000000",
        }
        self.script(
            "publish",
            f'cp "{folder}/later/$1-$2.zip" "{folder}/packages/$1.zip"; cp -r "{folder}/later/catalog" "{folder}"',
        )
        self.script("forget-everything", f'rm -r "{folder}/packages" "{folder}/catalog" "{folder}/home/.cache"')
        # The version that is published later, and what the catalog says of it then.
        later = make_package(
            folder / "later/packages/shapes.zip", "2.0", '"base"', **{"main.rkt": text("shapes", "2.0")}
        )
        catalog(folder / "later/catalog", [later])
        later.rename(folder / "later/shapes-2.0.zip")

    def publish(self, name: str, version: str) -> None:
        archive = make_package(
            self.folder / f"packages/{name}.zip", version, '"base"', **{"main.rkt": text(name, version)}
        )
        catalog(self.folder / "catalog", [archive])

    def script(self, name: str, command: str) -> None:
        (self.folder / "bin" / name).write_text(f"#!/bin/sh\nset -eu\n{command}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def run(self, code: str, *, folder: Path | None = None, **more: str) -> str:
        run = subprocess.run(
            ["sh", "-euc", code], cwd=folder or self.folder / "work", env={**self.environment, **more},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, (code, run.stdout, run.stderr)
        return run.stdout


def text(name: str, version: str) -> str:
    return f'#lang racket/base\n(provide {name}-version)\n(define {name}-version "{name} {version}")\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def examples() -> dict[str, list[tuple[str, str]]]:
    """The examples by their titles: the code of each block, and what it prints."""
    page = PAGE.read_text("utf-8").partition("## Three worked examples")[2]
    found = {}
    for section in page.split("\n### ")[1:]:
        title = section.partition("\n")[0]
        blocks = re.findall(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", section, re.DOTALL)
        found[title] = [(code, output) for code, output in blocks]
    return found


def test_there_are_three_examples() -> None:
    assert list(examples()) == ["A course", "The image of an application", "The artefact of a paper"]


def test_the_examples_do_what_they_say(world: World, compared: Compared) -> None:
    for title, blocks in examples().items():
        for code, output in blocks:
            assert world.run(code) == output, (title, code)
            compared(1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.publish("shapes", "1.0", '"base" "grader"', **{"main.rkt": text("shapes", "1.0")})
    project.publish("grader", "1.0", '"base"', **{"main.rkt": text("grader", "1.0"), "compiled/x_rkt.zo": "old"})
    return project


def ours(project: Project, *words: str, **more: str) -> str:
    scripts = sysconfig.get_path("scripts")
    environment = {
        "HOME": str(project.folder / "home"),
        "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
        "LANG": "C.UTF-8",
        **more,
    }
    run = subprocess.run(words, cwd=project.game, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, (words, run.stdout, run.stderr)
    return run.stdout


def test_what_is_shared_stays_as_it_is_when_racket_compiles(project: Project, compared: Compared) -> None:
    """raco make, raco setup, raco test and raco pkg work in an environment, and write to no file of the cache."""
    catalogs = str(project.folder / "catalog")
    ours(project, "raco-pkg", "lock", "-q", "shapes", "--catalog", catalogs)
    ours(project, "raco-pkg", "env", "-q", "one", "two")
    trees = project.folder / "home/.cache/pltpack/trees"
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in trees.rglob("*") if path.is_file()}
    (project.game / "main.rkt").write_text(
        "#lang racket/base\n(require shapes)\nshapes-version\n(module+ test shapes-version)\n"
    )
    run = ("raco-pkg", "run", "--env", "one", "--")
    ours(project, *run, "raco", "make", "main.rkt")
    ours(project, *run, "raco", "setup", "-D", "--avoid-main", "--no-pkg-deps", "--pkgs", "shapes", "grader")
    assert (project.game / "one/8.7/pkgs/shapes/compiled/main_rkt.zo").exists()
    assert "shapes 1.0" in ours(project, *run, "raco", "test", "main.rkt")
    ours(project, *run, "raco", "test", "-p", "shapes")
    shown = ours(project, *run, "raco", "pkg", "show", "-u", "-a")
    assert re.search(r"^grader\* .*catalog grader$", shown, re.MULTILINE)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    ours(project, *run, "raco", "pkg", "remove", "--no-setup", "--auto", "shapes")
    assert not (project.game / "one/8.7/pkgs/grader").exists()
    assert ours(project, "raco-pkg", "run", "--env", "two", "--", "racket", "main.rkt") == '"shapes 1.0"\n'
    ours(project, "raco-pkg", "sync", "-q", "--env", "one")
    assert ours(project, *run, "racket", "main.rkt") == '"shapes 1.0"\n'
    compared(8)


def test_raco_pkg_goes_on_with_what_was_synced(project: Project, compared: Compared) -> None:
    catalogs = str(project.folder / "catalog")
    ours(project, "raco-pkg", "lock", "-q", "shapes", "--catalog", catalogs)
    ours(project, "raco-pkg", "env", "-q", "--catalog", catalogs)
    project.publish("grader", "2.0", '"base"', **{"main.rkt": text("grader", "2.0")})
    run = ("raco-pkg", "run", "--no-sync", "--")
    ours(project, *run, "raco", "pkg", "update", "--batch", "--no-setup", "--all")
    grader = ("racket", "-l", "racket/base", "-l", "grader", "-e", "grader-version")
    assert ours(project, *run, *grader) == '"grader 2.0"\n'
    assert ours(project, "raco-pkg", "run", "--", *grader) == '"grader 1.0"\n'  # what the lock says
    compared(2)
