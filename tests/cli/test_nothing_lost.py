"""No command replaces a file that it was not meant for, drops a part of what was asked for, or does so in silence."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from tests.cli.conftest import Run
from tests.trees import archive, file, files_in, folder


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A folder with an archive of each kind, a page and a text."""
    entries = [folder("kit"), file("kit", "main.rkt"), file("kit", "notes.txt"), folder("kit", "sub"),
               file("kit", "sub", "x.rkt"), file("top.rkt")]  # fmt: skip
    (tmp_path / "kit.plt").write_bytes(archive(*entries))
    (tmp_path / "other.plt").write_bytes(archive(*entries))
    with zipfile.ZipFile(tmp_path / "kit.zip", "w") as package:
        package.writestr("main.rkt", "#lang racket/base\n")
    with tarfile.open(tmp_path / "kit.tgz", "w:gz") as tarred:
        tarred.add(tmp_path / "kit.zip", "x")
    (tmp_path / "page.html").write_text("<!DOCTYPE html><p>old</p>")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "empty").write_text("")
    return tmp_path


class TestOutputs:
    """What is there is replaced by something else only if that was asked for."""

    @pytest.mark.parametrize(
        ("command", "lost"),
        [
            ("pltpack show --html kit.plt other.plt", "kit.plt"),
            ("pltpack show other.plt --html notes.txt", "notes.txt"),
            ("pltpack show page.html --html page.html", "page.html"),
            ("pltpack convert --format zip kit.plt other.plt", "other.plt"),
            ("pltpack convert kit.zip notes.txt --format plt", "notes.txt"),
            ("pltpack convert kit.plt kit.plt", "kit.plt"),
            ("pltpack convert kit.plt ./kit.plt", "kit.plt"),
            ("pltpack convert --into out --format tgz kit.plt", "out/kit.tgz"),
            ("raco-pack notes.txt kit.zip", "notes.txt"),
            ("raco-pack kit.plt kit.plt", "kit.plt"),
            ("raco-pack --dry-run notes.txt kit.zip", "notes.txt"),
            ("pltpack convert --dry-run kit.plt other.plt --format zip", "other.plt"),
        ],
    )
    def test_it_is_not_what_would_be_written(self, run: Run, kit: Path, command: str, lost: str) -> None:
        (kit / "out").mkdir()
        (kit / "out" / "kit.tgz").write_text("a text")
        before = files_in(kit)
        ran = run(*command.split())
        assert (ran.code, ran.out) == (5, "")
        assert lost in ran.err
        assert "-f replaces it" in ran.err
        assert len(ran.err.splitlines()) == 1
        assert files_in(kit) == before

    @pytest.mark.parametrize(
        "command",
        [
            "pltpack show kit.plt --html page.html",
            "pltpack show kit.plt --html empty",
            "pltpack show kit.plt --html /dev/null",
            "pltpack show kit.plt --html notes.txt -f",
            "pltpack convert kit.plt kit.zip",
            "pltpack convert kit.plt kit.plt -f",
            "pltpack convert kit.zip notes.txt --format plt -f",
            "raco-pack other.plt notes.txt",
            "raco-pack -f kit.zip notes.txt",
            "raco-pack empty notes.txt",
        ],
    )
    def test_it_is_or_was_asked_for(self, run: Run, kit: Path, command: str) -> None:
        ran = run(*command.split())
        assert ran.code == 0, ran.err
        assert sorted(os.listdir(kit)) == sorted(
            ["empty", "kit.plt", "kit.tgz", "kit.zip", "notes.txt", "other.plt", "page.html"]
        )

    def test_force_without_a_page(self, run: Run, kit: Path) -> None:
        assert run("pltpack", "show", kit / "kit.plt", "-f").code == 2


@pytest.mark.usefixtures("kit")
class TestChoosing:
    """A listing shows what would be unpacked."""

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (["--only", "*.rkt"], ["kit/main.rkt", "kit/sub/x.rkt", "top.rkt"]),
            (["--only", "kit/"], ["kit/", "kit/main.rkt", "kit/notes.txt", "kit/sub/", "kit/sub/x.rkt"]),
            (["--exclude", "sub/", "--exclude", "*.txt"], ["kit/", "kit/main.rkt", "top.rkt"]),
            (["--strip-components", "1"], ["main.rkt", "notes.txt", "sub/", "sub/x.rkt"]),
            (["--strip-components", "2", "--only", "*.rkt"], ["x.rkt"]),
            (["--exclude", "kit/", "--exclude", "!kit/main.rkt"], ["top.rkt"]),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_listed_is_what_is_unpacked(
        self, run: Run, kit: Path, options: list[str], expected: list[str], jobs: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pltpack_cli.processes._WORTH_IT", 0)
        names = ["kit.plt", "other.plt"][:jobs]
        ran = run("raco-unpack", "-l", *options, *names, "--jobs", str(jobs))
        assert (ran.code, ran.out.splitlines(), ran.err) == (0, expected * jobs, "")
        entries = json.loads(run("raco-unpack", "-l", "--json", *options, "kit.plt").out)["archives"][0]["entries"]
        assert [entry["path"] + "/" * (entry["kind"] == "dir") for entry in entries] == expected
        assert run("raco-unpack", *options, "kit.plt", "-C", "out").code == 0
        there = {f"{path.relative_to(kit / 'out')}{'/' * path.is_dir()}" for path in (kit / "out").rglob("*")}
        assert {line for line in expected if not line.endswith("/")} == {line for line in there if line[-1] != "/"}
        assert {line for line in expected if line.endswith("/")} <= there
        assert not (kit / "out" / "kit").exists() or any("kit" in line for line in expected)

    @pytest.mark.parametrize("listing", [[], ["-l"], ["-l", "--json"], ["-l", "-q"], ["--json"]])
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--only", "*.zip"], "nothing in kit.plt matches *.zip"),
            (["--strip-components", "9"], "nothing in kit.plt has more than 9 names in its path"),
        ],
    )
    def test_nothing_is_left(self, run: Run, listing: list[str], options: list[str], said: str) -> None:
        ran = run("raco-unpack", *listing, *options, "kit.plt", "-C" if not listing or listing == ["--json"] else "-c",
                  *(["out"] if not listing or listing == ["--json"] else []))  # fmt: skip
        assert ran.code == 1
        assert said in ran.err

    @pytest.mark.parametrize("option", ["--at-plt", "--salvage", "--sanitize", "--durable", "-v", "-Cout"])
    def test_what_a_listing_cannot_do_is_a_wrong_call(self, run: Run, option: str) -> None:
        ran = run("raco-unpack", "-l", option, "kit.plt")
        assert (ran.code, ran.out) == (2, "")
        assert "--list" in ran.err

    def test_packing_and_unpacking_exclude_the_same(self, run: Run, kit: Path) -> None:
        patterns = ["--exclude", "sub/", "--exclude", "!kit/sub/x.rkt", "--exclude", "[[:alpha:]]*.txt"]
        run("raco-unpack", "-C", "all", "kit.plt")
        run("raco-unpack", "-C", "some", *patterns, "kit.plt")
        run("raco-pack", "-q", "-C", "all", *patterns, "some.plt", "kit", "top.rkt")
        with open_archive("some.plt") as opened:
            packed = {"/".join(map(str, entry.path)) for entry in opened if hasattr(entry, "body")}
        assert packed == set(files_in(kit / "some")) == {"kit/main.rkt", "top.rkt"}


BAD_PATTERNS = ["!", "\\", "doc\\", "[z-a]", "[a--b]", "[", "[[:nope:]]", "[[:digit:]"]


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("pattern", BAD_PATTERNS)
def test_patterns_that_git_takes_match_nothing(run: Run, pattern: str) -> None:
    ran = run("pltpack", "list", "kit.plt", pattern)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    for arguments in (["raco-unpack", "--dry-run", "kit.plt"], ["raco-pack", "--dry-run", "x.plt", "notes.txt"]):
        assert run(*arguments, "--exclude", pattern) == run(*arguments)


VOICES = [
    "raco-unpack kit.plt", "raco-pack x.plt notes.txt", "pltpack verify kit.plt", "pltpack convert kit.plt x.zip",
    "raco-pkg create .",
]  # fmt: skip


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("command", VOICES)
def test_quiet_and_verbose_exclude_each_other(run: Run, command: str) -> None:
    ran = run(*command.split(), "-q", "-v")
    assert (ran.code, ran.out) == (2, "")
    assert "exclude each other" in ran.err


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("place", [["kit.plt", "out"], ["--into", "out", "--format", "dir", "kit.plt"]], ids=str)
def test_a_directory_has_no_checksum(run: Run, place: list[str]) -> None:
    ran = run("pltpack", "convert", "--checksum", *place)
    assert (ran.code, os.path.exists("out")) == (2, False)
    assert "--checksum" in ran.err


class TestJsonOfErrors:
    """With --json there is always one document."""

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("pltpack list cut.plt", 3), ("pltpack show none.plt", 6), ("pltpack diff kit.plt none.plt", 6),
            ("pltpack convert none.plt x.zip", 6), ("pltpack create none", 6), ("raco-pack x.plt none", 6),
            ("pltpack dirs --racket none", 6), ("pltpack info none", 6), ("pltpack info kit.zip", 3),
            ("pltpack dirs --racket-version x", 2),
        ],
    )  # fmt: skip
    def test_one_document(self, run: Run, kit: Path, command: str, code: int) -> None:
        (kit / "cut.plt").write_bytes(b"H4sIAAAA")
        ran = run(*command.split(), "--json")
        document = json.loads(ran.out)
        assert ran.code == code
        assert (document["version"], document["error"]["exitCode"]) == (1, code)
        assert document["error"]["message"] in ran.err

    def test_what_was_done_before_is_told(self, run: Run, kit: Path) -> None:
        (kit / "kit").write_text("in the way")
        with create_archive(kit / "one.plt", Header("one")) as output:
            output.add_file(("one",), b"1", 1)
        ran = run("raco-unpack", "--json", "one.plt", "kit.plt")
        assert ran.code == 5
        document = json.loads(ran.out)
        assert [each["archive"] for each in document["archives"]] == ["one.plt"]


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("SOURCE_DATE_EPOCH", "abc", "raco-pkg create p"),
        ("PLTPACK_RACKET_VERSION", "eight", "pltpack dirs"),
        ("PLTPACK_RACKET_VERSION", "eight", "pltpack info p"),
        ("PLTADDONDIR", "", "pltpack dirs --racket-version 8.7"),
        ("PLTCOLLECTS", "relative", "pltpack dirs --racket-version 8.7"),
        ("PLTCONFIGDIR", "", "unpack --at-plt p.plt"),
    ],
)
def test_wrong_values_of_variables_are_wrong_calls(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, command: str
) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "info.rkt").write_text("#lang info\n")
    (tmp_path / "p.plt").write_bytes(archive(file("x")))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(variable, value)
    ran = run(*command.split())
    assert (ran.code, ran.out) == (2, "")
    assert variable in ran.err
    assert len(ran.err.splitlines()) == 1
