"""Credentials: from the URL, the user's ``netrc``, and ``git-checkout-credentials``; they are never shown."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.errors import ConfigError

if TYPE_CHECKING:
    from pltpack.racket.config import Config
    from pltpack.racket.installation import Installation

_KEY: Final = "git-checkout-credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password, which no text of this object holds."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def credentials_for(url: str) -> Credentials | None:
    """What the URL itself says, or else the user's ``netrc`` for its host.

    The file is the one that ``NETRC`` names, or ``~/.netrc``; one that cannot be read counts as not there.
    """
    parts = urlsplit(url)
    if parts.username is not None:
        return Credentials(unquote(parts.username), unquote(parts.password or ""))
    file = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    if not os.path.isfile(file):
        return None
    import netrc

    with contextlib.suppress(OSError, netrc.NetrcParseError, ValueError):
        found = netrc.netrc(file).authenticators(parts.hostname or "")
        if found is not None:
            return Credentials(found[0] or "", found[2] or "")
    return None


def authorization(url: str) -> dict[str, str]:
    """The header that says them to an HTTP server; none where there are none."""
    found = credentials_for(url)
    if found is None:
        return {}
    code = base64.b64encode(f"{found.user}:{found.password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {code}"}


def git_checkout_credentials(installation: Installation) -> tuple[Credentials, ...]:
    """``git-checkout-credentials`` of the narrowest scope that has any; they are tried in turn.

    Raises :class:`~pltpack.errors.ConfigError`.
    """
    from pltpack.racket.config import Config
    from pltpack.racket.packages import package_scopes

    for scope, directory in package_scopes(installation):
        config = installation.config if scope == "installation" else Config.read(directory / "config.rktd")
        value = config.raw(_KEY)
        if value is not None and value is not False:
            return tuple(_listed(config, value))
    return ()


def _listed(config: Config, value: Datum) -> Iterator[Credentials]:
    expected = "a list of hash tables with the keys username and password, both strings"
    file = None if config.file is None else str(config.file)
    for item in value if isinstance(value, list) else [value]:
        user = item.get(Symbol("username")) if isinstance(item, HashTable) else None
        password = item.get(Symbol("password")) if isinstance(item, HashTable) else None
        if not isinstance(user, str) or not isinstance(password, str):
            raise ConfigError(f"the value of {_KEY} is not {expected}", file=file)
        yield Credentials(user, password)
