"""Where a value of an installation came from."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from pltpack.dataclass import dataclass

T_co = TypeVar("T_co", covariant=True)


class Source(Enum):
    """What decided a value; the text is what ``pltpack dirs`` prints before the detail."""

    OPTION = "option"
    ENVIRONMENT = "environment variable"
    CONFIG = "config"
    EXECUTABLE = "built into"
    FOUND = "found in"
    SYSTEM = "user database"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of one value.

    ``detail`` is the option, the variable, the key of ``config.rktd`` or, for a default, the rule; ``file`` the
    file that was read.
    """

    source: Source
    detail: str = ""
    file: Path | None = None

    def __str__(self) -> str:
        match self.source:
            case Source.CONFIG:
                return f"{self.detail} in {self.file}"
            case Source.EXECUTABLE | Source.FOUND:
                return f"{self.source.value} {self.file}"
            case _:
                return f"{self.source.value}: {self.detail}" if self.detail else self.source.value


@dataclass(frozen=True, slots=True)
class Located(Generic[T_co]):
    """A value together with its origin."""

    value: T_co
    origin: Origin


def option(name: str) -> Origin:
    """The origin of a value given by a command-line option or its keyword argument."""
    return Origin(Source.OPTION, name)


def variable(name: str) -> Origin:
    """The origin of a value given by an environment variable."""
    return Origin(Source.ENVIRONMENT, name)


def default(rule: str) -> Origin:
    """The origin of a value that nothing was given for."""
    return Origin(Source.DEFAULT, rule)
