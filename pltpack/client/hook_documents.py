"""The documents of webhooks, and of the log as admins see it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from pltpack.client.documents import Document, Line, Name, Wanted

Action: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{1,40}$")]


class AuditDocument(Document, frozen=True, kw_only=True):
    """An event as admins see it: with the name by which the user signs in, and what it was done with."""

    id: int
    time: int
    action: str
    package: str | None
    user: str | None
    token: str | None
    request: str | None
    detail: str | None = None
    before: dict[str, Any] = msgspec.field(default_factory=dict)
    after: dict[str, Any] = msgspec.field(default_factory=dict)


class AuditLog(Document, frozen=True, kw_only=True):
    """Events, the latest first; ``next`` is what to ask for after the last one."""

    events: tuple[AuditDocument, ...]
    next: int | None = None


class HookWanted(Wanted, frozen=True, kw_only=True):
    """A webhook: a URL that is told of what is done to a package (``null``: to anything; for admins). ``actions`` are
    those that it wants to know of, all if there are none."""

    url: Line
    package: Name | None = None
    actions: tuple[Action, ...] = ()


class HookChange(Wanted, frozen=True, kw_only=True):
    """Parts of a webhook; what is not there stays. Enabled again, its failures are forgotten."""

    url: Line | msgspec.UnsetType = msgspec.UNSET
    actions: tuple[Action, ...] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class HookDocument(Document, frozen=True, kw_only=True):
    """A webhook, without its secret; ``failures`` are those in a row. One that is ``disabled`` says since when and for
    what ``reason``."""

    id: str
    package: str | None
    url: str
    actions: tuple[str, ...]
    owner: str
    created: int
    failures: int = 0
    disabled: int | None = None
    reason: str | None = None


class NewHook(HookDocument, frozen=True, kw_only=True):
    """A webhook with the secret that its deliveries are signed with, which is told once."""

    secret: str


class Hooks(Document, frozen=True, kw_only=True):
    """Webhooks, the oldest first."""

    hooks: tuple[HookDocument, ...]


class DeliveryDocument(Document, frozen=True, kw_only=True):
    """What a webhook was told: ``status`` is what it answered last, ``message`` what went wrong."""

    id: int
    action: str
    package: str | None
    time: int
    state: Literal["queued", "delivered", "failed", "dropped"]
    attempts: int = 0
    event: int | None = None
    status: int | None = None
    message: str | None = None
    ended: int | None = None


class Deliveries(Document, frozen=True, kw_only=True):
    """What a webhook was told, the latest first; ``next`` is what to ask for after the last one."""

    deliveries: tuple[DeliveryDocument, ...]
    next: int | None = None


class Told(Document, frozen=True, kw_only=True):
    """What a webhook gets: ``delivery`` is the same when it is told again, ``actor`` a name that tells no address, and
    ``before`` and ``after`` are the fields of the record that were changed."""

    delivery: int
    action: str
    time: int
    package: str | None
    event: int | None = None
    actor: str | None = None
    detail: str | None = None
    before: dict[str, Any] = msgspec.field(default_factory=dict)
    after: dict[str, Any] = msgspec.field(default_factory=dict)
