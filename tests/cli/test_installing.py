"""``unpack --at-plt``: installing from the command line, on a machine without Racket unless a test makes one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pltpack import Header, create_archive
from tests.cli.conftest import Run

USER = Path("home/.local/share/racket/8.7")
COLLECTS = USER / "collects"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a Racket, of whom the version is known."""
    for name in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")


def make(path: Path, collection: str, *, replace: bool = False, **header: Any) -> Path:
    """An archive of one collection with one file."""
    header.setdefault("collections", ((collection,),))
    header.setdefault("plt_relative", True)
    with create_archive(path, Header(collection, **header)) as writer:
        writer.add_directory(("collects", collection))
        writer.add_file(("collects", collection, "main.rkt"), b"new", 3, replace=replace)
    return path


def racket(root: Path, status: int = 0) -> Path:
    """An installation whose ``racket`` prints its arguments."""
    (root / "collects/racket").mkdir(parents=True)
    (root / "bin").mkdir()
    program = root / "bin/racket"
    program.write_text(f'#!/bin/sh\necho "ran $@"\nexit {status}\n')
    program.chmod(0o755)
    return root


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """An archive that conflicts with itself, as those of ``raco pack --collect`` do."""
    return make(tmp_path / "kit.plt", "kit", conflicts=(("kit",),))


def test_fresh(run: Run, kit: Path) -> None:
    ran = run("unpack", "--at-plt", kit)
    assert (ran.code, ran.out, ran.err) == (0, "to set up: kit\n", "")
    assert (COLLECTS / "kit/main.rkt").read_bytes() == b"new"


def test_verbose(run: Run, kit: Path) -> None:
    place = COLLECTS.absolute() / "kit"
    expected = f"created  {place}/\ncreated  {place}/main.rkt\nto set up: kit\n"
    assert run("unpack", "--at-plt", "-v", kit).out == expected


@pytest.mark.parametrize("flags", [[], ["--force"]], ids=str)
def test_twice_is_a_conflict(run: Run, kit: Path, flags: list[str]) -> None:
    run("unpack", "--at-plt", kit)
    (COLLECTS / "kit/main.rkt").write_text("mine")
    ran = run("unpack", "--at-plt", *flags, kit)
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith(f"unpack: {kit}: the archive conflicts with collection kit, which is installed in")
    assert (COLLECTS / "kit/main.rkt").read_text() == "mine"


@pytest.mark.parametrize(("replace", "word", "text"), [(False, "kept", "mine"), (True, "replaced", "new")])
def test_an_existing_file(run: Run, tmp_path: Path, replace: bool, word: str, text: str) -> None:
    archive = make(tmp_path / "kit.plt", "kit", replace=replace)
    run("unpack", "--at-plt", archive)
    (COLLECTS / "kit/main.rkt").write_text("mine")
    ran = run("unpack", "--at-plt", archive)
    line = f"kept     {COLLECTS.absolute()}/kit/main.rkt\n"
    assert (ran.code, ran.out) == (0, f"{'' if replace else line}to set up: kit\n")
    assert f"{word:9}{COLLECTS.absolute()}/kit/main.rkt\n" in run("unpack", "--at-plt", "-v", archive).out
    assert (COLLECTS / "kit/main.rkt").read_text() == text


def test_no_check(run: Run, kit: Path) -> None:
    run("unpack", "--at-plt", kit)
    assert run("unpack", "--at-plt", "--no-check", kit).code == 0


def test_an_old_requirement(run: Run, tmp_path: Path) -> None:
    archive = make(tmp_path / "old.plt", "old", requires=((("mzscheme",), (400,)),))
    refused = run("unpack", "--at-plt", archive)
    assert (refused.code, refused.out, os.path.exists(USER)) == (5, "", False)
    assert "requires collection mzscheme, which is not installed (--force" in refused.err
    forced = run("unpack", "--at-plt", "--force", archive)
    assert (forced.code, (COLLECTS / "old/main.rkt").exists()) == (0, True)
    assert forced.err.endswith("requires collection mzscheme, which is not installed; ignored, as --force says\n")
    assert run("unpack", "--at-plt", "--no-check", archive).err == ""


def test_one_archive_may_need_the_one_before_it(run: Run, kit: Path, tmp_path: Path) -> None:
    needy = make(tmp_path / "needy.plt", "needy", requires=((("kit",), ()),))
    assert run("unpack", "--at-plt", needy, kit).code == 5
    assert not COLLECTS.exists()
    ran = run("unpack", "--at-plt", kit, needy)
    assert (ran.code, ran.out) == (0, "to set up: kit\nto set up: needy\n")


def test_collections_given_count_as_installed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cols/far").mkdir(parents=True)
    needy = make(tmp_path / "needy.plt", "needy", requires=((("far",), ()),))
    assert run("unpack", "--at-plt", needy).code == 5
    assert run("unpack", "--at-plt", "--collects", "cols", needy).code == 0


def test_a_dry_run_tells_places_and_problems(run: Run, kit: Path) -> None:
    run("unpack", "--at-plt", kit)
    ran = run("unpack", "--at-plt", "--dry-run", kit)
    place = COLLECTS.absolute() / "kit"
    assert (ran.code, ran.out) == (5, f"kept     {place}/\nkept     {place}/main.rkt\nto set up: kit\n")
    assert ran.err.startswith(f"unpack: {kit}: the archive conflicts with collection kit")


def test_a_dry_run_writes_nothing(run: Run, kit: Path) -> None:
    ran = run("unpack", "--at-plt", "--dry-run", kit)
    assert (ran.code, "created" in ran.out, os.path.exists("home")) == (0, True, False)


def test_all_users(run: Run, kit: Path, tmp_path: Path) -> None:
    racket(tmp_path / "inst")
    assert run("unpack", "--at-plt", "--all-users", "--racket", "inst", kit).code == 0
    assert (tmp_path / "inst/collects/kit/main.rkt").read_bytes() == b"new"
    assert not os.path.exists("home")


def test_all_users_without_an_installation(run: Run, kit: Path) -> None:
    ran = run("unpack", "--at-plt", "--all-users", kit)
    assert (ran.code, "--racket DIR" in ran.err) == (6, True)


def test_without_any_version(run: Run, kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLTPACK_RACKET_VERSION")
    ran = run("unpack", "--at-plt", kit)
    assert (ran.code, "--racket-version V" in ran.err) == (6, True)


@pytest.mark.parametrize("flags", [[], ["--all-users"]])
def test_not_for_the_directories_of_racket(run: Run, tmp_path: Path, flags: list[str]) -> None:
    """As ``raco setup -A`` does it, which tests/oracle/test_install_racket.py asks."""
    archive = make(tmp_path / "here.plt", "here", plt_relative=False)
    said = f"{archive} is not for the directories of Racket: unpacked into the current directory\n"
    for dry_run in (["--dry-run"], []):
        ran = run("unpack", "--at-plt", *flags, *dry_run, archive)
        assert (ran.code, ran.out.startswith(said), ran.err) == (0, True, "")
    assert Path("collects/here/main.rkt").read_bytes() == b"new"
    assert not COLLECTS.exists()
    document = json.loads(run("unpack", "--at-plt", "--json", archive).out)["archives"][0]
    assert document["mode"] == "local"


def test_a_file_in_the_place_of_the_collections(run: Run, kit: Path) -> None:
    COLLECTS.parent.mkdir(parents=True)
    COLLECTS.write_text("")
    ran = run("unpack", "--at-plt", kit)
    assert (ran.code, ran.err) == (6, f"unpack: {COLLECTS.absolute()}/kit: Not a directory\n")


class TestJson:
    def test_one(self, run: Run, kit: Path) -> None:
        document = json.loads(run("unpack", "--at-plt", "--json", kit).out)["archives"][0]
        assert (document["mode"], document["collections"], document["problems"]) == ("user", ["kit"], [])
        assert document["header"]["conflicts"] == ["kit"]
        assert document["entries"][1] == {
            "kind": "file",
            "path": "collects/kit/main.rkt",
            "target": f"{COLLECTS.absolute()}/kit/main.rkt",
            "outcome": "created",
            "size": 3,
        }

    def test_a_dry_run_has_the_problems(self, run: Run, kit: Path) -> None:
        run("unpack", "--at-plt", kit)
        ran = run("unpack", "--at-plt", "--dry-run", "--json", kit)
        (problem,) = json.loads(ran.out)["archives"][0]["problems"]
        assert (ran.code, problem.startswith(f"{kit}: the archive conflicts")) == (5, True)

    def test_what_was_done_before_an_error_is_told(self, run: Run, kit: Path, tmp_path: Path) -> None:
        other = make(tmp_path / "other.plt", "other")
        run("unpack", "--at-plt", kit)
        ran = run("unpack", "--at-plt", "--json", other, kit)
        assert (ran.code, [one["archive"] for one in json.loads(ran.out)["archives"]]) == (5, [str(other)])
        assert json.loads(run("unpack", "--at-plt", "--json", kit).out)["error"]["exitCode"] == 5

    def test_setup_prints_elsewhere(self, run: Run, kit: Path, tmp_path: Path) -> None:
        ran = run("unpack", "--at-plt", "--json", "--setup", "--racket", racket(tmp_path / "inst"), kit)
        assert json.loads(ran.out)["archives"][0]["collections"] == ["kit"]
        assert ran.err == "ran -l- raco setup -l kit\n"


class TestSetup:
    def test_once_for_all(self, run: Run, kit: Path, tmp_path: Path) -> None:
        other = make(tmp_path / "other.plt", "other", collections=(("other",), ("kit",)))
        ran = run("unpack", "--at-plt", "--setup", "--racket", racket(tmp_path / "inst"), kit, other)
        expected = "to set up: kit\nto set up: other\nto set up: kit\nran -l- raco setup -l kit other\n"
        assert (ran.code, ran.out) == (0, expected)

    def test_without_a_racket_nothing_is_installed(self, run: Run, kit: Path) -> None:
        ran = run("unpack", "--at-plt", "--setup", kit)
        assert (ran.code, "--racket DIR" in ran.err, os.path.exists("home")) == (6, True, False)

    def test_its_failure(self, run: Run, kit: Path, tmp_path: Path) -> None:
        ran = run("unpack", "--at-plt", "--setup", "--racket", racket(tmp_path / "inst", 3), kit)
        assert (ran.code, "raco setup of kit failed with exit status 3" in ran.err) == (6, True)

    def test_not_on_a_dry_run(self, run: Run, kit: Path, tmp_path: Path) -> None:
        assert (
            "ran"
            not in run("unpack", "--at-plt", "--setup", "--dry-run", "--racket", racket(tmp_path / "inst"), kit).out
        )


@pytest.mark.parametrize(
    "flags",
    [
        *(["--all-users"], ["--no-check"], ["--setup"], ["--racket", "x"], ["--racket-version", "8"]),
        *(["--collects", "x"], ["--at-plt", "-C", "x"], ["--at-plt", "--salvage"], ["--at-plt", "--exclude", "x"]),
    ],
    ids=str,
)
def test_options_that_do_not_fit(run: Run, kit: Path, flags: list[str]) -> None:
    ran = run("unpack", *flags, kit)
    assert (ran.code, ran.out, os.listdir(".")) == (2, "", ["kit.plt"])


def test_the_configuration_is_shown_before(run: Run, kit: Path) -> None:
    out = run("unpack", "--at-plt", "-c", kit).out
    assert out.startswith('config:\n name: "kit"\n')
    assert out.endswith("to set up: kit\n")
