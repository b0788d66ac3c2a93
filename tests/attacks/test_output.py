"""What pltpack itself gives out: files that appear whole, no secrets, nothing that steers a terminal."""

from __future__ import annotations

import errno
import getpass
import os
import pty
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.entries import File
from pltpack.codec.header import Header
from pltpack.packer.pack import pack_plt
from pltpack.transaction.file import replacing
from tests.attacks.conftest import Arena
from tests.trees import archive, file, folder, picture, write_tree

PROGRAM = "from pltpack_cli.archives.unpack import main; main()"

ESCAPES = {
    "clears the screen": "\x1b[2J",
    "sets the title": "\x1b]0;evil\x07",
    "answers back": "\x1b[6n",
    "8-bit control": "\x9b31m",
    "overwrites the line": "harmless\r evil",
    "a new line": "x\nroot: all is well",
    "backspaces": "abc\b\b\bxyz",
    "turns the text around": "\u202etxt.exe",
    "isolates": "\u2066x\u2069",
    "a bell": "\a",
    "a line separator": "x\u2028y",
}

CONTROLS = [
    chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2069, 0x2028) if chr(code) not in "\r\n"
]


def on_a_terminal(*arguments: str, cwd: Path) -> str:
    """What the program writes to a terminal, standard output and error together."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=cwd,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other side is closed.
            break
        if not piece:
            break
        written += piece
    process.wait()
    os.close(ours)
    return written.decode()


def test_names_do_not_steer_the_terminal(arena: Arena) -> None:
    """In listings, in what is written, in refusals and in conflicts: all names of all these kinds."""
    names = list(ESCAPES.values())
    source = arena.world.parent / "world.plt"
    source.write_bytes(archive(*(file(name, data=b"tame") for name in names)))
    hostile = arena.world.parent / "world2.plt"
    hostile.write_bytes(archive(*(folder(name, "..") for name in names)))
    for arguments in (
        ["-l", str(source)],
        ["-v", "--dest", str(arena.target), str(source)],
        ["--dest", str(arena.target), str(source)],
        ["--dest", str(arena.target), str(hostile)],
        ["--json", "-l", str(source)],
    ):
        shown = on_a_terminal(*arguments, cwd=arena.world)
        for control in CONTROLS:
            assert control not in shown, f"{arguments[0]}: {control!r} in {shown!r}"
        if arguments[0] == "-l":
            assert len(shown.splitlines()) == len(names), "a name makes no lines of its own"
    arena.record("refused", len(names))
    source.unlink()
    hostile.unlink()


@pytest.mark.parametrize("name", ["plain", "with space", "\u65e5\u672c", "\u00e9", "quote'\""])
def test_plain_names_are_shown_as_they_are(arena: Arena, name: str) -> None:
    source = arena.world.parent / "world.plt"
    source.write_bytes(archive(file(name)))
    assert on_a_terminal("-l", str(source), cwd=arena.world).splitlines() == [name]
    arena.record("accepted")
    source.unlink()


# Archives that are written


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_tree(tmp_path / "tree", {"src/a.txt": b"a", "src/b.txt": b"b" * 5000})
    (tmp_path / "tree/src.plt").write_bytes(b"the old archive")
    return tmp_path / "tree"


class Broken(Exception):
    """Something goes wrong in the middle."""


@pytest.mark.parametrize("failure", [Broken, KeyboardInterrupt, SystemExit, OSError])
def test_a_failure_leaves_the_old_archive(tree: Path, failure: type[BaseException]) -> None:
    before = picture(tree)
    with pytest.raises(failure), create_archive(tree / "src.plt", Header("x")) as writer:  # noqa: PT012
        writer.add_file(("x",), b"new", 3)
        assert picture(tree)["src.plt"] == before["src.plt"], "until the end the old one is there"
        raise failure
    assert picture(tree) == before


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_failing_disk_leaves_the_old_file(
    tree: Path, call: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(tree)
    original: Callable[..., object] = getattr(os, call)

    def failing(*arguments: object, **options: object) -> object:
        if call == "open" and "part" not in str(arguments[0]):
            return original(*arguments, **options)
        raise OSError(number, os.strerror(number))

    def attempt() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            with replacing(tree / "src.plt") as stream:
                if call == "write":
                    raise OSError(number, "written data does not fit")
                stream.write(b"new")

    with pytest.raises(OSError, match=f"Errno {number}"):
        attempt()
    assert picture(tree) == before


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_archive_has_the_usual_permissions(tree: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with create_archive(tree / "new.plt", Header("x")):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tree / "new.plt").stat().st_mode) == 0o666 & ~umask


def test_an_archive_tells_nothing_of_where_and_when_it_was_made(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    pack_plt("one.plt", "x", ["src"], encode=False)
    raw = Path("one.plt").read_bytes()
    for secret in (str(tree), getpass.getuser(), socket.gethostname(), os.path.expanduser("~")):
        assert secret.encode() not in raw, secret
    pack_plt("two.plt", "x", ["src"])
    os.utime("src/a.txt", (1, 1))
    Path("src/a.txt").chmod(0o700)
    pack_plt("three.plt", "x", ["src"])
    assert Path("two.plt").read_bytes() == Path("three.plt").read_bytes()
    with open_archive("two.plt") as reader:
        assert [entry.path for entry in reader if isinstance(entry, File)] == [("src", "a.txt"), ("src", "b.txt")]


def test_the_staging_area_is_closed_to_others(arena: Arena) -> None:
    """While it is there, other users can neither read what is staged nor change it."""
    modes: list[int] = []

    def look(_placed: object) -> None:
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in arena.target.glob(".pltpack-*"))

    arena.harmless([file("x"), file("y")], on_entry=look)
    assert modes == [0o700, 0o700]
