"""``pltpack``: all commands under one roof."""

from __future__ import annotations

from typing import Final

from .commands import Command, run

COMMANDS: Final = {
    "pack": Command("archives.pack", "pack"),
    "unpack": Command("archives.unpack", "unpack"),
    "list": Command("archives.list", "list_archive"),
    "show": Command("archives.show", "show"),
    "cat": Command("archives.cat", "cat"),
    "verify": Command("archives.verify", "verify"),
    "diff": Command("archives.diff", "diff"),
    "convert": Command("archives.convert", "convert"),
    "create": Command("packages.create", "create"),
    "source": Command("packages.source", "source"),
    "info": Command("racket.info", "info"),
    "dirs": Command("racket.dirs", "dirs"),
}


def _overview() -> None:
    """The archive toolkit for Racket packages."""


def main() -> None:
    """The program ``pltpack``."""
    run(COMMANDS, _overview, program="pltpack", completion=True)
