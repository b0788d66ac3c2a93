"""``pltpack convert --into``: what is converted where, what is told of it, and what is a wrong call."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from tests.cli.conftest import Run
from tests.cli.test_looking import document
from tests.trees import archive, file

MAIN = b"#lang racket/base\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with a package in each format under a name of its own, and with three that cannot be converted."""
    (tmp_path / "one.plt").write_bytes(archive(file("one", "main.rkt", data=MAIN)))
    (tmp_path / "raw.bin").write_bytes((tmp_path / "one.plt").read_bytes())
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as output:
        output.writestr("two/main.rkt", MAIN)
        output.writestr("info.rkt", b"")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "main.rkt").write_bytes(MAIN)
    for name in ("four.tar", "five.tgz", "six.tar.gz"):
        with tarfile.open(tmp_path / name, "w" if name.endswith("r") else "w:gz") as output:
            output.add(tmp_path / "three" / "main.rkt", "main.rkt")
    (tmp_path / "cut.plt").write_bytes((tmp_path / "one.plt").read_bytes()[:-20])
    (tmp_path / "evil.plt").write_bytes(archive(file("..", "x")))
    return tmp_path


def below(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.usefixtures("store")
class TestNames:
    @pytest.mark.parametrize(
        ("format", "suffix"), [("zip", ".zip"), ("plt", ".plt"), ("tgz", ".tgz"), ("tar", ".tar"), ("dir", "")]
    )
    def test_each_has_its_own(self, run: Run, store: Path, format: str, suffix: str) -> None:
        sources = ["one.plt", "two.zip", "three/", "four.tar", "five.tgz", "six.tar.gz", "raw.bin"]
        ran = run("pltpack", "convert", "--into", "new/out", "--format", format, *sources)
        objection = "'raw.bin' is no package name: use letters, digits, - and _ in ASCII"
        warning = f"pltpack: warning: new/out/raw.bin{suffix}: raco pkg install will object: {objection}\n"
        assert (ran.code, ran.err) == (0, warning)
        names = ["one", "two", "three", "four", "five", "six", "raw.bin"]
        assert below(store / "new" / "out") == sorted(name + suffix for name in names)
        told = [line.split(" ")[0] for line in ran.out.splitlines() if " -> " in line]
        assert told == sources

    def test_the_content_is_there(self, run: Run, store: Path) -> None:
        run("pltpack", "convert", "--into", "out", "--format", "zip", "one.plt", "four.tar")
        for name, member in (("one", "one/main.rkt"), ("four", "main.rkt")):
            with zipfile.ZipFile(store / "out" / f"{name}.zip") as package:
                assert package.read(member) == MAIN

    def test_one_small_source(self, run: Run, store: Path) -> None:
        """It may have a name in the header that is not the file's."""
        run("pltpack", "convert", "--into", ".", "--format", "plt", "--name", "Trois", "three", "--checksum")
        assert document(run("pltpack", "show", "three.plt", "--json").out)["header"]["name"] == "Trois"
        assert (store / "three.plt.CHECKSUM").exists()

    def test_the_directory_one_is_in(self, run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(store / "three")
        assert run("pltpack", "convert", "--into", "../out", "--format", "zip", ".").code == 0
        assert below(store / "out") == ["three.zip"]


class TestFailures:
    @pytest.mark.parametrize(
        ("sources", "code"),
        [
            (("cut.plt", "none.plt", "one.plt"), 3),
            (("none.plt", "one.plt", "cut.plt"), 6),
            (("one.plt", "evil.plt", "none.plt"), 4),
        ],
        ids=str,
    )
    def test_the_first_one_gives_the_exit_code(self, run: Run, store: Path, sources: list[str], code: int) -> None:
        ran = run("pltpack", "convert", "--into", "out", "--format", "dir", *sources)
        assert ran.code == code
        assert below(store / "out") == ["one"]
        failed = [source for source in sources if source != "one.plt"]
        assert [line.split()[1].strip(":,") for line in ran.err.splitlines() if line.startswith("pltpack: ")] == failed

    def test_the_archive_is_named(self, run: Run, store: Path) -> None:
        """Even for an error that is about the package alone: here two files of the archive would be one in it."""
        with create_archive(store / "twice.plt", Header("twice")) as output:
            for folder in ("collects", "lib"):
                output.add_file((folder, "x"), b"", 0)
        ran = run("pltpack", "convert", "--into", "out", "--format", "zip", "one.plt", "twice.plt")
        assert ran.code == 3
        assert ran.err.startswith("pltpack: twice.plt, entry lib/x: ")

    @pytest.mark.parametrize("into", ["out", "new/out"])
    def test_a_directory_for_nothing_is_not_left(self, run: Run, store: Path, into: str) -> None:
        before = below(store)
        assert run("pltpack", "convert", "--into", into, "--format", "zip", "cut.plt").code == 3
        assert below(store) == before

    def test_a_directory_that_was_there_stays(self, run: Run, store: Path) -> None:
        (store / "out").mkdir()
        run("pltpack", "convert", "--into", "out", "--format", "zip", "cut.plt")
        assert below(store / "out") == []

    def test_what_is_in_the_way(self, run: Run, store: Path) -> None:
        (store / "out" / "one").mkdir(parents=True)
        (store / "out" / "one" / "mine").write_text("")
        ran = run("pltpack", "convert", "--into", "out", "--format", "dir", "one.plt", "two.zip")
        assert ran.code == 5
        assert "out/one" in ran.err
        assert (below(store / "out"), below(store / "out" / "one")) == (["one", "two"], ["mine"])

    def test_lossless(self, run: Run, store: Path) -> None:
        """A .plt holds no times: the directory has some to lose, the other .plt has none."""
        ran = run("pltpack", "convert", "--into", "out", "--format", "plt", "--lossless", "three", "one.plt")
        assert ran.code == 1
        assert ran.err == "pltpack: out/three.plt: not written, as it would lose something\n"
        assert below(store / "out") == ["one.plt"]

    def test_a_dry_run(self, run: Run, store: Path) -> None:
        before = below(store), store.stat().st_mtime_ns
        ran = run("pltpack", "convert", "--into", "out", "--format", "zip", "--dry-run", "one.plt", "cut.plt")
        assert ran.code == 3
        assert "one.plt (plt) -> out/one.zip (zip): 2 files, 1 directory" in ran.out
        assert (below(store), store.stat().st_mtime_ns) == before


@pytest.mark.usefixtures("store")
class TestJson:
    def test_all_are_told(self, run: Run) -> None:
        ran = run("pltpack", "convert", "--into", "out", "--format", "zip", "--json", "one.plt", "cut.plt", "two.zip")
        found = document(ran.out)
        assert found["schema"] == "pltpack.convert-into"
        assert found["into"] == "out"
        one, cut, two = found["conversions"]
        assert [each["source"]["archive"] for each in (one, cut, two)] == ["one.plt", "cut.plt", "two.zip"]
        assert [each["dest"]["archive"] for each in (one, cut, two)] == ["out/one.zip", "out/cut.zip", "out/two.zip"]
        assert [each["written"] for each in (one, cut, two)] == [True, False, True]
        assert [each["exitCode"] for each in (one, cut, two)] == [0, 3, 0]
        assert (one["error"], two["error"]) == (None, None)
        assert ran.err == f"pltpack: {cut['error']}\n"
        assert "cut.plt" in cut["error"]
        assert one["added"] == ["info.rkt"]

    def test_each_is_told_as_it_is_alone(self, run: Run) -> None:
        alone = document(run("pltpack", "convert", "one.plt", "out.zip", "--dry-run", "--json").out)
        options = ("--format", "zip", "--dry-run", "--json")
        (one,) = document(run("pltpack", "convert", "--into", ".", *options, "one.plt").out)["conversions"]
        assert set(one) == {*alone, "error", "exitCode"} - {"schema", "version"}

    def test_a_refusal_is_no_error(self, run: Run) -> None:
        arguments = ("--into", "out", "--format", "plt", "--lossless", "--json", "three")
        (three,) = document(run("pltpack", "convert", *arguments).out)["conversions"]
        assert not three["written"]
        assert (three["lossless"], three["error"], three["exitCode"]) == (False, None, 1)


ZIP = ("--format", "zip")

WRONG_CALLS = [
    (("one.plt",), ("DEST", "--into")),
    (("one.plt", "two.zip", "three"), ("DEST", "--into")),
    (("one.plt", "one.foo"), ("one.foo", "--format", ".zip")),
    (("one.plt", "one.tar.bz2", "--checksum"), ("one.tar.bz2", "--format")),
    (("--into", "out", "one.plt"), ("--into", "--format")),
    (("--into", "out", "--format", "rar", "one.plt"), ("--format", "rar")),
    (("--into", "out", *ZIP, "--name", "x", "one.plt", "two.zip"), ("--name",)),
    (("--into", "out", *ZIP, "one.plt", "-"), ("standard input",)),
    (("--into", "out", *ZIP, "/"), ("/ has no name",)),
    (("--into", "out", *ZIP, "one.plt", "other/one.tgz"), ("one.plt", "other/one.tgz", "out/one.zip")),
    (("--into", "out", *ZIP, "one.plt", "./one.plt"), ("one.plt", "./one.plt")),
    (("--into", ".", *ZIP, "one.plt", "two.zip"), ("two.zip", "./two.zip")),
    (("--into", "here", *ZIP, "two.zip"), ("two.zip", "here/two.zip")),
    (("--into", "linked", "--format", "plt", "two.zip", "one.plt"), ("two.zip", "linked/two.plt", "source one.plt")),
    (("--into", "three/out", *ZIP, "one.plt", "three"), ("three/out lies in three",)),
]
"""Arguments, and words that the message must have."""


@pytest.mark.parametrize(("arguments", "words"), WRONG_CALLS, ids=str)
def test_wrong_calls_change_nothing(run: Run, store: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    (store / "here").symlink_to(".")
    (store / "linked").mkdir()
    (store / "linked" / "two.plt").symlink_to("../one.plt")
    before = {path: path.read_bytes() if path.is_file() else None for path in store.rglob("*")}
    ran = run("pltpack", "convert", *arguments)
    assert (ran.code, ran.out) == (2, "")
    for word in words:
        assert word in ran.err
    assert {path: path.read_bytes() if path.is_file() else None for path in store.rglob("*")} == before
