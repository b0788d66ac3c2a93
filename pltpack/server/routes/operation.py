"""How a route is declared: one value that says what it takes, who may call it, what it answers, and what does it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from pltpack.server.config import LimitsSection
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.problems import Problem
from pltpack.server.records.events import Actor
from pltpack.server.room import Room

Method: TypeAlias = Literal["GET", "PUT", "POST", "PATCH", "DELETE"]


class Body(enum.Enum):
    """Bodies that are no JSON."""

    UPLOAD = "application/octet-stream"
    """A file, whose length must be told before it comes."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may call a route. ``scope`` is what the credentials must be good for (``None``: there need not be any);
    ``owner``: the package must be theirs, which the handler looks at in its transaction; ``package``: the name in the
    path must be one that a token reaches."""

    scope: Scope | None
    owner: bool = False
    package: bool = True


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route that takes no parameters."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler gets it. ``body`` is what was decoded, or the path of an upload; ``headers`` have names
    in small letters."""

    room: Room
    identity: Identity
    request: str
    path: Mapping[str, str]
    query: msgspec.Struct
    body: msgspec.Struct | Path | None
    headers: Mapping[str, str]
    client: str = ""

    @property
    def name(self) -> str:
        """The name of the package in the path."""
        return self.path["name"]

    @property
    def actor(self) -> Actor:
        """Who is written down for what the call does."""
        return Actor(self.identity.user, self.identity.token, self.request)

    @property
    def upload(self) -> Path:
        """The file that was sent."""
        assert isinstance(self.body, Path)
        return self.body

    @property
    def expected(self) -> int | None:
        """The version in ``If-Match``; ``None`` if any will do. Raises :class:`~pltpack.server.problems.Problem`."""
        given = self.headers.get("if-match", "*").strip()
        if given == "*":
            return None
        found = re.fullmatch(r'"(\d{1,18})"', given)
        if found is None:
            # What we never gave out fits nothing (RFC 9110, 13.1.1).
            raise Problem(412, "changed-meanwhile", "If-Match holds no ETag of this server")
        return int(found[1])

    @property
    def only_new(self) -> bool:
        """Whether the caller wants to make something, and change nothing (``If-None-Match: *``)."""
        return self.headers.get("if-none-match", "").strip() == "*"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a document, or bytes of another type."""

    body: msgspec.Struct | bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "application/json"


Handler: TypeAlias = Callable[[Call], Reply]
"""Answers a request; it is called in a thread. Raises a :class:`~pltpack.server.problems.Problem`."""


def _upload_bytes(limits: LimitsSection) -> int:
    return limits.upload_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route: ``answers`` are its statuses when all is well, each with the type of the document; ``headers`` are those
    that it heeds. ``id`` is what the client and the metrics call it. ``before`` is called before the body is taken, and
    raises what speaks against it; ``most`` says how many bytes an upload has at most. One that ``remembers`` reads
    nothing but the database, and that through its memory: mostly it is answered without a thread."""

    method: Method
    path: str
    id: str
    summary: str
    needs: Needs
    handler: Handler
    before: Callable[[Call], object] | None = None
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | Body | None = None
    most: Callable[[LimitsSection], int] = _upload_bytes
    answers: Mapping[int, type[msgspec.Struct] | str | None]
    headers: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()
    remembers: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"\{(\w+)(?::\w+)?\}", self.path))

    @property
    def statuses(self) -> tuple[int, ...]:
        """All that it may answer."""
        usual = {400, 401, 429, 503}  # wrong credentials are told wherever they are shown
        if self.needs.scope is not None:
            usual.add(403)
        if self.parameters:
            usual.add(404)
        if self.body is not None:
            usual |= {413, 415, 422}
        if self.body is Body.UPLOAD:
            usual.add(411)
        return tuple(sorted({*self.answers, *usual, *self.problems}))


_T = TypeVar("_T", bound=msgspec.Struct)


def body_of(call: Call, kind: type[_T]) -> _T:
    """The body of a call, which the declaration of its route says to be of a kind."""
    assert isinstance(call.body, kind)
    return call.body


def query_of(call: Call, kind: type[_T]) -> _T:
    """The parameters of a call, which the declaration of its route says to be of a kind."""
    assert isinstance(call.query, kind)
    return call.query


def etag(version: int) -> str:
    """The ``ETag`` of a record."""
    return f'"{version}"'


API: Final = "/api/v1"
"""Under which all routes are that may change between versions of the API."""
