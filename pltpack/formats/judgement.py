"""What is wrong with the members of an archive: told at once or, to those who only look, in the end."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final, Generic, TypeVar

from pltpack.dataclass import dataclass
from pltpack.errors import AmbiguityError, UnsafePathError

MOST_TOLD: Final = 100
"""Things of one kind that are told one by one; of those beyond there is the number only."""

T = TypeVar("T")


class Purpose(Enum):
    """What an archive is read for, which decides what is an error and what is only put down."""

    USE = "use"
    """Its content is used: it must be the same whoever reads it."""
    INSTALL = "install"
    """To find out what Racket installs: others may read something else."""
    LOOK = "look"
    """It is only looked at: unsafe members and differences are told, and no errors."""


class First(Generic[T]):
    """The first hundred of any number of things, and how many there were."""

    __slots__ = ("_kept", "count")

    def __init__(self) -> None:
        self._kept: list[T] = []
        self.count = 0

    def add(self, thing: T) -> None:
        """Take one more."""
        self.count += 1
        if len(self._kept) < MOST_TOLD:
            self._kept.append(thing)

    def __iter__(self) -> Iterator[T]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def more(self) -> int:
        """How many there were beyond those that are kept."""
        return self.count - len(self._kept)


@dataclass(frozen=True, slots=True)
class Difference:
    """What ``readers`` take for something else. ``minor``: the spelling of a name only, and not Racket."""

    readers: str
    reason: str
    entry: str | None = None
    minor: bool = False

    def __str__(self) -> str:
        return f"read differently by {self.readers}: {self.reason}"


class Judgement:
    """What a reader has found wrong with an archive.

    ``offenders``: members that may not be unpacked, with the reason; ``differences``: what other programs read
    differently; ``refusals``: what Racket refuses, with the member, while the others agree.
    """

    def __init__(self, *, name: str | None = None, purpose: Purpose = Purpose.USE) -> None:
        self.name = name
        self.purpose = purpose
        self.offenders: First[tuple[str, str]] = First()
        self.differences: First[Difference] = First()
        self.refusals: First[tuple[str | None, str]] = First()

    def offends(self, path: str, reason: str) -> None:
        """A member may not be unpacked; :meth:`check` raises that for all of them."""
        self.offenders.add((path, reason))

    @property
    def looking(self) -> bool:
        """Whether the archive is only looked at, and nothing of this is raised."""
        return self.purpose is Purpose.LOOK

    def differs(
        self, readers: str, reason: str, entry: str | None = None, *, minor: bool = False, as_racket: bool = False
    ) -> None:
        """Other programs read something else; ``as_racket``: and who installs the package, what Racket does.

        Raises :class:`AmbiguityError` unless it is minor, or the purpose allows for it.
        """
        difference = Difference(readers, reason, entry, minor)
        if not (minor or self.looking or (as_racket and self.purpose is Purpose.INSTALL)):
            raise AmbiguityError(str(difference), file=self.name, entry=entry)
        self.differences.add(difference)

    def refused(self, reason: str, entry: str | None = None) -> None:
        """Racket refuses the archive for this."""
        self.refusals.add((entry, reason))

    def problems(self) -> Iterator[str]:
        """What is refused by Racket or read differently by others, a line each."""
        for difference in self.differences:
            if not difference.minor:
                yield f"{difference.entry}: {difference}"
        for entry, reason in self.refusals:
            yield f"{entry}: {reason}: raco pkg install refuses the package"

    def check(self) -> None:
        """Raise :class:`UnsafePathError` if there are offenders; it tells each of the first hundred."""
        if not self.offenders.count or self.looking:
            return
        paths = list(self.offenders)
        path, reason = paths[0]
        message = f"the member {path!r} {reason}"
        if self.offenders.count > 1:
            message = f"{self.offenders.count:,} members may not be unpacked"
        if self.offenders.more:
            message += f", the first {len(paths)} of them"
        raise UnsafePathError(message, paths=paths, file=self.name)
