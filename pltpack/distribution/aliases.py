"""Other names of installers: what a build with a suffix for its system or its virtual machine is also called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parts:
    """What the name of an installer has besides version and platform: it is ``BASE-REST[-SUFFIX][-VM].EXT``."""

    base: str = "racket"
    suffix: str = ""
    vm: str = ""

    @property
    def end(self) -> str:
        """What stands before the extension."""
        return "".join(f"-{part}" for part in (self.suffix, self.vm) if part)


@dataclass(frozen=True, slots=True)
class AliasParts:
    """The parts of another name; ``None`` stands for the part of the installer itself."""

    base: str | None = None
    suffix: str | None = None
    vm: str | None = None

    def of(self, main: Parts) -> Parts:
        """The parts that the other name has."""
        return Parts(
            main.base if self.base is None else self.base,
            main.suffix if self.suffix is None else self.suffix,
            main.vm if self.vm is None else self.vm,
        )


def all_names(main: Parts, aliases: Sequence[AliasParts] = ()) -> tuple[Parts, ...]:
    """The names that an installer has: those of its aliases, and its own at the end unless that is one of them."""
    found = tuple(alias.of(main) for alias in aliases)
    return found if main in found else (*found, main)


def alias_name(file: str, main: Parts, alias: Parts) -> str | None:
    """The name of an installer with the parts of ``main`` replaced by those of ``alias``; ``None`` if it has them not.

    >>> alias_name("racket-8.7-x86_64-linux-buster-cs.sh", Parts("racket", "buster", "cs"), Parts("racket", "", "cs"))
    'racket-8.7-x86_64-linux-cs.sh'
    """
    stem, dot, extension = file.rpartition(".")
    start = f"{main.base}-"
    if not dot or not stem.startswith(start) or not stem.endswith(main.end) or len(stem) < len(start) + len(main.end):
        return None
    rest = stem[len(start) : len(stem) - len(main.end)]
    return f"{alias.base}-{rest}{alias.end}.{extension}"
