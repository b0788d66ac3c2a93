"""The progress bar: late, on a terminal only, gone at the end; and none where nobody sees it."""

from __future__ import annotations

import importlib
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.conversion.convert import convert

# An import statement would send type checkers looking for a folder of that name.
module = importlib.import_module("pltpack_cli.progress")
progress = module.progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the time that has passed, in seconds."""
    now = 0.0

    def set_time(seconds: float) -> None:
        nonlocal now
        now = seconds

    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    return set_time


class Terminal:
    """Standard error, if it were a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Makes standard error a terminal; called in the test, as pytest puts its own there before."""

    def use() -> Terminal:
        found = Terminal()
        monkeypatch.setattr(sys, "stderr", found)
        monkeypatch.setenv("TERM", "xterm")
        return found

    monkeypatch.delenv("NO_COLOR", raising=False)
    return use


def test_quick_work_shows_nothing(terminal: Callable[[], Terminal], clock: Callable[[float], None]) -> None:
    shown = terminal()
    with progress("Reading") as watch:
        for done in range(100):
            clock(done / 100)
            watch(done, 100)
    assert shown.text == ""


def test_long_work_shows_how_far_it_is(terminal: Callable[[], Terminal], clock: Callable[[float], None]) -> None:
    shown = terminal()
    with progress("Reading [red]x\x1b.plt") as watch:
        watch(0, 100)
        clock(2)
        watch(50, 100)
        watch(100, 100)
    assert "Reading [red]x\\x1b.plt" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.text)


def test_no_bar_without_a_terminal_or_when_quiet(
    terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = terminal()
    with progress("Reading", quiet=True) as watch:
        assert watch is None
    monkeypatch.setattr(shown, "isatty", lambda: False)
    with progress("Reading") as watch:
        assert watch is None


def test_the_bar_goes_away_after_an_error(terminal: Callable[[], Terminal], clock: Callable[[float], None]) -> None:
    shown = terminal()

    def fail() -> None:
        with progress("Reading") as watch:
            clock(2)
            watch(1, 100)
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        fail()
    assert "Reading" in shown.text
    assert shown.text.endswith(("\x1b[2K", "\x1b[?25h\r\x1b[1A\x1b[2K"))


def test_no_color_is_heeded(
    terminal: Callable[[], Terminal], clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    with progress("Reading") as watch:
        watch(0, 100)
        clock(2)
        watch(50, 100)
    assert re.search(r"\x1b\[(?:\d+;)*3\d", shown.text) is None


def test_rich_is_not_loaded_where_nothing_takes_long(tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "x").write_text("x")
    convert(tmp_path / "kit", tmp_path / "kit.plt")
    code = (
        "import sys; from importlib.metadata import entry_points;"
        "(p,) = entry_points(group='console_scripts', name='pltpack'); sys.argv[1:] = ['verify', 'kit.plt'];\n"
        "try: p.load()()\n"
        "except SystemExit: pass\n"
        "print('rich.progress' in sys.modules)"
    )
    out = on_terminal([sys.executable, "-c", code], tmp_path)
    assert "OK" in out
    assert out.splitlines()[-1] == "False"


def on_terminal(command: list[str], folder: Path) -> str:
    """What a program prints on a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    out = b""
    while True:
        select.select([master], [], [], 60)
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(master)
    assert process.wait(60) == 0
    return out.decode().replace("\r\n", "\n")
