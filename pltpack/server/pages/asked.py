"""What a page is asked, and what it answers; how a page is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pltpack.server.identity.identity import Identity
from pltpack.server.problems import Problem
from pltpack.server.records.events import Actor
from pltpack.server.room import Room

HOME: Final = "/manage"
"""Under which all pages are."""
SECRET: Final = frozenset({"csrf", "password", "again", "old", "code"})
"""What is never shown again, wherever it was typed."""


class Form:
    """The fields of a form, or the parameters of an address."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in pairs:
            self._fields.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """A field, empty where there is none. Raises :class:`~pltpack.server.problems.Problem` if it is there twice."""
        found = self._fields.get(name, [""])
        if len(found) > 1:
            raise Problem(400, "bad-form", f"{name[:40]} stands there twice")
        return found[0]

    def line(self, name: str) -> str:
        """The same without blanks around it."""
        return self.one(name).strip()

    def many(self, name: str) -> tuple[str, ...]:
        """All fields of a name."""
        return tuple(self._fields.get(name, ()))

    def number(self, name: str) -> int | None:
        """A whole number; ``None`` where there is none. Raises :class:`~pltpack.server.problems.Problem`."""
        text = self.one(name)
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Problem(400, "bad-form", f"{name[:40]} is no number")
        return int(text)

    def shown(self) -> list[tuple[str, str]]:
        """What was typed, without secrets."""
        told = {name: values for name, values in self._fields.items() if name not in {*SECRET, "do"}}
        return [(name, value) for name, values in told.items() for value in values]

    def __contains__(self, name: str) -> bool:
        return name in self._fields


@dataclass(frozen=True, slots=True)
class Trouble:
    """An action that failed: of the form ``do``, why, and what was typed, which is shown again."""

    do: str
    problem: Problem
    typed: Form

    @property
    def fields(self) -> dict[str, list[str]]:
        """What is wrong with each field."""
        found: dict[str, list[str]] = {}
        for line in self.problem.problems:
            name, colon, text = line.partition(": ")
            if colon and (name := name.partition(".")[0]).isidentifier():
                found.setdefault(name, []).append(text)
        return found

    @property
    def meanwhile(self) -> bool:
        """Whether somebody else was quicker."""
        return self.problem.code == "changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template with values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on there, which is said to be ``done``: a key of :data:`~pltpack.server.pages.rendering.DONE`."""

    to: str
    done: str = ""
    cookies: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """The address to go to."""
        return f"{self.to}{'&' if '?' in self.to else '?'}done={self.done}" if self.done else self.to


Answer: TypeAlias = Shown | Redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as a page gets it. ``csrf`` is what its forms hold, ``cookies`` the header that shows the session;
    ``address`` is that of the page, without parameters."""

    room: Room
    identity: Identity
    cookies: str | None
    csrf: str
    request: str
    address: str
    path: Mapping[str, str]
    query: Form
    form: Form
    client: str

    @property
    def name(self) -> str:
        """The name of the package in the path."""
        return self.path["name"]

    @property
    def user(self) -> str:
        """Who is signed in."""
        assert self.identity.user is not None
        return self.identity.user

    @property
    def actor(self) -> Actor:
        """Who is written down for what is done."""
        return Actor(self.identity.user, None, self.request)


Show: TypeAlias = Callable[[Asked, Trouble | None], Answer]
Action: TypeAlias = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: ``show`` answers a GET, and shows what was typed again after an action that failed; ``actions`` are what
    its forms do, by their field ``do``. Raising a :class:`~pltpack.server.problems.Problem` is how they fail.

    ``is_open``: also for who is not signed in.
    """

    path: str
    id: str
    show: Show
    actions: Mapping[str, Action] = field(default_factory=dict)
    is_open: bool = False
