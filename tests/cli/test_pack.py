"""``raco-pack``: flags, listing, errors and exit codes."""

from __future__ import annotations

import base64
import gzip
import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def raw(path: Path) -> bytes:
    return gzip.decompress(base64.b64decode(path.read_bytes()))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree, in the folder where the programs run."""
    (tmp_path / "kit" / "sub").mkdir(parents=True)
    (tmp_path / "kit" / "main.rkt").write_text("#lang racket/base\n")
    (tmp_path / "kit" / "sub" / "b.rkt").write_text("b")
    (tmp_path / "kit" / "main.rkt~").write_text("backup")
    (tmp_path / "guide.txt").write_text("hello")
    return tmp_path


HEADER = (
    "(lambda (request failure) (case request ((name) {name}) ((unpacker) (quote mzscheme)) ((requires) (quote ())) "
    "((conflicts) (quote ())) ((plt-relative?) {plt}) ((plt-home-relative?) {home}) ((test-plt-dirs) {test}) "
    "(else (failure))))"
)
UNIT = "(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote {collections}))"
PLAIN = {"name": '"archive"', "plt": "#f", "home": "#f", "test": "#f"}


@pytest.mark.parametrize(
    ("flags", "header", "collections"),
    [
        ([], {}, "()"),
        (["--at-plt"], {"plt": "#t"}, "()"),
        (["--all-users"], {"plt": "#t", "home": "#t", "test": '(quote ("collects" "doc" "include" "lib"))'}, "()"),
        (["--force-all-users", "--at-plt"], {"plt": "#t", "home": "#t", "test": "(quote #f)"}, "()"),
        (["--plt-name", 'My"N\\x'], {"name": r'"My\"N\\x"'}, "()"),
        (["--plt-name", ""], {"name": '""'}, "()"),
        (["++setup", "foo/bar", "++setup", "baz"], {}, '(("foo/bar") ("baz"))'),
    ],
    ids=lambda value: " ".join(value) or "none" if isinstance(value, list) else None,
)
@pytest.mark.parametrize("behind", [False, True], ids=["flags first", "flags last"])
def test_flags_make_the_header(
    run: Run, tree: Path, flags: list[str], header: dict[str, str], collections: str, behind: bool
) -> None:
    arguments = ["o.plt", "guide.txt"]
    assert run("raco-pack", *(arguments + flags if behind else flags + arguments)).code == 0
    expected = f"PLT\n{HEADER.format_map(PLAIN | header)}\n{UNIT.format(collections=collections)}\n"
    assert raw(tree / "o.plt") == f'{expected}dir\n()\nfile\n("guide.txt")\n5\n*hello'.encode()


def test_replace_changes_the_tags_only(run: Run, tree: Path) -> None:
    run("raco-pack", "a.plt", "kit")
    run("raco-pack", "--replace", "b.plt", "kit")
    assert raw(tree / "b.plt") == raw(tree / "a.plt").replace(b"file\n", b"file-replace\n")


@pytest.mark.usefixtures("tree")
def test_progress_is_said_as_racket_says_it(run: Run) -> None:
    ran = run("raco-pack", "-v", "o.plt", "kit/", "guide.txt", ".")
    lines = ran.out.splitlines()
    assert lines[:3] == ["MzTarring kit/...", "MzTarring kit/sub...", "MzTarring ./guide.txt..."]
    assert lines[3:] == [
        "MzTarring ./...", "MzTarring ./kit...", "MzTarring ./kit/sub...", ' [output to "o.plt"]',
    ]  # fmt: skip
    assert ran.err == ""


def test_quiet_says_nothing(run: Run, tree: Path) -> None:
    assert (run("raco-pack", "-q", "o.plt", "kit").out, (tree / "o.plt").exists()) == ("", True)


def test_no_paths_make_an_empty_archive(run: Run, tree: Path) -> None:
    assert run("raco-pack", "o.plt").code == 0
    assert raw(tree / "o.plt").endswith(b"(quote ()))\n")


def test_raw_writes_the_stream_itself(run: Run, tree: Path) -> None:
    run("raco-pack", "a.plt", "kit")
    run("raco-pack", "--raw", "b.plt", "kit")
    assert (tree / "b.plt").read_bytes() == raw(tree / "a.plt")


@pytest.mark.parametrize("flags", [["--fast"], ["--best"], ["--level", "1"], ["--jobs", "1"], ["--gzip-program"]])
def test_compression_does_not_change_the_stream(run: Run, tree: Path, flags: list[str]) -> None:
    run("raco-pack", "a.plt", "kit")
    assert run("raco-pack", *flags, "b.plt", "kit").code == 0
    assert raw(tree / "b.plt") == raw(tree / "a.plt")


def test_standard_output(run: Run, tree: Path) -> None:
    run("raco-pack", "a.plt", "kit")
    ran = run("raco-pack", "-", "kit")
    assert (ran.code, ran.out) == (0, (tree / "a.plt").read_text())


def test_another_directory(run: Run, tree: Path) -> None:
    run("raco-pack", "a.plt", "sub", "main.rkt", "-C", "kit")
    assert raw(tree / "a.plt").endswith(
        b'file\n("sub" "b.rkt")\n1\n*bdir\n()\nfile\n("main.rkt")\n18\n*#lang racket/base\n'
    )


def test_excluding(run: Run, tree: Path) -> None:
    run("raco-pack", "--exclude", "sub/", "--exclude", "*.txt", "a.plt", "kit", "guide.txt")
    assert raw(tree / "a.plt").endswith(b'file\n("kit" "main.rkt")\n18\n*#lang racket/base\ndir\n()\n')


def test_a_dry_run_lists_and_writes_nothing(run: Run, tree: Path) -> None:
    ran = run("raco-pack", "--dry-run", "--replace", "o.plt", "kit")
    assert ran.out.splitlines() == ["kit/", "kit/main.rkt [replace]", "kit/sub/", "kit/sub/b.rkt [replace]"]
    assert not (tree / "o.plt").exists()


def test_a_dry_run_has_no_line_for_the_target_itself(run: Run, tree: Path) -> None:
    assert run("raco-pack", "--dry-run", "o.plt", "guide.txt").out == "guide.txt\n"
    assert not (tree / "o.plt").exists()


@pytest.mark.usefixtures("tree")
def test_json_and_the_archive_do_not_share_standard_output(run: Run) -> None:
    ran = run("raco-pack", "--json", "-", "kit")
    assert (ran.code, "--json" in ran.err) == (2, True)


@pytest.mark.parametrize("program", ["raco-pack", "raco-unpack", "unpack", "raco-pkg"])
def test_help_is_plain_text(run: Run, program: str) -> None:
    ran = run(program, *(["create"] if program == "raco-pkg" else []), "--help")
    assert (ran.code, ran.err, "`" in ran.out) == (0, "", False)


def test_json_tells_what_went_in(run: Run, tree: Path) -> None:
    told = json.loads(run("raco-pack", "--json", "o.plt", "kit").out)
    assert told["size"] == os.path.getsize(tree / "o.plt")
    assert (told["files"], told["directories"], told["fileBytes"]) == (2, 2, 19)
    assert told["entries"][1] == {"kind": "file", "path": "kit/main.rkt", "elements": ["kit", "main.rkt"], "size": 18}


def test_what_the_default_filter_drops_is_said(run: Run, tree: Path) -> None:
    (tree / "x.plt").write_text("")
    ran = run("raco-pack", "o.plt", "x.plt")
    assert (ran.code, ran.err) == (0, "raco-pack: x.plt: left out, as the default filter drops such names\n")


@pytest.mark.parametrize("name", ["o.zip", "o.tar.gz"])
def test_a_name_of_another_format_is_told(run: Run, tree: Path, name: str) -> None:
    ran = run("raco-pack", name, "kit")
    assert (ran.code, ran.err.count("\n"), f"{name} will be a .plt archive" in ran.err) == (0, 1, True)
    assert raw(tree / name).startswith(b"PLT")
    assert run("raco-pack", "-q", name, "kit").err == ""


@pytest.mark.usefixtures("tree")
def test_paths_that_lead_upwards_are_said(run: Run) -> None:
    ran = run("raco-pack", "-C", "kit/sub", "o.plt", "../main.rkt")
    assert ran.code == 0
    assert "no safe unpacker follows" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "DEST"),
        (["--all-users", "--force-all-users", "o.plt", "kit"], 2, "exclude each other"),
        (["--fast", "--best", "o.plt", "kit"], 2, "exclude each other"),
        (["--level", "10", "o.plt", "kit"], 2, "10"),
        (["o.plt", "/etc/hostname"], 2, "absolute"),
        (["o.plt", ""], 2, "not a path"),
        (["--wrong", "o.plt"], 2, "--wrong"),
        (["o.plt", "nowhere"], 6, "nowhere"),
        (["o.plt", "guide.txt/"], 6, "guide.txt/"),
        (["nowhere/o.plt", "kit"], 6, "nowhere"),
        (["kit", "guide.txt"], 6, "kit"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors(run: Run, tree: Path, arguments: list[str], code: int, said: str) -> None:
    (tree / "o.plt").write_text("PLT old")
    ran = run("raco-pack", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert (tree / "o.plt").read_text() == "PLT old"
    assert sorted(os.listdir(tree)) == ["guide.txt", "kit", "o.plt"]


def test_an_error_is_one_line_whatever_the_name(run: Run, tree: Path) -> None:
    assert run("raco-pack", "o.plt", "a\nb").err == "raco-pack: a\\nb: No such file or directory\n"
    os.mkfifo(tree / "kit" / "c\nd")
    assert run("raco-pack", "-q", "o.plt", "kit").err.startswith("raco-pack: kit/c\\nd: neither")


def test_a_pipe_is_refused(run: Run, tree: Path) -> None:
    os.mkfifo(tree / "kit" / "pipe")
    ran = run("raco-pack", "o.plt", "kit")
    assert (ran.code, "kit/pipe" in ran.err) == (6, True)


def test_a_link_cycle_is_refused(run: Run, tree: Path) -> None:
    (tree / "kit" / "loop").symlink_to("..")
    ran = run("raco-pack", "o.plt", "kit")
    assert (ran.code, "leads back" in ran.err) == (6, True)


def test_a_name_that_is_not_unicode_is_named(run: Run, tree: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tree / "kit") + b"/bad\xff"))).write_text("")
    ran = run("raco-pack", "o.plt", "kit")
    assert (ran.code, r"kit/bad\xff" in ran.err, "rename" in ran.err) == (6, True, True)


def test_the_archive_is_not_packed_into_itself(run: Run, tree: Path) -> None:
    (tree / "o.bin").write_text("PLT an older archive")
    assert run("raco-pack", "o.bin", ".").code == 0
    assert b"o.bin" not in raw(tree / "o.bin")
    assert b"older" not in raw(tree / "o.bin")


def test_a_file_that_grows_is_an_error(run: Run, tree: Path) -> None:
    # A file of /proc has size 0 and data.
    (tree / "kit" / "version").symlink_to("/proc/version")
    ran = run("raco-pack", "o.plt", "kit")
    assert (ran.code, "changed while it was packed" in ran.err) == (6, True)
    assert not (tree / "o.plt").exists()


def test_a_collection_that_is_given_as_a_path_gets_a_question(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "coll" / "games" / "cards").mkdir(parents=True)
    monkeypatch.setenv("PLTCOLLECTS", str(tree / "coll"))
    monkeypatch.setenv("PATH", str(tree))
    for path in ("games/cards", "games/"):
        ran = run("raco-pack", "o.plt", path)
        assert ran.code == 6
        assert "did you mean --collect?" in ran.err
    ran = run("raco-pack", "o.plt", "nowhere")
    assert ran.code == 6
    assert "--collect" not in ran.err
    assert not (tree / "o.plt").exists()


def test_a_line_break_in_a_name_makes_no_second_line(run: Run, tree: Path) -> None:
    (tree / "a\nb.plt").write_text("")
    assert len(run("raco-pack", "o.plt", "a\nb.plt").err.splitlines()) == 1


def test_a_dry_run_leaves_the_archive_itself_out(run: Run, tree: Path) -> None:
    (tree / "kit" / "old.bin").write_text("an older archive")
    assert "old.bin" not in run("raco-pack", "--dry-run", "kit/old.bin", "kit").out
