"""``pltpack``: all commands under one roof. Only the module of the command that is asked for is imported."""

from __future__ import annotations

import importlib
import sys
from typing import Final, NamedTuple

import typer

from .console import reporting


class _Command(NamedTuple):
    """Where a command lives: a function of a module of this package."""

    module: str
    function: str


COMMANDS: Final = {
    "pack": _Command("archives.pack", "pack"),
    "unpack": _Command("archives.unpack", "unpack"),
    "list": _Command("archives.list", "list_archive"),
    "show": _Command("archives.show", "show"),
    "cat": _Command("archives.cat", "cat"),
    "verify": _Command("archives.verify", "verify"),
    "diff": _Command("archives.diff", "diff"),
    "convert": _Command("archives.convert", "convert"),
    "create": _Command("packages.create", "create"),
    "source": _Command("packages.source", "source"),
    "info": _Command("racket.info", "info"),
    "dirs": _Command("racket.dirs", "dirs"),
}


def build(asked_for: str | None) -> typer.Typer:
    """The program with the one command that is asked for, or with all of them where help or suggestions are due."""
    app = typer.Typer(
        name="pltpack",
        help="The archive toolkit for Racket packages.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_umbrella)
    for name, (module, function) in COMMANDS.items():
        if asked_for is None or name == asked_for:
            command = getattr(importlib.import_module(f".{module}", __package__), function)
            app.command(name)(reporting(command))
    return app


def _umbrella() -> None:
    """The archive toolkit for Racket packages."""


def main() -> None:
    """The program ``pltpack``."""
    asked_for = sys.argv[1] if len(sys.argv) > 1 else None
    build(asked_for if asked_for in COMMANDS else None)(prog_name="pltpack")
