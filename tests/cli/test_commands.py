"""``pltpack``: where its commands are, and commands in groups."""

from __future__ import annotations

import importlib
import inspect
import keyword

import pytest

from tests.cli.conftest import Run

commands = importlib.import_module("pltpack_cli.commands")
main = importlib.import_module("pltpack_cli.main")


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_a_command_is_found_by_its_name(name: str) -> None:
    module, function = main.COMMANDS[name]
    word = name.rsplit(maxsplit=1)[-1].replace("-", "_")
    assert module.rpartition(".")[2] == (f"{word}_" if keyword.iskeyword(word) else word)
    assert callable(getattr(importlib.import_module(f"pltpack_cli.{module}"), function))


@pytest.mark.parametrize("program", ["main", "packages.main"])
def test_a_list_says_of_commands_what_they_say(program: str) -> None:
    summaries = importlib.import_module("pltpack_cli.summaries")
    table = importlib.import_module(f"pltpack_cli.{program}").COMMANDS
    for module, function in table.values():
        stand_in = summaries.stand_in(module, function)
        command = getattr(importlib.import_module(f"pltpack_cli.{module}"), function)
        if stand_in is None and command.__module__ != f"pltpack_cli.{module}":
            continue  # another command under this name, which is imported
        assert stand_in is not None, f"{module}: no docstring is found"
        assert inspect.cleandoc(stand_in.__doc__) == inspect.cleandoc(command.__doc__)


def test_every_group_has_commands() -> None:
    assert set(main.GROUPS) == {group for name in main.COMMANDS if (group := name.rpartition(" ")[0])}


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of two commands."""
    monkeypatch.setitem(main.GROUPS, "of", "What belongs together.")
    for name, place in (("of dirs", ("racket.dirs", "dirs")), ("of info", ("racket.info", "info"))):
        monkeypatch.setitem(main.COMMANDS, name, commands.Command(*place))


@pytest.mark.usefixtures("group")
class TestGroups:
    def test_one_of_its_commands(self, run: Run) -> None:
        ran = run("pltpack", "of", "info", "nowhere")
        assert ran.code == 6
        assert "nowhere" in ran.err

    def test_its_help_tells_all_of_them(self, run: Run) -> None:
        for arguments in (("of",), ("of", "--help"), ("of", "--help", "info")):
            ran = run("pltpack", *arguments)
            assert "What belongs together." in ran.out + ran.err
            assert {"dirs", "info"} <= set((ran.out + ran.err).split())

    def test_a_command_that_it_does_not_have(self, run: Run) -> None:
        ran = run("pltpack", "of", "inof")
        assert ran.code == 2
        assert "info" in ran.err

    def test_all_commands_tell_the_group(self, run: Run) -> None:
        assert "What belongs together." in run("pltpack", "--help").out
