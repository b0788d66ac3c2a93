"""What a rescued package depends on, gathered file by file, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pltpack.datum.program import Program
from pltpack.datum.values import Symbol
from pltpack.planet.rescue.contexts import places
from pltpack.planet.rescue.modules import required_modules
from pltpack.planet.rescue.notes import Lines, Note
from pltpack.planet.rescue.providers import Providers

BASE: Final = "base"

_BUILD_SUFFIXES: Final = (".scrbl", ".scribl")
_BUILD_FOLDERS: Final = re.compile(r"tests?|testing|test-?suite|examples?", re.IGNORECASE)
_BUILD_FILES: Final = re.compile(r"(?:.*[-_])?tests?(?:[-_].*)?\.[a-z]+", re.IGNORECASE)
_SETTERS: Final = {"set-car!", "set-cdr!"}
_SET: Final = re.compile(rb"set-c")
_MUTABLE: Final = ("r5rs", "rnrs", "r6rs", "mpair", "mlist")
"""In the names of modules that bring mutable pairs with them."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a package is needed: the first file that asks for it, and what it asks for there."""

    file: str
    what: str


@dataclass(slots=True)
class Dependencies:
    """The packages that running and that only building takes."""

    run: dict[str, Reason] = field(default_factory=dict)
    build: dict[str, Reason] = field(default_factory=dict)

    def add(self, package: str, reason: Reason) -> None:
        """A file asks for a package."""
        (self.build if is_build_file(reason.file) else self.run).setdefault(package, reason)

    def settled(self) -> tuple[dict[str, Reason], dict[str, Reason]]:
        """Both kinds in their order: base, Racket's own packages, those of PLaneT; none is in both."""
        run = {BASE: Reason("", "every package needs it"), **self.run}
        return _ordered(run), _ordered({name: reason for name, reason in self.build.items() if name not in run})


def _ordered(found: dict[str, Reason]) -> dict[str, Reason]:
    names = sorted(found, key=lambda name: (name != BASE, name.startswith("planet-") and name != "planet-lib", name))
    return {name: found[name] for name in names}


def is_build_file(path: str) -> bool:
    """Whether a file is documentation, a test or an example, by its name."""
    *folders, name = path.split("/")
    return (
        name.endswith(_BUILD_SUFFIXES)
        or any(map(_BUILD_FOLDERS.fullmatch, folders))
        or _BUILD_FILES.fullmatch(name) is not None
    )


def examine(file: str, data: bytes, program: Program, providers: Providers, found: Dependencies) -> Iterator[Note]:
    """Add what a program requires of Racket's collections, and tell what is not there any more."""
    seen: set[tuple[str, str]] = set()
    modules: list[str] = []
    lines = Lines(data)
    for required in required_modules(program):
        modules.append(required.module)
        provider = providers.find(required)
        shown = required.module.removesuffix("/main")
        if provider.package is not None:
            found.add(provider.package, Reason(file, shown))
        elif (shown, provider.standing) not in seen:
            seen.add((shown, provider.standing))
            line = lines.of(required.at)
            if provider.standing == "gone":
                yield Note(file, line, "gone-module", f"no package has {shown} today", shown)
            else:
                yield Note(file, line, "unknown-module", f"{shown} is in no table of modules", shown)
    if _SET.search(data) and not any(word in module for module in modules for word in _MUTABLE):
        for node, _ in places(program, [found.start() for found in _SET.finditer(data)]):
            if isinstance(node.datum, Symbol) and node.datum.name in _SETTERS:
                yield Note(file, lines.of(node.start), "set-pair", f"{node.datum.name} is no more", node.datum.name)
                break
