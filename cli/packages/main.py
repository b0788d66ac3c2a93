"""``raco-pkg``: the commands of ``raco pkg``, and some that it does not have."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final

from ..commands import Command, run
from ..console import program_name

COMMANDS: Final = {
    "install": Command("packages.install", "install"),
    "update": Command("packages.update", "update"),
    "remove": Command("packages.remove", "remove"),
    "new": Command("packages.new", "new"),
    "show": Command("packages.show", "show"),
    "migrate": Command("packages.migrate", "migrate"),
    "create": Command("packages.create", "create"),
    "catalog-show": Command("catalogs.catalog_show", "catalog_show"),
    "catalog-copy": Command("catalogs.catalog_copy", "catalog_copy"),
    "catalog-archive": Command("mirrors.catalog_archive", "catalog_archive"),
    "archive": Command("mirrors.archive", "archive"),
    "config": Command("packages.config", "config"),
    "empty-trash": Command("packages.empty_trash", "empty_trash"),
    "restore": Command("packages.restore", "restore"),
    "why": Command("packages.why", "why"),
    "tree": Command("packages.tree", "tree"),
    "outdated": Command("packages.outdated", "outdated"),
    "check": Command("packages.check", "check"),
    "lock": Command("locks.lock", "lock"),
    "export": Command("supply.export", "export"),
    "audit": Command("supply.audit", "audit"),
    "diff": Command("supply.diff", "diff"),
    "sync": Command("locks.sync", "sync"),
    "env": Command("locks.env", "env"),
    "run": Command("locks.run", "run"),
    "activate": Command("locks.activate", "activate"),
    "vendor": Command("locks.vendor", "vendor"),
}

_OURS: Final = frozenset(
    {
        "restore",
        "why",
        "tree",
        "outdated",
        "check",
        "lock",
        "sync",
        "env",
        "run",
        "activate",
        "vendor",
        "export",
        "audit",
        "diff",
    }
)
"""What Racket does not have, and what is abbreviated to nothing that Racket abbreviates."""

_WITH_VALUE: Final = ("--env", "--file")
_NEGATIVE: Final = re.compile(r"-[0-9.]")
_AS_RACKET: Final = "--as-racket"
_CODES: Final = {"catalog-archive": 5}
"""The one exit code of its own that a command of Racket has: some packages failed, and --pkg-fail continue went on."""


def overview() -> None:
    """Packages, as raco pkg handles them. A command may be abbreviated."""


def main() -> None:
    """The program ``raco-pkg``."""
    arguments = sys.argv[1:]
    sys.argv[1:] = as_we_read_them(arguments)
    try:
        run(COMMANDS, overview, program=program_name(), completion=True)
    except SystemExit as end:
        if _AS_RACKET in arguments and end.code not in (None, 0, 130, _CODES.get(arguments[0])):
            raise SystemExit(1) from None  # Racket has one exit code for all that can go wrong
        raise


def as_we_read_them(arguments: Sequence[str]) -> list[str]:
    """The words of the command line: a command in full, help where nothing is asked for, as ``raco pkg`` gives it, and
    a negative number as what it is."""
    if not arguments:
        return ["--help"]
    words = list(arguments)
    if not words[0].startswith("-"):
        words[0] = whole_command(words[0])
    if words[0] == "run":
        return _program_behind(words)
    number = next((at for at, word in enumerate(words) if _NEGATIVE.match(word)), None)
    if words[0] == "config" and "--set" in words and number is not None and "--" not in words:
        words.insert(number, "--")
    return words


def _program_behind(words: list[str]) -> list[str]:
    """The words of ``run`` with ``--`` before the program: what stands behind that is the program's own."""
    at = 1
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        at += 2 if words[at] in _WITH_VALUE else 1
    return words if "--" in words[: at + 1] or at >= len(words) else [*words[:at], "--", *words[at:]]


def whole_command(word: str) -> str:
    """The command that a word names: it, or the one that begins with it, if there is only one; of two that do, the one
    that Racket has."""
    if word in COMMANDS:
        return word
    begun = [name for name in COMMANDS if name.startswith(word)]
    meant = [name for name in begun if name not in _OURS] or begun
    return meant[0] if len(meant) == 1 else word
