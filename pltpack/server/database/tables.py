"""The tables as SQLAlchemy knows them; their shape comes from the numbered steps (a test holds both equal)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Index, MetaData, Table, Text

METADATA: Final = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key)


def _real(name: str) -> Column[float]:
    return Column(name, Double)


USERS: Final = Table(
    "users",
    METADATA,
    _text("name", key=True),
    *map(_text, ("display", "role", "password")),
    *map(_number, ("created", "disabled")),
)

TOKENS: Final = Table(
    "tokens",
    METADATA,
    _text("id", key=True),
    *map(_text, ("owner", "label", "digest", "scopes", "packages", "how")),
    *map(_number, ("created", "expires", "used", "revoked")),
)

PACKAGES: Final = Table(
    "packages",
    METADATA,
    _text("name", key=True),
    _text("folded"),
    *map(_number, ("version", "revision", "published")),
    _text("fields"),
    _number("ring"),
    *map(_text, ("ring_by", "archive", "checksum", "origin", "yanked")),
    *map(_number, ("removed", "purged", "added", "edited")),
)

OWNERS: Final = Table("owners", METADATA, _text("package", key=True), _text("owner", key=True))

ARCHIVES: Final = Table(
    "archives",
    METADATA,
    _text("package", key=True),
    _text("sha256", key=True),
    *map(_text, ("sha1", "file")),
    _number("size"),
    *map(_text, ("facts", "source", "checksum")),
    _number("created"),
    _text("actor"),
)

CHECKS: Final = Table(
    "checks",
    METADATA,
    _text("package", key=True),
    *map(_text, ("host", "state", "etag")),
    _number("failures"),
    *map(_text, ("code", "message")),
    *map(_number, ("since", "checked", "due")),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    _number("id", key=True),
    _number("time"),
    *map(_text, ("package", "action", "actor", "token", "request", "before", "after", "detail")),
)

JOBS: Final = Table(
    "jobs",
    METADATA,
    _number("id", key=True),
    *map(_text, ("kind", "package", "actor", "payload", "once", "state")),
    _number("created"),
    _real("due"),
    _number("attempts"),
    _text("worker"),
    _real("lease"),
    _number("ended"),
    *map(_text, ("result", "error")),
)
Index("jobs_once", JOBS.c.once, unique=True)

HOOKS: Final = Table(
    "hooks",
    METADATA,
    _text("id", key=True),
    *map(_text, ("package", "owner", "url", "actions", "secret")),
    *map(_number, ("created", "failures")),
    _real("due"),
    _number("disabled"),
    _text("reason"),
)

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    _number("id", key=True),
    _text("hook"),
    _number("event"),
    *map(_text, ("action", "package")),
    _number("time"),
    _text("state"),
    *map(_number, ("attempts", "status")),
    _text("message"),
    _number("ended"),
    _text("body"),
)

BUCKETS: Final = Table("buckets", METADATA, _text("name", key=True), *map(_real, ("filled", "time")))

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    _text("id", key=True),
    *map(_text, ("owner", "digest")),
    *map(_number, ("created", "used")),
)

CODES: Final = Table(
    "codes",
    METADATA,
    _text("address", key=True),
    *map(_text, ("sent_to", "digest")),
    *map(_number, ("asked", "sent", "tries")),
)

PUBLISHERS: Final = Table(
    "publishers",
    METADATA,
    _text("id", key=True),
    *map(_text, ("package", "forge", "issuer", "repository", "workflow", "ref", "environment", "number", "maker")),
    *map(_number, ("created", "used")),
)

ID_TOKENS: Final = Table(
    "id_tokens", METADATA, _text("issuer", key=True), _text("number", key=True), _number("expires")
)
