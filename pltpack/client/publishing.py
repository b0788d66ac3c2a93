"""Documents of trusted publishing: builds that push without a token of their own, and what they are given for it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from pltpack.client.documents import Document, Line, Name, Wanted

ForgeName: TypeAlias = Literal["github", "gitlab"]


class PublisherWanted(Wanted, frozen=True, kw_only=True):
    """Builds that may push a package. ``workflow`` is the file that they stand in, ``ref`` a glob such as
    ``refs/tags/v*``; without ``issuer`` they are those of the first one that the server knows for the forge."""

    forge: ForgeName
    repository: Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
    workflow: Line = ""
    ref: Line | None = None
    environment: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    issuer: Line = ""
    owner: Line | None = None


class PublisherDocument(Document, frozen=True, kw_only=True):
    """Builds that may push a package: since when, by whose leave, and when they did last. It ``counts`` while who has
    added it owns the package, and is ``pending`` while there is none."""

    id: str
    forge: ForgeName
    issuer: str
    repository: str
    workflow: str
    ref: str | None
    environment: str | None
    added_by: str
    counts: bool
    pending: bool
    created: int
    used: int | None = None


class Publishers(Document, frozen=True, kw_only=True):
    """Publishers of a package, the oldest first."""

    publishers: tuple[PublisherDocument, ...]


class ExchangeWanted(Wanted, frozen=True, kw_only=True):
    """What a build shows to be let push packages."""

    packages: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=50)]
    id_token: Annotated[str, msgspec.Meta(min_length=1, max_length=32768)]


class ExchangedToken(Document, frozen=True, kw_only=True):
    """A token for a short time."""

    token: str
    packages: tuple[str, ...]
    scopes: tuple[str, ...]
    expires: int
