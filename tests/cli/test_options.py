"""Every option of every command has an effect: each has a row in one of the tables in ``options/``, and a test.

There is one table for each folder of commands, a module with ``ROWS`` and with ``prepare(folder)``, which makes what
its calls need. Where ``$URL`` stands in a call, the folder ``served`` is served, by a server that the module's
``serve(server)`` tells how to behave, or there is the server that its ``open_server(folder)`` opens. A new option
without a row fails here. Each row is tried twice, with its option and without: what it says of the call with the option
may not be true of the one without.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from pltpack.codec.limits import Limits
from tests.cli.asking import asked_once
from tests.cli.conftest import Run
from tests.cli.options.row import Left, Row
from tests.servers import serving

TABLES: dict[str, ModuleType] = {
    path.stem: importlib.import_module(f"tests.cli.options.{path.stem}")
    for path in sorted((Path(__file__).parent / "options").glob("*.py"))
    if path.stem != "row"
}
ROWS: list[tuple[str, Row]] = [(name, row) for name, table in TABLES.items() for row in table.ROWS]


COMMON = {"--help", "--install-completion", "--show-completion"}
"""What every program has, of typer's making."""


def programs() -> dict[str, Callable[[], object]]:
    """What the installation puts on the search path."""
    return {entry.name: entry.load() for entry in entry_points(group="console_scripts") if "pltpack_cli" in entry.value}


def commands(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str, Any]]:
    """Each command of each program: the program, the command's module, and what typer makes of it."""
    made: list[typer.Typer] = []
    # With their options, not only their names as in a list.
    monkeypatch.setattr(importlib.import_module("pltpack_cli.commands"), "stand_in", lambda *_: None)
    monkeypatch.setattr(typer.Typer, "__call__", lambda app, **_: made.append(app))
    for name, program in programs().items():
        made.clear()
        monkeypatch.setattr(sys, "argv", [name])
        with pytest.raises(SystemExit):
            program()
        (app,) = made
        yield from ((name, command.callback.__module__, command) for command in leaves(typer.main.get_command(app)))


def leaves(command: Any) -> Iterator[Any]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield command
    else:
        for each in inner.values():
            yield from leaves(each)


def test_every_option_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {
        (module.removeprefix("pltpack_cli."), parameter.opts[-1] if len(parameter.opts[0]) < 3 else parameter.opts[0])
        for _, module, command in commands(monkeypatch)
        for parameter in command.params
        if parameter.param_type_name == "option" and not COMMON.intersection(parameter.opts)
    }
    listed = {(row.command, row.option) for _, row in ROWS}
    missing = sorted(f"{command} {option}" for command, option in there - listed)
    assert not missing, f"options without a row in tests/cli/options/: {', '.join(missing)}"
    assert listed - there == set(), "rows without an option"


@contextlib.contextmanager
def open_server(table: ModuleType, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The server that the calls of a table speak with: its URL, and what it is asked."""
    if hasattr(table, "open_server"):
        with table.open_server(folder) as url:
            yield url, []
        return
    with serving(folder / "served") as server:
        table.serve(server)
        yield server.url, server.log


@contextlib.contextmanager
def counted(place: object, name: str) -> Iterator[list[None]]:
    """Count the calls of a function inside the block."""
    function = getattr(place, name)
    calls: list[None] = []

    def call(*args: object, **kwargs: object) -> object:
        calls.append(None)
        return function(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, call)
        yield calls


def lower_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the ratio from few bytes on: what is free of it by default is too much for a test."""
    names = list(inspect.signature(Limits).parameters)
    defaults = list(Limits.__init__.__defaults__ or ())
    defaults[names.index("ratio_from")] = 1 << 20
    monkeypatch.setattr(Limits.__init__, "__defaults__", tuple(defaults))


@pytest.mark.parametrize(("table", "row"), ROWS, ids=[f"{row.command} {row.given}" for _, row in ROWS])
def test_an_option_has_an_effect(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, row: Row
) -> None:
    left = []
    for name, added in (("without", row.lacking), ("with", row.given)):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        for variable in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME", "XDG_DATA_HOME"):
            monkeypatch.delenv(variable, raising=False)
        for variable, value in {"HOME": str(folder / "home"), "PATH": "", **row.environment}.items():
            monkeypatch.setenv(variable, value)
        TABLES[table].prepare(folder)
        if row.before is not None:
            row.before(folder)
        if row.option == "--max-ratio":
            lower_floor(monkeypatch)
        line, answers = f"{row.line} {added}", list[str]()
        with contextlib.ExitStack() as stack:
            requests: list[str] = []
            if row.asks:
                stack.enter_context(asked_once(row.asks, answers))
            if "$URL" in line:
                url, requests = stack.enter_context(open_server(TABLES[table], folder))
                line = line.replace("$URL/", url)
            forks, threads, syncs = (
                stack.enter_context(counted(place, name))
                for place, name in ((os, "fork"), (threading.Thread, "start"), (os, "sync"))
            )
            program, *words = shlex.split(line)
            ran = run(program, *words)
        left.append(Left(ran.code, ran.out, ran.err, folder, len(forks), len(threads), bool(syncs), requests, *answers))
    without, given = left
    assert row.effect(given), given
    assert not row.effect(without), f"the same without {row.option}: {without}"
