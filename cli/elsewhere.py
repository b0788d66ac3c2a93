"""Commands that were looked for in the wrong program: ``raco-pkg build`` is ``pltpack catalog build``."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

_TABLES: Final = {"pltpack": "main", "raco-pkg": "packages.main"}
"""The modules with the tables of commands, imported only when they are searched: they import the program itself."""

_ALIKE: Final = 0.7
"""How much of two words is the same if one may be a slip for the other: ``show`` for ``shwo``, not ``tree`` for
``freeze``."""


def elsewhere(path: str, words: Sequence[str]) -> list[str]:
    """The commands of all programs that somebody may have meant who typed ``words`` behind ``path``, in full.

    None if ``path`` has a command that is spelled alike: then it is that, and the program says so itself.
    """
    known = [f"{program} {name}" for program, module in _TABLES.items() for name in _commands_of(module)]
    here = [name.removeprefix(f"{path} ").split()[0] for name in known if name.startswith(f"{path} ")]
    for most in (2, 1):  # as many words of the name as were typed
        asked = " ".join(words[:most])
        if found := [name for name in known if name.endswith(f" {asked}")]:
            whole = [name for name in found if name.partition(" ")[2] == asked]
            return whole or found
    near = get_close_matches(words[0], [*here, *(name.split()[-1] for name in known)], n=1, cutoff=_ALIKE)
    return [] if not near or near[0] in here else [name for name in known if name.endswith(f" {near[0]}")]


def _commands_of(module: str) -> Iterable[str]:
    names: Iterable[str] = importlib.import_module(f".{module}", __package__).COMMANDS
    return names
