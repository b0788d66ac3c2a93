"""What the catalog server takes and answers, as types: its JSON is decoded to these and made of these.

Times are seconds since 1970. People are named by their public names, never by an address.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

Ring: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2)]
Tag: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[-_a-zA-Z0-9]{1,60}$")]
Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[-_a-zA-Z0-9]{1,200}$")]
Source: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000)]
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000)]
ScopeName: TypeAlias = Literal["read", "upload", "edit", "curate", "account", "admin"]
JobState: TypeAlias = Literal["queued", "running", "done", "failed"]


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What is answered; programs pass over keys that they do not know."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent: a key that the server does not know is an error."""


class Problem(Document, frozen=True, kw_only=True):
    """An error (RFC 9457); ``code`` stays the same between versions."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request: str = ""
    problems: tuple[str, ...] = ()


class VersionSource(Wanted, frozen=True, kw_only=True):
    """A source for one version of Racket."""

    source: Source
    checksum: Line = ""


class RecordWanted(Wanted, frozen=True, kw_only=True):
    """A whole record, as its owners want it. ``source`` is empty for a package whose archives are pushed."""

    source: Source = ""
    description: Line | None = None
    author: Line | None = None
    license: Line | None = None
    tags: tuple[Tag, ...] = ()
    versions: dict[str, VersionSource] = {}


class RecordChange(Wanted, frozen=True, kw_only=True):
    """Parts of a record; what is not there stays."""

    source: Source | msgspec.UnsetType = msgspec.UNSET
    description: Line | msgspec.UnsetType | None = msgspec.UNSET
    author: Line | msgspec.UnsetType | None = msgspec.UNSET
    license: Line | msgspec.UnsetType | None = msgspec.UNSET
    tags: tuple[Tag, ...] | msgspec.UnsetType = msgspec.UNSET
    versions: dict[str, VersionSource] | msgspec.UnsetType = msgspec.UNSET


class ArchiveDocument(Document, frozen=True, kw_only=True):
    """An archive that a package is or was made of."""

    sha1: str
    sha256: str
    file: str
    size: int
    version: str
    created: int
    source: str = ""
    checksum: str | None = None
    current: bool = False


class YankDocument(Document, frozen=True, kw_only=True):
    """Why a package should not be used any more, and since when."""

    reason: str
    time: int


class CheckDocument(Document, frozen=True, kw_only=True):
    """How it goes with a source: ``due`` is when it is looked at next, ``error`` what went wrong, since when and how
    often."""

    state: Literal["new", "ok", "unchanged", "failed"]
    checked: int | None = None
    due: int | None = None
    failures: int = 0
    code: str | None = None
    message: str | None = None
    since: int | None = None
    stale: bool = False


class PackageDocument(Document, frozen=True, kw_only=True):
    """A package. ``version`` is that of the record, which is also its ``ETag``; it is ``published`` when the catalog
    has all of it."""

    name: str
    version: int
    published: bool
    source: str
    checksum: str | None
    description: str
    authors: tuple[str, ...]
    license: str | None
    tags: tuple[str, ...]
    ring: int
    owners: tuple[str, ...]
    added: int
    edited: int
    dependencies: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    versions: dict[str, VersionSource] = {}
    archive: ArchiveDocument | None = None
    yanked: YankDocument | None = None
    removed: int | None = None
    check: CheckDocument | None = None


class PackageList(Document, frozen=True, kw_only=True):
    """Names of packages, in order; ``next`` is what to ask for after the last one, if there are more."""

    packages: tuple[str, ...]
    next: str | None = None


class Versions(Document, frozen=True, kw_only=True):
    """The archives of a package, the latest first."""

    archives: tuple[ArchiveDocument, ...]


class Changed(Document, frozen=True, kw_only=True):
    """What an edit came to: the record's version, and the job that publishes it."""

    name: str
    version: int
    job: int | None = None
    sha1: str | None = None
    sha256: str | None = None
    notes: tuple[str, ...] = ()


class Rename(Wanted, frozen=True, kw_only=True):
    """The new name."""

    name: Name


class YankWanted(Wanted, frozen=True, kw_only=True):
    """Why a package should not be used any more; ``null``: it may be used again."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None


class OwnersWanted(Wanted, frozen=True, kw_only=True):
    """Who becomes an owner of a package, and who no longer is one: names of users, as they sign in."""

    add: tuple[Line, ...] = ()
    remove: tuple[Line, ...] = ()


class RingWanted(Wanted, frozen=True, kw_only=True):
    """The ring of a package: 0 and 1 are curated."""

    ring: Ring


class Undo(Wanted, frozen=True, kw_only=True):
    """The event whose effect is taken back."""

    event: int


class EventDocument(Document, frozen=True, kw_only=True):
    """Something that was done: the fields of the record that it changed, before and after."""

    id: int
    time: int
    action: str
    package: str | None
    actor: str | None
    detail: str | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class Events(Document, frozen=True, kw_only=True):
    """Events, the latest first; ``next`` is what to ask for after the last one."""

    events: tuple[EventDocument, ...]
    next: int | None = None


class JobDocument(Document, frozen=True, kw_only=True):
    """Something that is to be done, is being done or was done."""

    id: int
    kind: str
    state: JobState
    created: int
    package: str | None = None
    attempts: int = 0
    ended: int | None = None
    error: str | None = None
    result: dict[str, Any] = {}


class RefreshWanted(Wanted, frozen=True, kw_only=True):
    """Which sources to look at: by name, or all that the caller owns."""

    packages: tuple[Name, ...] = ()


class RefreshStarted(Document, frozen=True, kw_only=True):
    """The jobs that look at sources."""

    jobs: tuple[int, ...]


class TokenWanted(Wanted, frozen=True, kw_only=True):
    """A new token. ``packages`` are globs of names, ``days`` how long it is good (``null``: for ever)."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    scopes: tuple[ScopeName, ...] = ("upload",)
    packages: tuple[Line, ...] = ("*",)
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = 365
    owner: Line | None = None


class TokenDocument(Document, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: str
    label: str
    owner: str
    scopes: tuple[str, ...]
    packages: tuple[str, ...]
    created: int
    expires: int | None = None
    used: int | None = None
    revoked: int | None = None


class NewToken(TokenDocument, frozen=True, kw_only=True):
    """A token with its secret, which is shown once."""

    token: str


class Tokens(Document, frozen=True, kw_only=True):
    """Tokens of a user."""

    tokens: tuple[TokenDocument, ...]


class SnapshotWanted(Wanted, frozen=True, kw_only=True):
    """A snapshot to take; without a stamp it is named for the day."""

    stamp: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None


class SnapshotDocument(Document, frozen=True, kw_only=True):
    """A snapshot: the checksum of each package in it."""

    stamp: str
    packages: dict[str, str]


class Snapshots(Document, frozen=True, kw_only=True):
    """Stamps of snapshots, the latest first."""

    snapshots: tuple[str, ...]


class ChangedPackage(Document, frozen=True, kw_only=True):
    """What differs in a package: for each field what was and what is."""

    name: str
    fields: dict[str, tuple[str, str]]
    gained: dict[str, tuple[str, ...]]
    lost: dict[str, tuple[str, ...]]


class DifferenceDocument(Document, frozen=True, kw_only=True):
    """What differs between two snapshots."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ChangedPackage, ...]


class QueueEntry(Document, frozen=True, kw_only=True):
    """A package that awaits a curator."""

    name: str
    ring: int
    added: int
    conflicts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Queue(Document, frozen=True, kw_only=True):
    """What awaits a curator: packages of ring 2 that may rise, with what speaks against it."""

    packages: tuple[QueueEntry, ...]


class Status(Document, frozen=True, kw_only=True):
    """How it goes with the server, and who is asking."""

    version: str
    user: str | None
    role: str
    scopes: tuple[str, ...]
    packages: int
    published: int | None
    queued: int
    running: int
    failing: int
