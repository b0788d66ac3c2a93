"""Programs that have commands. Only the module of the command that is asked for is imported."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import typer

from .console import reporting
from .helping import HelpfulCommand, HelpfulGroup
from .summaries import stand_in


class Command(NamedTuple):
    """Where a command lives: a function of a module of this package. The module is called as the command is."""

    module: str
    function: str


NO_GROUPS: Final[Mapping[str, str]] = MappingProxyType({})
NO_DOORS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


def run(
    commands: Mapping[str, Command],
    overview: Callable[[], None],
    *,
    groups: Mapping[str, str] = NO_GROUPS,
    doors: Mapping[str, Sequence[str]] = NO_DOORS,
    program: str,
    completion: bool = False,
) -> None:
    """Run a program with the one command that is asked for, or with all of them where help or suggestions are due."""
    words = sys.argv[1:]
    asked_for = _asked_for(words, {*commands, *groups})
    app = build(
        commands,
        overview,
        groups=groups,
        doors=doors,
        asked_for=asked_for,
        listed=words in (["-h"], ["--help"]) and not _completing(),
        completion=completion,
    )
    app(prog_name=program)


def build(
    commands: Mapping[str, Command],
    overview: Callable[[], None],
    *,
    groups: Mapping[str, str] = NO_GROUPS,
    doors: Mapping[str, Sequence[str]] = NO_DOORS,
    asked_for: str | None = None,
    listed: bool = False,
    completion: bool = False,
) -> typer.Typer:
    """A program of commands: all, that which is ``asked_for``, or those of the group of that name.

    The docstring of ``overview`` is what the program's help says first. A command in one of the ``groups``, which say
    what they are for, has a name of several words; a group may be in another one. Help lists commands and groups below
    the ``doors`` that lead to them; if they are only ``listed``, none is imported.
    """
    app = _program(overview, completion=completion, doors=doors)
    made: dict[str, typer.Typer] = {}
    for name, (module, function) in commands.items():
        group, _, word = name.rpartition(" ")
        if asked_for is not None and not f"{name} ".startswith(f"{asked_for} "):
            continue
        within = _group(app, group, made, groups)
        command = stand_in(module, function) if listed else None
        command = command or reporting(getattr(importlib.import_module(f".{module}", __package__), function))
        within.command(word, cls=HelpfulCommand)(command)
    return app


def _group(app: typer.Typer, name: str, made: dict[str, typer.Typer], groups: Mapping[str, str]) -> typer.Typer:
    """The group of a name, in that which its other words name; no name is the program."""
    if not name:
        return app
    if name not in made:
        outer, _, word = name.rpartition(" ")
        made[name] = _program(_overview(groups[name]), name=word)
        _group(app, outer, made, groups).add_typer(made[name])
    return made[name]


def _program(
    overview: Callable[[], None],
    *,
    name: str | None = None,
    completion: bool = False,
    doors: Mapping[str, Sequence[str]] = NO_DOORS,
) -> typer.Typer:
    app = typer.Typer(
        name=name,
        cls=type("Group", (HelpfulGroup,), {"doors": doors}),
        no_args_is_help=True,
        add_completion=completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(overview)
    return app


def _overview(purpose: str) -> Callable[[], None]:
    def overview() -> None:
        pass

    overview.__doc__ = purpose
    return overview


def _completing() -> bool:
    """Whether a shell asks what may come next, which depends on the options of the commands."""
    return any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ)


def _asked_for(words: Sequence[str], names: Collection[str]) -> str | None:
    """The command or the group of commands that the first words of the command line name."""
    return next((name for name in (" ".join(words[:end]) for end in (3, 2, 1)) if name in names), None)
