"""``raco-pack --collect``, on a machine without Racket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Collections in ``cols``, in the folder where the programs run; no Racket."""
    for name in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    for path, text in {
        "cols/a/info.rkt": '#lang info\n(define name "A")\n',
        "cols/a/main.rkt": "#lang racket/base\n",
        "cols/a/notes.txt": "notes",
        "cols/a/compiled/main_rkt.zo": "zo",
        "cols/a/b/x.rkt": "x",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def listed(run: Run, *arguments: str) -> list[str]:
    """What the archive that is made holds."""
    ran = run("raco-pack", "--collect", "--collects", "cols", "-q", *arguments, "o.plt", "a")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    with open_archive("o.plt") as archive:
        return ["/".join(map(str, entry.path[1:])) for entry in archive]


@pytest.mark.usefixtures("folder")
class TestFiles:
    def test_plain(self, run: Run) -> None:
        assert listed(run) == ["a", "a/b", "a/b/x.rkt", "a/info.rkt", "a/main.rkt", "a/notes.txt"]

    def test_include_compiled(self, run: Run) -> None:
        assert {"a/compiled", "a/compiled/main_rkt.zo"} <= set(listed(run, "--include-compiled"))

    def test_exclude_counts_from_the_collection(self, run: Run) -> None:
        assert listed(run, "--exclude", "/b/", "--exclude", "*.txt") == ["a", "a/info.rkt", "a/main.rkt"]


def test_header(run: Run, folder: Path) -> None:
    ran = run(
        "raco-pack", "o.plt", "a/b", "a", "--collect", "-C", "cols", "--collects", ".", "--replace", "--all-users",
        "++setup", "x/y", "-v",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"MzTarring {folder}/cols/a/b as collects/a/b..."
    assert ran.out.splitlines()[-1] == ' [output to "o.plt"]'
    with open_archive(folder / "o.plt") as archive:
        header = archive.header
    assert (header.name, header.conflicts, header.collections) == ("a", (), (("x/y",), ("a",)))
    assert (header.plt_home_relative, header.test_plt_dirs) == (True, ("collects",))


@pytest.mark.parametrize(
    ("flags", "name"), [([], "A"), (["--plt-name", "archive"], "archive"), (["--plt-name", ""], "")], ids=str
)
def test_name(run: Run, folder: Path, flags: list[str], name: str) -> None:
    assert run("raco-pack", "--collect", "--collects", folder / "cols", *flags, "o.plt", "a").code == 0
    with open_archive(folder / "o.plt") as archive:
        assert archive.header.name == name


def test_dry_run(run: Run, folder: Path) -> None:
    ran = run("raco-pack", "--collect", "--collects", "cols", "--dry-run", "--json", "o.plt", "a/b")
    document = json.loads(ran.out)
    assert (document["files"], document["directories"]) == (1, 1)
    assert not (folder / "o.plt").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["o.plt", "nowhere"], 6, "no collection nowhere"),
        (["o.plt", "a/"], 6, "empty or absolute element"),
        (["o.plt"], 2, "--collect takes one collection or more"),
    ],
)
def test_wrong_calls(run: Run, folder: Path, arguments: list[str], code: int, message: str) -> None:
    (folder / "o.plt").write_text("old")
    ran = run("raco-pack", "--collect", "--collects", "cols", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert (folder / "o.plt").read_text() == "old"


def test_its_options_say_when_they_do_nothing(run: Run, folder: Path) -> None:
    (folder / "x").write_text("x")
    ran = run("raco-pack", "-q", "--include-compiled", "o.plt", "x")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "raco-pack: --include-compiled: of no effect without --collect\n"
