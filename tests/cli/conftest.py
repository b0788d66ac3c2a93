"""Running the installed programs within the test process, as the shell would run them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeAlias

import pytest


@dataclass(frozen=True)
class Ran:
    """What a program left: its exit code and what it printed."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., Ran]:
    """``run("raco-pack", "x.plt", "dir")`` in a fresh folder; ``run.folder`` would be ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: str | Path) -> Ran:
        (program,) = entry_points(group="console_scripts", name=name)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        capfdbinary.readouterr()
        code: int | str | None = 0
        try:
            program.load()()
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        captured = capfdbinary.readouterr()
        assert isinstance(code, int | None)
        return Ran(code or 0, captured.out.decode(), captured.err.decode())

    return run
