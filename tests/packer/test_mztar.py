"""From arguments to entries: Racket's order, its cleaning of paths, its tags, and what cannot be packed."""

from __future__ import annotations

import io
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pltpack.codec.entries import Directory, display_path
from pltpack.codec.header import Header
from pltpack.codec.writer import ArchiveWriter, format_path
from pltpack.errors import SourceError
from pltpack.packer.filters import FileMode, std_filter
from pltpack.packer.mztar import CleanPath, add, mztar, walk
from tests.differences import differs
from tests.replacements import REPLACEMENTS


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the walk, with a few files."""
    for name in ("d/x", "d/sub/y", "a/b/f", "f1", "f2", "up/below/here", "same/same"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "d" / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(_path: str) -> bool:
    return True


def entries(path: str, file_filter: Callable[[str], bool | FileMode] = everything, **options: Any) -> list[str]:
    """The entries of a walk, as ``dir ("a")`` and ``file ("a" "b") 5``."""
    lines = []
    for entry in walk(path, file_filter, **options):
        value = entry.entry()
        if isinstance(value, Directory):
            lines.append(f"dir {format_path(value.path)}")
        else:
            lines.append(f"{'file-replace' if value.replace else 'file'} {format_path(value.path)} {value.size}")
    return lines


D = ['dir ("d")', 'dir ("d" "empty")', 'dir ("d" "sub")', 'file ("d" "sub" "y") 7', 'file ("d" "x") 3']

ARGUMENTS: dict[str, list[str]] = {
    **dict.fromkeys(["d", "d/", "./d", "d//", "./././d/.", "a/../d", "nowhere/../d", "a/b/../../d//"], D),
    "a/b": ['dir ("a" "b")', 'file ("a" "b" "f") 5'],
    "f1": ["dir ()", 'file ("f1") 2'],
    "./f1": ["dir ()", 'file ("f1") 2'],
    "d/../f1": ["dir ()", 'file ("f1") 2'],
    "a/b/f": ['dir ("a" "b")', 'file ("a" "b" "f") 5'],
    "same": ['dir ("same")', 'file ("same" "same") 9'],
    "d/empty": ['dir ("d" "empty")'],
}


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(("argument", "expected"), ARGUMENTS.items())
def test_arguments(argument: str, expected: list[str]) -> None:
    assert entries(argument) == expected


@pytest.mark.usefixtures("tree")
def test_here_and_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("up/below")
    here = ["dir (same)", 'file (same "here") 13']
    assert entries(".") == entries("./") == entries("x/..") == entries("./.") == here
    assert entries("..") == ["dir (up)", 'dir (up "below")', 'file (up "below" "here") 13']
    assert entries("../") == entries("x/../..") == entries("..")
    assert entries("../../f1") == ["dir (up up)", 'file (up up "f1") 2']
    assert entries("../../a/b") == ['dir (up up "a" "b")', 'file (up up "a" "b" "f") 5']
    assert entries("../x/../../f1") == entries("../../f1")


RENAMED = [
    ("d", "z", [line.replace('"d"', '"z"') for line in D]),
    ("d", "z/", [line.replace('"d"', '"z"') for line in D]),
    ("d", "z/y", [line.replace('"d"', '"z" "y"') for line in D]),
    ("d", ".", [line.replace('"d"', "same") for line in D]),
    ("d", "..", [line.replace('"d"', "up") for line in D]),
    ("a/b/f", "z", ["dir ()", 'file ("z") 5']),
    ("f1", "x/y/z", ['dir ("x" "y")', 'file ("x" "y" "z") 2']),
    ("f1", "../z", ["dir (up)", 'file (up "z") 2']),
    ("f1", "./z", ["dir ()", 'file ("z") 2']),
]


@pytest.mark.parametrize(("path", "as_path", "expected"), RENAMED)
def test_stored_under_another_path(tree: Path, path: str, as_path: str, expected: list[str]) -> None:
    assert entries(path, as_path=as_path) == expected
    assert entries(str(tree / path), as_path=as_path) == expected


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("as_path", [".", "..", "x/..", "../.."])
def test_a_file_needs_a_name(as_path: str) -> None:
    with pytest.raises(SourceError, match="cannot be stored"):
        entries("f1", as_path=as_path)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("path", "as_path", "message"),
    [
        ("", None, "not a path"),
        ("/tmp", None, "absolute"),
        ("a\0b", None, "not a path"),
        ("d", "", "not a path"),
        ("d", "/abs", "absolute"),
        ("d", "a\0", "not a path"),
        ("", "z", "not a path"),
    ],
)
def test_no_archive_holds_such_paths(path: str, as_path: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entries(path, as_path=as_path)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("path", ["nowhere", "d/nowhere", "f1/x"])
def test_missing(path: str) -> None:
    with pytest.raises(OSError, match=r"No such file|Not a directory"):
        entries(path)


@pytest.mark.usefixtures("tree")
def test_a_file_is_no_directory() -> None:
    with pytest.raises(NotADirectoryError):
        entries("f1/")


def test_another_directory(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    asked: list[str] = []
    assert entries("d", lambda path: asked.append(path) or True, directory=str(tree)) == D  # type: ignore[func-returns-value]
    assert asked == ["d/empty", "d/sub", "d/sub/y", "d/x"]
    assert entries("f1", directory=str(tree)) == ["dir ()", 'file ("f1") 2']
    assert entries("f1", directory=f"{tree}/") == ["dir ()", 'file ("f1") 2']


def test_order_is_that_of_code_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["A1", "A10", "A2", "Z", "_", "a", '"a', "b", "a-b", "a.b", "z", "é", "Ａ", "😀", "a b", "\n", "\x7f"]
    for name in names:
        (tmp_path / "t" / name).mkdir(parents=True)
        (tmp_path / "t" / f"{name}x").write_text("")
    monkeypatch.chdir(tmp_path)
    stored = [display_path(entry.path).removeprefix("t").removeprefix("/") for entry in walk("t", everything)]
    assert stored == ["", *sorted([*names, *(f"{name}x" for name in names)])]
    assert stored.index("Ａ") < stored.index("😀")


class TestFilter:
    def asked(self, path: str) -> list[str]:
        asked: list[str] = []
        list(walk(path, lambda candidate: asked.append(candidate) or True))  # type: ignore[func-returns-value]
        return asked

    @pytest.mark.usefixtures("tree")
    @pytest.mark.parametrize(
        ("argument", "expected"),
        [
            ("d", ["d/empty", "d/sub", "d/sub/y", "d/x"]),
            ("./d/", ["d/empty", "d/sub", "d/sub/y", "d/x"]),
            ("f1", ["./f1"]),
            ("a/b/f", ["a/b/f"]),
        ],
    )
    def test_what_it_is_asked(self, argument: str, expected: list[str]) -> None:
        assert self.asked(argument) == expected

    @pytest.mark.usefixtures("tree")
    def test_nothing_below_what_it_drops(self) -> None:
        asked: list[str] = []

        def no_directories(path: str) -> bool:
            asked.append(path)
            return not os.path.isdir(path)

        assert entries("d", no_directories) == ['dir ("d")', 'file ("d" "x") 3']
        assert asked == ["d/empty", "d/sub", "d/x"]

    @pytest.mark.usefixtures("tree")
    def test_directories_stay_when_their_children_do_not(self) -> None:
        assert entries("d", os.path.isdir) == ['dir ("d")', 'dir ("d" "empty")', 'dir ("d" "sub")']

    @pytest.mark.usefixtures("tree")
    def test_its_answer_is_the_tag(self) -> None:
        def answer(path: str) -> bool | FileMode:
            return "file" if path.endswith("x") else "file-replace"

        assert entries("d", answer)[-2:] == ['file-replace ("d" "sub" "y") 7', 'file ("d" "x") 3']
        assert entries("d", answer, file_mode="file-replace")[-1] == 'file ("d" "x") 3'
        assert entries("d", file_mode="file-replace")[-1] == 'file-replace ("d" "x") 3'

    @pytest.mark.usefixtures("tree")
    def test_any_other_true_answer_means_the_mode_of_the_archive(self) -> None:
        """Such as a match of a regular expression."""
        answer: Any = re.compile("").search
        assert entries("d", answer, file_mode="file-replace")[-1] == 'file-replace ("d" "x") 3'
        assert entries("d", answer)[-1] == 'file ("d" "x") 3'

    def test_arguments(self, tree: Path) -> None:
        """A directory argument is packed whatever it is called; of a file argument its directory remains."""
        (tree / "d" / "compiled").mkdir()
        (tree / "d" / "compiled" / "x.zo").write_text("z")
        (tree / "d" / "a.plt").write_text("")
        assert entries("d", std_filter) == D
        assert entries("d/compiled", std_filter) == ['dir ("d" "compiled")', 'file ("d" "compiled" "x.zo") 1']
        assert entries("d/a.plt", std_filter) == ['dir ("d")']


class TestReport:
    def said(self, path: str, **options: Any) -> list[str]:
        lines: list[str] = []
        list(walk(path, everything, report=lines.append, **options))
        return [line.removeprefix("MzTarring ") for line in lines]

    @pytest.mark.usefixtures("tree")
    @pytest.mark.parametrize(
        ("argument", "options", "expected"),
        [
            ("d", {}, ["d...", "d/empty...", "d/sub..."]),
            ("f1", {}, ["./f1..."]),
            ("a/b/f", {}, ["a/b/f..."]),
            ("d", {"as_path": "z"}, ["d as z...", "d/empty as z/empty...", "d/sub as z/sub..."]),
            ("f1", {"as_path": "z/y"}, ["./f1 as z/y..."]),
        ],
    )
    def test_lines(self, argument: str, options: dict[str, str], expected: list[str]) -> None:
        assert self.said(argument, **options) == expected


class TestFileSystem:
    def test_links_are_followed(self, tree: Path) -> None:
        (tree / "links").mkdir()
        (tree / "links" / "file").symlink_to("../f1")
        (tree / "links" / "dir").symlink_to("../a")
        (tree / "links" / "again").symlink_to("../a")
        assert entries("links") == [
            'dir ("links")',
            *('dir ("links" "again")', 'dir ("links" "again" "b")', 'file ("links" "again" "b" "f") 5'),
            *('dir ("links" "dir")', 'dir ("links" "dir" "b")', 'file ("links" "dir" "b" "f") 5'),
            'file ("links" "file") 2',
        ]

    def test_a_link_as_the_argument(self, tree: Path) -> None:
        (tree / "link").symlink_to("a/b")
        assert entries("link") == ['dir ("link")', 'file ("link" "f") 5']

    def test_dangling_link(self, tree: Path) -> None:
        (tree / "d" / "x2").symlink_to("nowhere")
        with pytest.raises(FileNotFoundError, match="x2"):
            entries("d")

    @differs(
        racket="runs through a circle of links forty levels deep",
        here="refuses it",
    )
    @pytest.mark.parametrize("target", ["..", ".", "../../d", "../../../{}/d"])
    def test_link_cycle(self, tree: Path, target: str) -> None:
        (tree / "d" / "sub" / "loop").symlink_to(target.format(tree.name))
        with pytest.raises(SourceError, match="leads back") as caught:
            entries("d")
        assert "loop" in str(caught.value)

    def test_link_to_itself(self, tree: Path) -> None:
        (tree / "d" / "loop").symlink_to("loop")
        with pytest.raises(OSError, match="loop"):
            entries("d")

    def test_pipes_and_sockets(self, tree: Path) -> None:
        os.mkfifo(tree / "d" / "pipe")
        for argument in ("d", "d/pipe"):
            with pytest.raises(SourceError, match="neither a file nor a directory") as caught:
                entries(argument)
            assert caught.value.file == "d/pipe"
        (tree / "d" / "pipe").unlink()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("d/socket")
            with pytest.raises(SourceError, match="neither a file nor a directory"):
                entries("d")

    def test_names_that_are_no_text(self, tree: Path) -> None:
        with open(os.fsencode(tree / "d") + b"/bad\xff", "wb"):
            pass
        with pytest.raises(SourceError, match="not UTF-8") as caught:
            entries("d")
        assert caught.value.file == r"d/bad\xff"

    def test_deep_trees(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deeper than Python's recursion goes; removed level by level, since pytest would recurse too."""
        depth = 1200
        monkeypatch.chdir(tmp_path)
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        os.chdir(tmp_path)
        try:
            assert len(entries("d")) == depth
        finally:
            for level in range(depth, 0, -1):
                os.rmdir("/".join(["d"] * level))


@pytest.mark.parametrize("change", [b"", b"short", b"longer than it was before"])
def test_a_file_that_changes_meanwhile(tree: Path, change: bytes) -> None:
    (tree / "d" / "x").write_bytes(b"0123456789")
    *_, file = walk("d", everything)
    (tree / "d" / "x").write_bytes(change)
    with (
        pytest.raises(SourceError, match="changed while it was packed") as caught,
        ArchiveWriter(io.BytesIO(), Header("n")) as archive,
    ):
        add(file, archive)
    assert caught.value.file == "d/x"


@differs(
    racket="waits for a pipe that nobody writes to",
    here="refuses what is no file",
)
@pytest.mark.parametrize("becomes", sorted(REPLACEMENTS))
def test_a_file_that_becomes_something_else(tree: Path, becomes: str) -> None:
    *_, file = walk("d", everything)
    REPLACEMENTS[becomes](tree / "d" / "x")
    with (
        pytest.raises(SourceError, match="has taken its place") as caught,
        ArchiveWriter(io.BytesIO(), Header("n")) as archive,
    ):
        add(file, archive)
    assert caught.value.file == "d/x"


@pytest.mark.parametrize("source", ["/proc/version", "/proc/self/status"])
def test_files_without_a_true_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    if not os.path.exists(source):
        pytest.skip("there is no /proc")
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "x").symlink_to(source)
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(SourceError, match="0 bytes were announced, more came"),
        ArchiveWriter(io.BytesIO(), Header("n"), jobs=1) as archive,
    ):
        mztar("t", archive, everything)


@pytest.mark.parametrize(
    ("text", "elements", "shown", "directory"),
    [
        ("a//b/./c/../d", ("a", "b", "d"), "a/b/d", False),
        ("a/..", (".",), "./", True),
        ("..", ("..",), "..", True),
        ("../", ("..",), "../", True),
        ("a/", ("a",), "a/", True),
        ("...", ("...",), "...", False),
        ("a/../..", ("..",), "..", True),
    ],
)
def test_cleaning(text: str, elements: tuple[str, ...], shown: str, directory: bool) -> None:
    clean = CleanPath.parse(text)
    assert display_path(clean.elements) == "/".join(elements)
    assert clean.directory == directory
    assert clean.text.rstrip("/") == shown.rstrip("/")
