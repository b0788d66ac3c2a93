"""The progress bar: late, on a terminal only, gone at the end; and none where nobody sees it."""

from __future__ import annotations

import contextlib
import importlib
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from pltpack.conversion.convert import convert

# An import statement would send type checkers looking for a folder of that name.
module = importlib.import_module("pltpack_cli.progress")
progress = module.progress
main = importlib.import_module("pltpack_cli.main")
build = importlib.import_module("pltpack_cli.commands").build


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


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", ["x.plt", "a/long/way/to/an/archive/that/has/a/long/name.plt", "題名" * 30])
@pytest.mark.parametrize(("done", "total"), [(50, 100), (123_456_789, 567_890_123), (5_000_000, None)])
def test_the_bar_fits(
    terminal: Callable[[], Terminal],
    clock: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    name: str,
    done: int,
    total: int | None,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = terminal()
    with progress(f"Packing {name}") as watch:
        watch(0, total)
        clock(2)
        watch(done, total)
    lines = drawn(shown)
    assert lines
    assert all(cell_len(line) <= columns for line in lines)
    assert all(line.startswith("Packing ") for line in lines)
    assert any(re.search(r"[\d?] (bytes|MB)", line) for line in lines), "the numbers are whole"


def drawn(terminal: Terminal) -> list[str]:
    """The lines that were drawn, one after the other."""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.text)
    return [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.mark.parametrize("columns", [40, 80])
def test_many_archives(
    terminal: Callable[[], Terminal], clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = terminal()
    names = [f"archives/{number}.plt" for number in range(1, 1201)]

    def work() -> Iterator[int]:
        for number in range(1200):
            clock(number)
            yield number

    assert list(module.counted("Verifying", names, work())) == list(range(1200))
    lines = drawn(shown)
    assert all(cell_len(line) <= columns for line in lines)
    assert any(re.match(r"Verifying arch.*\d+ of 1200", line.replace("  ", " ")) for line in lines)
    assert shown.text.endswith(("\x1b[2K", "\x1b[?25h\r\x1b[1A\x1b[2K"))


def test_one_archive_has_a_bar_of_its_own(terminal: Callable[[], Terminal], clock: Callable[[float], None]) -> None:
    shown = terminal()
    results = module.counted("Verifying", ["a"], iter([1]))
    clock(5)
    assert list(results) == [1]
    assert shown.text == ""


@pytest.mark.parametrize("name", ["plt", "zip"])
@pytest.mark.parametrize("command", ["list -t X", "cat X x", "diff X X", "pack out.plt kit", "show --table X Y"])
def test_which_commands_have_one(
    terminal: Callable[[], Terminal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "x").write_text("x")
    for stem in ("X", "Y"):
        convert(tmp_path / "kit", tmp_path / f"{stem}.{name}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_PATIENCE", 0)
    word, *arguments = command.split()
    app = build({word: main.COMMANDS[word]}, main.overview)
    shown = terminal()
    arguments = [f"{argument}.{name}" if argument in ("X", "Y") else argument for argument in arguments]
    with contextlib.suppress(SystemExit):
        app([{"x": "collects/x" if name == "plt" else "x"}.get(one, one) for one in [word, *arguments]])
    assert drawn(shown)
    assert shown.text.endswith(("\x1b[2K", "\x1b[?25h\r\x1b[1A\x1b[2K"))


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("command", "one_by_one", "together"),
    [
        ("unpack X Y Z", r"2/3 Unpacking Y\.plt", r"Unpacking [XYZ]\.plt +[012] of 3"),
        ("unpack -q -l X Y Z", None, None),
        ("unpack -l X Y Z", r"2/3 Unpacking Y\.plt", r"Listing [XYZ]\.plt +[012] of 3"),
        (
            "convert --into out --format tgz X Y Z",
            r"Converting [XYZ]\.plt +[012] of 3",
            r"Converting [XYZ]\.plt +[012] of 3",
        ),
        ("verify X Y Z", r"Verifying [XYZ]\.plt +[012] of 3", r"Verifying [XYZ]\.plt +[012] of 3"),
    ],
)
def test_several_archives(
    terminal: Callable[[], Terminal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    one_by_one: str | None,
    together: str | None,
    at_once: bool,
) -> None:
    """How many of how many, and the current one, whether they are worked on at once or one after the other."""
    (tmp_path / "kit").mkdir()
    for stem in ("X", "Y", "Z"):
        (tmp_path / "kit" / stem).write_text(stem)
        convert(tmp_path / "kit", tmp_path / f"{stem}.plt", view="stored")
        (tmp_path / "kit" / stem).unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(module, "_PATIENCE", 0)
    if at_once:
        monkeypatch.setattr("pltpack_cli.processes._WORTH_IT", 0)
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
    word, *arguments = command.split()
    app = build({word: main.COMMANDS[word]}, main.overview)
    shown = terminal()
    with contextlib.suppress(SystemExit):
        app([word, *(f"{one}.plt" if one in ("X", "Y", "Z") else one for one in arguments)])
    lines = drawn(shown)
    wanted = together if at_once else one_by_one
    assert any(re.match(wanted, line) for line in lines) if wanted is not None else not lines
    assert all(cell_len(line) <= 40 for line in lines)


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


def on_terminal(command: list[str], folder: Path, *, code: int = 0, **environment: str) -> str:
    """What a program prints on a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=os.environ | environment
    )
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
    assert process.wait(60) == code
    return out.decode().replace("\r\n", "\n")
