"""``pltpack list``, ``show``, ``cat``, ``verify``, ``diff``, ``convert``: what they print, and their exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.convert import convert
from tests.cli.conftest import Run
from tests.trees import archive, file, folder

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A folder with the same package in several formats."""
    header = Header("kit", requires=((("racket",), (6, 1)),), collections=(("kit",),))
    with create_archive(tmp_path / "kit.plt", header) as output:
        output.add_directory(("collects", "kit"))
        output.add_file(("collects", "kit", "main.rkt"), b"#lang racket/base\n", 18)
        output.add_file(("collects", "kit", "notes.txt"), b"one\ntwo\n", 8, replace=True)
    convert(tmp_path / "kit.plt", tmp_path / "kit.zip")
    convert(tmp_path / "kit.plt", tmp_path / "kit.tgz")
    (tmp_path / "evil.plt").write_bytes(archive(file("..", "x"), file("a\x1b[31m")))
    (tmp_path / "cut.plt").write_bytes((tmp_path / "kit.plt").read_bytes()[:-40])
    return tmp_path


def document(text: str) -> dict[str, Any]:
    """A JSON document, every key of which is written down in the documentation."""
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    check_keys({key: value for key, value in found.items() if key not in ("schema", "version")})
    assert found["version"] == 1
    assert f"## {found['schema']}" in DOCS
    return found


def check_keys(value: object) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            assert f"`{key}`" in DOCS, key
            if key != "directories" or isinstance(inner, int):
                check_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            check_keys(inner)


# list


@pytest.mark.usefixtures("kit")
class TestList:
    def test_paths_as_racket_lists_them(self, run: Run) -> None:
        ran = run("pltpack", "list", "kit.plt")
        assert ran.out == "collects/kit/\ncollects/kit/main.rkt\ncollects/kit/notes.txt [replace]\n"
        assert (ran.code, ran.err) == (0, "")

    def test_other_formats(self, run: Run) -> None:
        lines = run("pltpack", "list", "kit.zip").out.splitlines()
        assert sorted(lines) == ["info.rkt", "kit/", "kit/main.rkt", "kit/notes.txt"]

    @pytest.mark.parametrize(
        ("globs", "expected"),
        [(["*.rkt"], ["collects/kit/main.rkt"]), (["kit/"], None), (["/main.rkt"], []), (["*", "!*.txt"], None)],
    )
    def test_globs(self, run: Run, globs: list[str], expected: list[str] | None) -> None:
        ran = run("pltpack", "list", "kit.plt", *globs)
        lines = ran.out.splitlines()
        if expected is not None:
            assert lines == expected
        assert ran.code == (0 if lines else 1)
        assert lines or "nothing in kit.plt matches" in ran.err

    def test_the_table_and_the_tree(self, run: Run) -> None:
        long = run("pltpack", "list", "-l", "kit.plt").out.splitlines()
        assert long[1].split() == ["file", "18", "collects/kit/main.rkt"]
        assert long[-1] == "2 files, 1 directory, 26 bytes"
        assert run("pltpack", "list", "-l", "kit.tgz").out.splitlines()[-2].startswith("-rw-r--r--")
        assert run("pltpack", "list", "--tree", "kit.plt").out.splitlines() == [
            "kit.plt",
            "└── collects/  (2 files, 26 bytes)",
            "    └── kit/  (2 files, 26 bytes)",
            "        ├── main.rkt  18",
            "        └── notes.txt  8",
            "2 files, 1 directory, 26 bytes",
        ]

    def test_json(self, run: Run) -> None:
        found = document(run("pltpack", "list", "--json", "kit.plt", "*.txt").out)
        assert found["counts"] == {"files": 1, "directories": 0, "links": 0, "bytes": 8}
        assert found["entries"] == [
            {
                "kind": "file-replace",
                "path": "collects/kit/notes.txt",
                "elements": ["collects", "kit", "notes.txt"],
                "size": 8,
            }
        ]

    def test_damage_is_told_behind_what_could_be_listed(self, run: Run) -> None:
        ran = run("pltpack", "list", "cut.plt")
        assert ran.code == 3
        assert "cut.plt" in ran.err

    @pytest.mark.parametrize("flags", [["-l", "--tree"], ["--json", "--long"]])
    def test_forms_exclude_each_other(self, run: Run, flags: list[str]) -> None:
        assert run("pltpack", "list", "kit.plt", *flags).code == 2

    def test_limits_can_be_set(self, run: Run) -> None:
        ran = run("pltpack", "list", "kit.plt", "--max-entries", "2")
        assert ran.code == 4
        assert "--max-entries raises the limit" in ran.err

    def test_what_is_missing(self, run: Run) -> None:
        ran = run("pltpack", "list", "none.plt")
        assert ran.code == 6
        assert ran.err == "pltpack: none.plt: No such file or directory\n"


def from_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("name", ["kit.plt", "kit.zip", "kit.tgz"])
@pytest.mark.parametrize("command", ["list", "show", "verify", "cat"])
def test_standard_input(run: Run, kit: Path, monkeypatch: pytest.MonkeyPatch, name: str, command: str) -> None:
    from_stdin(monkeypatch, (kit / name).read_bytes())
    member = ["collects/kit/main.rkt" if name == "kit.plt" else "kit/main.rkt"] if command == "cat" else []
    ran = run("pltpack", command, "-", *member)
    assert ran.code == 0
    assert {"show": "standard input (", "verify": "standard input: OK"}.get(command, "") in ran.out


# show


@pytest.mark.usefixtures("kit")
class TestShow:
    def test_facts(self, run: Run) -> None:
        out = run("pltpack", "show", "kit.plt").out
        facts = dict(line.split(":", 1) for line in out.splitlines() if not line.startswith(" "))
        assert [facts[name].strip() for name in ("name", "requires", "sets up", "content")] == [
            "kit", "racket 6.1", "kit", "2 files, 1 directory, 26 bytes",
        ]  # fmt: skip
        assert re.fullmatch(r" *[0-9a-f]{64}", facts["raw SHA-256"])

    def test_json(self, run: Run) -> None:
        found = document(run("pltpack", "show", "kit.plt", "--json", "--digests").out)
        assert found["header"]["requires"] == [{"collection": "racket", "version": [6, 1]}]
        assert found["package"]["collections"] == ["kit"]
        assert found["encoding"]["layers"] == "base64+gzip"
        assert all(len(entry["sha256"]) == 64 for entry in found["entries"] if entry["kind"] != "dir")
        for name in ("kit.zip", "kit.tgz", "evil.plt"):
            document(run("pltpack", "show", name, "--json").out)

    def test_damage_is_shown_and_is_an_error(self, run: Run) -> None:
        ran = run("pltpack", "show", "cut.plt")
        assert ran.code == 3
        assert "kit" in ran.out
        assert "before the damage" in ran.out
        assert document(run("pltpack", "show", "cut.plt", "--json").out)["damage"]

    def test_names_are_escaped(self, run: Run) -> None:
        assert "\x1b" not in run("pltpack", "show", "--json", "evil.plt").out

    def test_a_page(self, run: Run, kit: Path) -> None:
        ran = run("pltpack", "show", "kit.plt", "--html", "page.html")
        assert (ran.code, ran.out) == (0, "")
        text = (kit / "page.html").read_text("utf-8")
        assert text.startswith("<!DOCTYPE html>")
        assert "main.rkt" in text


# cat


@pytest.mark.usefixtures("kit")
class TestCat:
    @pytest.mark.parametrize("prefix", ["kit.plt collects/", "kit.zip ", "kit.tgz "])
    def test_members_in_the_order_asked_for(self, run: Run, prefix: str) -> None:
        name, _, above = prefix.partition(" ")
        ran = run("pltpack", "cat", name, f"{above}kit/notes.txt", f"{above}kit/main.rkt")
        assert ran.out == "one\ntwo\n#lang racket/base\n"

    @pytest.mark.parametrize(
        ("name", "member", "hint"),
        [
            ("kit.plt", "main.rkt", "did you mean collects/kit/main.rkt?"),
            ("kit.zip", "kit/man.rkt", "did you mean kit/main.rkt"),
            ("kit.zip", "zzzzzz", "there is no file 'zzzzzz'\n"),
        ],
    )
    def test_a_mistyped_member(self, run: Run, name: str, member: str, hint: str) -> None:
        ran = run("pltpack", "cat", name, member)
        assert (ran.code, ran.out) == (6, "")
        assert hint in ran.err

    def test_nothing_is_printed_of_a_damaged_archive(self, run: Run) -> None:
        ran = run("pltpack", "cat", "cut.plt", "collects/kit/main.rkt")
        assert (ran.code, ran.out) == (3, "")


# verify


@pytest.mark.usefixtures("kit")
class TestVerify:
    def test_good_ones(self, run: Run) -> None:
        ran = run("pltpack", "verify", "kit.plt", "kit.zip")
        assert ran.code == 0
        assert ran.out.splitlines()[0] == "kit.plt: OK (2 files, 1 directory, 26 bytes)"
        assert run("pltpack", "verify", "-q", "kit.plt").out == ""

    def test_the_worst_decides(self, run: Run) -> None:
        assert run("pltpack", "verify", "kit.plt", "evil.plt").code == 1
        ran = run("pltpack", "verify", "evil.plt", "cut.plt", "kit.plt")
        assert ran.code == 3
        assert "evil.plt: unsafe: entry ../x: the path leads upwards (..)" in ran.out
        assert "cut.plt: damage: " in ran.out
        assert "kit.plt: OK" in ran.out

    def test_a_missing_file_does_not_stop_the_others(self, run: Run) -> None:
        ran = run("pltpack", "verify", "none.plt", "kit.plt")
        assert ran.code == 6
        assert "none.plt: No such file" in ran.err
        assert "kit.plt: OK" in ran.out

    def test_json(self, run: Run) -> None:
        found = document(run("pltpack", "verify", "--json", "kit.plt", "evil.plt", "cut.plt").out)
        assert [(each["whole"], each["clean"]) for each in found["archives"]] == [
            (True, True), (True, False), (False, False),
        ]  # fmt: skip

    def test_notes_on_request(self, run: Run, kit: Path) -> None:
        (kit / "crlf.plt").write_bytes((kit / "kit.plt").read_bytes().replace(b"\n", b"\r\n"))
        assert "note" not in run("pltpack", "verify", "crlf.plt").out
        assert "crlf.plt: note: the lines end with CR LF" in run("pltpack", "verify", "-v", "crlf.plt").out


def test_every_code_is_documented() -> None:
    source = "".join(
        (Path(__file__).parents[2] / "pltpack" / "inspection" / name).read_text("utf-8")
        for name in ("verify.py", "names.py")
    )
    codes = set(re.findall(r'Level\.[A-Z]+,\s*"([a-z-]+)"', source)) | set(re.findall(r'Error": "([a-z-]+)"', source))
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in DOCS} == set()


# diff


@pytest.mark.usefixtures("kit")
class TestDiff:
    def test_no_difference(self, run: Run) -> None:
        ran = run("pltpack", "diff", "kit.plt", "kit.zip")
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        assert document(run("pltpack", "diff", "kit.plt", "kit.tgz", "--json").out)["equal"]

    def test_differences(self, run: Run, kit: Path) -> None:
        convert(kit / "kit.zip", kit / "kit")
        (kit / "kit" / "kit" / "notes.txt").write_text("one\n2\n")
        (kit / "kit" / "kit" / "new").write_text("new")
        (kit / "kit" / "kit" / "main.rkt").chmod(0o755)
        (kit / "kit" / "info.rkt").unlink()
        ran = run("pltpack", "diff", "kit.zip", "kit", "--content")
        assert ran.code == 1
        assert ran.out.splitlines() == [
            "- info.rkt (54 bytes)",
            "~ kit/main.rkt: mode 0644 -> 0755",
            "+ kit/new (3 bytes)",
            "~ kit/notes.txt: content (8 -> 6 bytes)",
            "--- kit.zip/kit/notes.txt",
            "+++ kit/kit/notes.txt",
            "@@ -1,2 +1,2 @@",
            " one",
            "-two",
            "+2",
        ]
        found = document(run("pltpack", "diff", "kit.zip", "kit", "--json").out)
        assert [change["path"] for change in found["changed"]] == ["kit/main.rkt", "kit/notes.txt"]
        assert run("pltpack", "diff", "-q", "kit.zip", "kit").out == ""

    def test_views(self, run: Run) -> None:
        assert run("pltpack", "diff", "kit.plt", "kit.zip", "--as-stored").code == 1
        assert run("pltpack", "diff", "kit.plt", "kit.zip", "--as-package").code == 0
        assert run("pltpack", "diff", "kit.plt", "kit.zip", "--as-package", "--as-stored").code == 2

    @pytest.mark.parametrize(("other", "code"), [("none", 6), ("cut.plt", 3), ("evil.plt", 4)])
    def test_errors(self, run: Run, other: str, code: int) -> None:
        assert run("pltpack", "diff", "kit.plt", other).code == code


# convert


@pytest.mark.usefixtures("kit")
class TestConvert:
    def test_the_report(self, run: Run, kit: Path) -> None:
        ran = run("pltpack", "convert", "kit.plt", "new.zip")
        assert ran.code == 0
        assert ran.out.splitlines() == [
            "kit.plt (plt) -> new.zip (zip): 3 files, 1 directory, 80 bytes",
            "added: info.rkt, as raco pkg install would add it",
            "lost: header name: 'kit'; converting back gives 'new'",
            "lost: header requires: racket 6.1; converting back gives nothing",
            "lost: replace of collects/kit/notes.txt: files that replaced others become ordinary ones",
        ]
        assert (kit / "new.zip").exists()

    def test_lossless_or_not_at_all(self, run: Run, kit: Path) -> None:
        ran = run("pltpack", "convert", "kit.plt", "new.zip", "--lossless")
        assert ran.code == 1
        assert "not written" in ran.err
        assert not (kit / "new.zip").exists()
        assert run("pltpack", "convert", "kit.zip", "new.tgz", "--lossless").code == 0
        assert (kit / "new.tgz").exists()

    def test_json(self, run: Run) -> None:
        found = document(run("pltpack", "convert", "kit.plt", "new.tgz", "--json", "--dry-run").out)
        assert not found["written"]
        assert {loss["kind"] for loss in found["losses"]} == {"header", "replace"}
        assert document(run("pltpack", "convert", "kit.tgz", "new.plt", "--json").out)["written"]

    def test_formats_can_be_named(self, run: Run, kit: Path) -> None:
        assert run("pltpack", "convert", "kit.plt", "new.x", "--format", "zip", "-q").out == ""
        assert (kit / "new.x").read_bytes().startswith(b"PK")
        assert run("pltpack", "convert", "kit.plt", "y", "--format", "rar").code == 2
        assert run("pltpack", "convert", "kit.plt", "y.rar").code == 2

    def test_a_checksum(self, run: Run, kit: Path) -> None:
        run("pltpack", "convert", "kit.plt", "new.zip", "--checksum")
        assert len((kit / "new.zip.CHECKSUM").read_text()) == 40
        assert run("pltpack", "verify", "new.zip").code == 0

    def test_standard_input(self, run: Run, kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from_stdin(monkeypatch, (kit / "kit.tgz").read_bytes())
        assert run("pltpack", "convert", "-", "new.plt").code == 0
        assert run("pltpack", "diff", "kit.tgz", "new.plt").code == 0

    @pytest.mark.parametrize(("source", "code"), [("cut.plt", 3), ("evil.plt", 4), ("none.plt", 6)])
    def test_errors_leave_nothing(self, run: Run, kit: Path, source: str, code: int) -> None:
        before = sorted(kit.iterdir())
        assert run("pltpack", "convert", source, "new.zip").code == code
        assert sorted(kit.iterdir()) == before


# The umbrella


@pytest.mark.parametrize(
    ("typed", "meant"), [("lst", "list"), ("shwo", "show"), ("covnert", "convert"), ("vrify", "verify")]
)
def test_a_mistyped_command(run: Run, typed: str, meant: str) -> None:
    ran = run("pltpack", typed)
    assert ran.code == 2
    assert f"Did you mean '{meant}'" in ran.err.replace('"', "'")


@pytest.mark.parametrize("command", ["list", "show", "cat", "verify", "diff", "convert"])
def test_help_has_examples_and_names_the_limits(run: Run, command: str) -> None:
    out = run("pltpack", command, "--help").out
    assert f"\n  pltpack {command} " in out.replace("curl -s URL | ", "")
    assert "--max-total-bytes" in out


def test_a_folder_can_be_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    assert run("pltpack", "list", "x").out == "y/\n"


def test_odd_entries_are_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.plt").write_bytes(archive(folder(), folder(b"same"), file(b"same", "x"), file(b"up", "y")))
    assert run("pltpack", "list", "x.plt").out == "./\n./x\n../y\n"


def test_findings_cannot_steer_a_terminal_behind_a_pipe(run: Run, kit: Path) -> None:
    out = run("pltpack", "verify", kit / "evil.plt").out
    assert "\x1b" not in out
    assert "a\\x1b[31m" in out
