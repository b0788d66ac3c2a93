"""Where the token for a server is found: a variable, what ``pltpack login`` keeps, ``netrc``.

``pltpack login`` keeps tokens in the keyring of the system if there is the package ``keyring``, and else in a file that
nobody but the user can read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pltpack.errors import FormatError
from pltpack.fetch.credentials import credentials_for
from pltpack.transaction.file import replacing

if TYPE_CHECKING:
    from types import ModuleType

VARIABLE: Final = "PLTPACK_TOKEN"
_SERVICE: Final = "pltpack"


def find_token(url: str) -> str | None:
    """The token for a server; ``None`` if there is none. Raises :class:`~pltpack.errors.FormatError` for a damaged
    file of ours."""
    given = os.environ.get(VARIABLE)
    if given:
        return given.strip()
    key = _key(url)
    ring = _keyring()
    if ring is not None and (found := _from_ring(ring, key)) is not None:
        return found
    if (kept := _read().get(key)) is not None:
        return kept
    login = credentials_for(url)
    return None if login is None or not login.password else login.password


def keep_token(url: str, token: str) -> str:
    """Keep a token for a server; where it is kept, for people to read."""
    ring, key = _keyring(), _key(url)
    if ring is not None:
        try:
            ring.set_password(_SERVICE, key, token)
        except _ring_errors():
            pass  # there is no keyring on this machine after all
        else:
            return "the keyring"
    _write({**_read(), key: token})
    return str(_file())


def forget_token(url: str) -> bool:
    """Forget the token for a server; whether there was one."""
    key, ring, known = _key(url), _keyring(), _read()
    found = known.pop(key, None) is not None
    if found:
        _write(known)
    if ring is not None and _from_ring(ring, key) is not None:
        ring.delete_password(_SERVICE, key)
        found = True
    return found


def _key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/')}"


def _file() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(home, "pltpack", "tokens.json")


def _read() -> dict[str, str]:
    path = _file()
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError as error:
        raise FormatError(f"it is damaged: {error}", file=str(path), hint="remove it, and log in again") from None
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _write(tokens: dict[str, str]) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    with replacing(path) as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(json.dumps(tokens, indent=1, sort_keys=True).encode() + b"\n")


def _keyring() -> ModuleType | None:
    from importlib import import_module
    from importlib.util import find_spec

    return import_module("keyring") if find_spec("keyring") is not None else None


def _from_ring(ring: ModuleType, key: str) -> str | None:
    try:
        found = ring.get_password(_SERVICE, key)
    except _ring_errors():
        return None
    return found if isinstance(found, str) else None


def _ring_errors() -> type[Exception]:
    """What a keyring raises that cannot be used."""
    from importlib import import_module

    found: type[Exception] = import_module("keyring.errors").KeyringError
    return found
