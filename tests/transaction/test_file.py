"""Output that appears whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pltpack.transaction.file import replacing
from pltpack.transaction.state import State


def names(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with replacing(path) as stream:
        stream.write(b"new")
        assert "x" not in names(tmp_path)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["x"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_the_old_file_stays_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with replacing(str(path)) as stream:
        stream.write(b"new" * 100_000)
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" * 100_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failure_leaves_no_trace(tmp_path: Path, error: type[BaseException], old: bytes | None) -> None:
    path = tmp_path / "x"
    if old is not None:
        path.write_bytes(old)

    def write_and_fail() -> None:
        with replacing(path) as stream:
            stream.write(b"new")
            raise error

    with pytest.raises(error):
        write_and_fail()
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == ({} if old is None else {"x": old})


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with replacing(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d/real")
    with replacing(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "d" / "real").read_bytes() == b"new"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(tmp_path):
        pass
    assert names(tmp_path) == []


def test_a_missing_directory_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "d" / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "d" / "x")
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_named() -> None:
    with pytest.raises(OSError, match="No space left") as caught, replacing("/dev/full") as stream:
        stream.write(b"new")
    assert caught.value.filename == "/dev/full"


def test_an_error_of_the_block_keeps_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "x"):
        (tmp_path / "source").open()
    assert caught.value.filename == str(tmp_path / "source")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals")
@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_the_end_of_the_process_leaves_no_trace(tmp_path: Path, number: str) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(SystemExit), replacing(tmp_path / "x"):
        signal.raise_signal(getattr(signal, number))
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_the_end_of_the_process_as_soon_as_there_is_a_file(
    tmp_path: Path, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anybody knows of the file that was just made."""
    opened = os.open

    def ends(path: str | os.PathLike[str], flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        descriptor = opened(path, flags, mode, dir_fd=dir_fd)
        if os.fspath(path).endswith(".part"):
            signal.raise_signal(getattr(signal, number))
        return descriptor

    monkeypatch.setattr(os, "open", ends)
    with pytest.raises((SystemExit, KeyboardInterrupt)), replacing(tmp_path / "x"):
        pytest.fail("it was to end before")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "λ" * 127, "語" * 85, "😀" * 63])
def test_long_names(tmp_path: Path, name: str) -> None:
    with replacing(tmp_path / name) as stream:
        stream.write(b"new")
    assert names(tmp_path) == [name]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff" * 250)
    with replacing(tmp_path / name) as stream:
        stream.write(b"new")
    assert names(tmp_path) == [name]


def test_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with replacing("x") as stream:
        stream.write(b"new")
    assert names(tmp_path) == ["x"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
    reader.start()
    with replacing(path) as stream:
        stream.write(b"new")
    reader.join()
    assert received == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_two_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with replacing(path) as first, replacing(path) as second:
        first.write(b"1")
        second.write(b"2")
    assert path.read_bytes() == b"1"
    assert names(tmp_path) == ["x"]


KILLED = """
import os, sys
from pltpack.transaction.file import replacing
with replacing(sys.argv[1]) as stream:
    stream.write(b"half")
    stream.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """But not what a living one is writing, nor files of other names."""
    path = tmp_path / "x"
    others = [".x.0123456g.part", ".x.01234567.parts", ".y.01234567.part", "x.01234567.part", ".x.01234567.part"]
    for other in others:
        (tmp_path / other).write_bytes(b"")
    (tmp_path / ".x.00000000.part").mkdir()
    command = [sys.executable, "-c", KILLED, str(path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dead,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as alive,
    ):
        for process in (dead, alive):
            assert process.stdout is not None
            process.stdout.readline()
        dead.kill()
        dead.wait()
        parts = {name for name in names(tmp_path) if name not in others and name.endswith(".part")}
        assert len(parts) == 3
        with replacing(path) as stream:
            stream.write(b"new")
        assert len(parts & set(names(tmp_path))) == 2
        alive.communicate(b"")
        assert alive.returncode == 0
    assert path.read_bytes() == b"half"
    assert names(tmp_path) == sorted([*others, ".x.00000000.part", "x"])


def test_a_name_like_ours_is_nobodys_but_its_owners(tmp_path: Path, state_home: Path) -> None:
    """A checkout can carry it; what was written down about another file does not count for it, either."""
    theirs = tmp_path / ".x.01234567.part"
    theirs.write_bytes(b"theirs")
    records = state_home / "pltpack/transactions"
    status = theirs.stat()
    others = set(records.glob("*.output"))  # what other tests have left
    with replacing(tmp_path / "y"):
        (records / f"{status.st_dev:x}-{status.st_ino:x}.output").write_bytes(b".x.76543210.part")
    with replacing(tmp_path / "x") as stream:
        assert len(set(records.glob("*.output")) - others) == 2
        stream.write(b"new")
    assert theirs.read_bytes() == b"theirs"
    assert (tmp_path / "x").read_bytes() == b"new"
    (records / f"{status.st_dev:x}-{status.st_ino:x}.output").unlink()
    assert not set(records.glob("*.output")) - others


def test_without_a_place_for_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file can be written all the same; only a kill would leave something for good."""

    def no_place() -> State:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(State, "open", no_place)
    with replacing(tmp_path / "x") as stream:
        stream.write(b"new")
    assert names(tmp_path) == ["x"]
