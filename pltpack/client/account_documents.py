"""What the catalog server takes and answers about accounts: signing in, passwords, codes, what people are called."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from pltpack.client.documents import Document, Line, Wanted

Password: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Address: TypeAlias = Annotated[str, msgspec.Meta(min_length=3, max_length=200)]


class SignInWanted(Wanted, frozen=True, kw_only=True):
    """Who signs in, and their password."""

    user: Line
    password: Password


class CodeWanted(Wanted, frozen=True, kw_only=True):
    """The address that a code is sent to."""

    address: Address


class ByCodeWanted(Wanted, frozen=True, kw_only=True):
    """A new password, with the code that was sent to the address."""

    address: Address
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    password: Password


class PasswordWanted(Wanted, frozen=True, kw_only=True):
    """The password of now, and a new one."""

    old: Password
    new: Password


class AccountChange(Wanted, frozen=True, kw_only=True):
    """What others see instead of an address; empty: a name that is made of it."""

    display: Annotated[str, msgspec.Meta(max_length=60)]


class SessionDocument(Document, frozen=True, kw_only=True):
    """A session that was opened: its cookie is in ``Set-Cookie``, and ``csrf`` is for the header ``X-CSRF-Token`` of
    each request that changes anything. It ends at ``expires`` at the latest."""

    user: str
    csrf: str
    expires: int


class OpenSession(Document, frozen=True, kw_only=True):
    """A session that holds; ``current``: it is the one that asks."""

    id: str
    created: int
    used: int
    current: bool = False


class AccountDocument(Document, frozen=True, kw_only=True):
    """One's own account: how one signs in, which nobody else sees, what others see, and where one is signed in."""

    user: str
    shown: str
    display: str
    role: str
    has_password: bool
    created: int
    sessions: tuple[OpenSession, ...]
