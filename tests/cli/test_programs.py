"""The installed programs as processes of their own: locales, and standard streams that are closed or full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.differences import differs

PROGRAM = "import sys; from pltpack_cli import programs; sys.argv[0] = {name!r}; programs.{function}()"

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""Where Python takes names to be ASCII."""

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(name=name, function=name.replace("-", "_")), *arguments]


def shell(folder: Path, name: str, arguments: str, redirections: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a shell does that redirects its streams; standard error is kept unless that is redirected."""
    script = f'exec "$0" "$@" {arguments} {redirections}'
    return subprocess.run(["sh", "-c", script, *command(name)], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "naïve" / "日本").mkdir(parents=True)
    (tmp_path / "naïve" / "日本" / "é.txt").write_text("x")
    return tmp_path


@differs(
    racket="names that are not ASCII fail in the C locale",
    here="the locale does not matter",
)
def test_the_locale_does_not_matter(folder: Path) -> None:
    environment = os.environ | ASCII

    def run(name: str, *arguments: str) -> bytes:
        done = subprocess.run(command(name, *arguments), cwd=folder, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    run("raco-pack", "--raw", "--plt-name", "Größe", "++setup", "ñ", "o.plt", "naïve/日本", "naïve/日本/é.txt")
    entries = 'dir\n("naïve" "日本")\nfile\n("naïve" "日本" "é.txt")\n1\n*x' * 2
    written = (folder / "o.plt").read_bytes().decode()
    assert written.endswith(f'(quote (("ñ"))))\n{entries}')
    assert '((name) "Größe")' in written
    assert run("raco-unpack", "-l", "o.plt").decode().splitlines() == ["naïve/日本/", "naïve/日本/é.txt"] * 2
    run("raco-unpack", "-f", "-C", "ö", "o.plt")
    assert (folder / "ö" / "naïve" / "日本" / "é.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("name", "arguments", "redirections", "code", "said"),
    [
        ("raco-pack", "- .", ">&-", 6, "raco-pack: Bad file descriptor\n"),
        ("raco-pack", "--help", ">&-", 6, "raco-pack: Bad file descriptor\n"),
        ("raco-pack", "-q o.plt .", ">&- <&- 2>&-", 0, ""),
        ("raco-unpack", "-l -", "<&-", 6, "raco-unpack: Bad file descriptor\n"),
        ("raco-unpack", "-l missing.plt", "2>&-", 6, ""),
        pytest.param("raco-pack", "- .", ">/dev/full", 6, "raco-pack: No space left on device\n", marks=full),
        pytest.param("raco-pack", "--help", ">/dev/full", 6, "raco-pack: No space left on device\n", marks=full),
        pytest.param("unpack", "--version", ">/dev/full", 6, "unpack: No space left on device\n", marks=full),
        pytest.param("raco-unpack", "-l missing.plt", "2>/dev/full", 6, "", marks=full),
    ],
)
def test_streams_that_are_closed_or_full(
    folder: Path, name: str, arguments: str, redirections: str, code: int, said: str
) -> None:
    done = shell(folder, name, arguments, redirections)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


def test_no_file_takes_the_place_of_a_closed_stream(folder: Path) -> None:
    assert shell(folder, "raco-pack", "-v --raw o.plt naïve", ">&- <&-").returncode == 6
    assert (folder / "o.plt").read_bytes().endswith('file\n("naïve" "日本" "é.txt")\n1\n*x'.encode())


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interruption_before_the_command_starts(tmp_path: Path) -> None:
    """While a module is loaded: the name of a missing one stands for the moment, a finder for the hand on Ctrl-C."""
    interrupted = (
        "import importlib.abc, signal, sys\n"
        "class Finder(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'pltpack_cli.archives.unpack': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    program = interrupted + PROGRAM.format(name="unpack", function="unpack")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "unpack: interrupted\n")
