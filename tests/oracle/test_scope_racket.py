"""A real ``raco pkg`` and we take turns on one scope: after each step both show the same, and Racket runs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pltpack.racket.installation import Installation
from pltpack.scope.check import check_scope
from pltpack.scope.scope import open_scope
from pltpack.scope.state.lock import LOCK
from tests.scope.scopes import catalog, make_package

pytestmark = pytest.mark.racket

OURS = [
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'raco-pkg'; from pltpack_cli.programs import raco_pkg; raco_pkg()",
]
PACKAGES = {"a": '"base" "b"', "b": '"base" "c"', "c": '"base"', "d": '"base" "c"', "e": ""}


class Turns:
    """A user scope of the real Racket in a folder, a catalog and a directory to link."""

    def __init__(self, folder: Path, racket: str) -> None:
        self.folder = folder
        self.raco = str(Path(racket).with_name("raco"))
        self.racket = racket
        self.environment = {
            **os.environ,
            "PLTADDONDIR": str(folder / "addon"),
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "COLUMNS": "200",
        }
        (folder / "home").mkdir()
        self.publish("1.0")
        linked = folder / "src" / "linked"
        linked.mkdir(parents=True)
        (linked / "main.rkt").write_text("#lang racket/base\n(provide it)\n(define it 1)\n")
        self.run(["config", "--set", "catalogs", str(folder / "cat")], ours=True)

    def publish(self, version: str) -> None:
        made = [make_package(self.folder / "files" / f"{name}.zip", version, deps) for name, deps in PACKAGES.items()]
        catalog(self.folder / "cat", made)

    def run(self, words: list[str], *, ours: bool) -> subprocess.CompletedProcess[str]:
        changing = words[0] in ("install", "update", "remove")
        options = ["--batch", *([] if ours else ["--no-setup"])] if changing else []
        command = [*(OURS if ours else [self.raco, "pkg"]), words[0], *options, *words[1:]]
        return subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def installed(self) -> set[str]:
        with open_scope("user", installation=self.installation()) as scope:
            return set(scope.packages)

    def installation(self) -> Installation:
        return Installation.discover(racket=Path(self.racket), environ=self.environment)

    def check(self) -> None:
        """Both show the same, and nothing is wrong."""
        shown = [self.run(["show", "-u", "-a", "-l", "-d"], ours=ours) for ours in (True, False)]
        assert shown[0].stdout == shown[1].stdout, shown[1].stderr
        with open_scope("user", installation=self.installation()) as scope:
            assert [one for one in check_scope(scope) if one.code != "unmet"] == []

    def loads(self) -> None:
        """``racket`` finds every package, and ``raco setup`` has nothing to complain of."""
        names = sorted(self.installed())
        words = [word for name in names for word in ("-l", f"{name}/main")]
        done = subprocess.run(
            [self.racket, "-l", "racket/base", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        if names:
            setup = [self.raco, "setup", "--avoid-main", "--tidy", "-D", "--pkgs", *names]
            done = subprocess.run(setup, env=self.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


@pytest.fixture
def turns(tmp_path: Path, racket: str) -> Turns:
    return Turns(tmp_path, racket)


def test_they_go_on_with_what_the_other_wrote(turns: Turns, compared: object) -> None:
    """A fixed walk through every command, each half of it by the other one."""
    walk = [
        ["install", "--auto", "a"],
        ["install", "d"],
        ["install", "--link", "src/linked"],
        ["remove", "--demote", "d"],
        ["config", "--set", "trash-max-packages", "7"],
        ["update", "--all"],
        ["remove", "--auto", "a"],
        ["install", "files/e.zip"],
        ["remove", "linked"],
    ]
    for number, words in enumerate(walk):
        if words[0] == "update":
            turns.publish("1.1")
        done = turns.run(words, ours=number % 2 == 0)
        assert done.returncode == 0, (words, done.stderr)
        turns.check()
    turns.loads()
    assert turns.run(["config", "trash-max-packages"], ours=False).stdout == "7\n"
    compared(len(walk) * 2)  # type: ignore[operator]


def test_racket_waits_for_nobody_and_we_for_racket(turns: Turns) -> None:
    """While somebody holds the lock ``raco pkg`` gives up; we wait as long as we are told, and then say the same."""
    packages = turns.folder / "addon" / turns.installation().installation_name / "pkgs"
    with open(packages / LOCK, "a+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for ours in (True, False):
            options = ["--lock-timeout", "0"] if ours else []
            done = turns.run(["install", *options, "e"], ours=ours)
            assert done.returncode != 0
            assert "could not acquire package lock" in done.stderr
        shown = turns.run(["show", "-u"], ours=True)
        assert (shown.returncode, shown.stdout) == (0, " [none]\n")


def test_two_of_us_and_a_real_raco_at_once(turns: Turns) -> None:
    """Whoever was refused has changed nothing; what the others did is all there."""
    environment = turns.environment
    options = ["install", "--batch"]
    commands = [
        [*OURS, *options, "files/c.zip"],
        [*OURS, *options, "e"],
        [turns.raco, "pkg", *options, "--no-setup", "files/e.zip"],
    ]
    started = [
        subprocess.Popen(
            command, env=environment, cwd=turns.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for command in commands
    ]
    codes = [process.wait() for process in started]
    assert codes[0] == 0
    assert [codes[1], codes[2]].count(0) == 1, "two packages of one name"
    assert turns.installed() == {"c", "e"}
    turns.check()


class InTurn(RuleBasedStateMachine):
    """Commands by one or the other, in any order."""

    folder: Path
    racket: str

    @initialize()
    def start(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.turns = Turns(self.folder, self.racket)
        self.version = 0

    def do(self, words: list[str], ours: bool) -> None:
        """The command by one of them; whether it is possible, the other one would say as well."""
        before = self.turns.installed()
        done = self.turns.run(words, ours=ours)
        if done.returncode:
            assert self.turns.installed() == before
        self.turns.check()

    @rule(name=st.sampled_from(sorted(PACKAGES)), auto=st.booleans(), ours=st.booleans())
    def install(self, name: str, auto: bool, ours: bool) -> None:
        self.do(["install", *(["--auto"] if auto else []), name], ours)

    @rule(ours=st.booleans())
    def link(self, ours: bool) -> None:
        self.do(["install", "--link", "src/linked"], ours)

    @rule(publish=st.booleans(), ours=st.booleans())
    def update(self, publish: bool, ours: bool) -> None:
        if publish:
            self.version += 1
            self.turns.publish(f"1.{self.version}")
        self.do(["update", "--all"], ours)

    @rule(name=st.sampled_from(sorted(PACKAGES)), auto=st.booleans(), demote=st.booleans(), ours=st.booleans())
    def remove(self, name: str, auto: bool, demote: bool, ours: bool) -> None:
        self.do(["remove", *(["--auto"] if auto else []), *(["--demote"] if demote else []), name], ours)


def test_any_order(tmp_path: Path, racket: str) -> None:
    """Forty walks with ``SWEEP``; two, if it is not set."""
    InTurn.folder, InTurn.racket = tmp_path / "turns", racket
    examples = 40 if os.environ.get("SWEEP") else 2
    chosen = settings(
        max_examples=examples,
        stateful_step_count=6,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(InTurn, settings=chosen)
