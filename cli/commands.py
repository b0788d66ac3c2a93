"""Programs that have commands. Only the module of the command that is asked for is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

import typer

from .console import reporting


class Command(NamedTuple):
    """Where a command lives: a function of a module of this package."""

    module: str
    function: str


def run(
    commands: Mapping[str, Command], overview: Callable[[], None], *, program: str, completion: bool = False
) -> None:
    """Run a program with the one command that is asked for, or with all of them where help or suggestions are due.

    The docstring of ``overview`` is what the program's help says first.
    """
    asked_for = sys.argv[1] if len(sys.argv) > 1 else None
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(overview)
    for name, (module, function) in commands.items():
        if asked_for not in commands or name == asked_for:
            command = getattr(importlib.import_module(f".{module}", __package__), function)
            app.command(name)(reporting(command))
    app(prog_name=program)
