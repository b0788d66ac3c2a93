"""The settings of a scope, as ``raco pkg config`` shows and changes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.datum.numbers import NumberError, TooManyDigitsError, parse_number
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.datum.writer import encode_datum, write_datum
from pltpack.errors import BlockedError, PackageError
from pltpack.racket.config import Config
from pltpack.racket.installation import Installation
from pltpack.racket.package_settings import CATALOGS
from pltpack.scope.state.places import Places, wider_scopes

KEYS: Final = (
    "name",
    "catalogs",
    "default-scope",
    "download-cache-dir",
    "download-cache-max-files",
    "download-cache-max-bytes",
    "git-checkout-credentials",
    "trash-max-packages",
    "trash-max-seconds",
    "network-retries",
)
"""The keys that are shown without asking, in Racket's order."""

_BY_NAME_ONLY: Final = "doc-open-url"
_NUMBERS: Final[Mapping[str, int]] = {
    "download-cache-max-files": 1024,
    "download-cache-max-bytes": 128 << 20,
    "trash-max-packages": 512,
    "trash-max-seconds": 60 * 60 * 24 * 2,
    "network-retries": 5,
}
_INSTALLATION_ONLY: Final = {
    "name": "setting `name` makes sense only in `installation` scope",
    "doc-open-url": "setting `doc-open-url` works only in `installation` scope",
}
_URL: Final = re.compile(r"[a-z]+://")
_CREDENTIALS: Final = "git-checkout-credentials"
_EXPECTED: Final = "  expected: value in the form <username>:<password>"


@dataclass(frozen=True, slots=True)
class _Found:
    value: Datum
    file: Path | None


class Settings:
    """The settings that hold in a scope: its own, those of the scopes around it, and what is usual.

    Raises :class:`~pltpack.errors.ConfigError` for a file that is damaged, which Racket takes for an empty one.
    """

    def __init__(self, installation: Installation, places: Places) -> None:
        self.installation = installation
        self.places = places
        chain = (places, *wider_scopes(installation, places.scope))
        self._configs = [self._read(one) for one in chain]

    def _read(self, places: Places) -> Config:
        if places.scope == "installation" and places.scope != self.places.scope:
            return self.installation.config
        return Config.read(places.config)

    def _raw(self, key: str) -> _Found | None:
        for config in self._configs:
            value = config.raw(key)
            if value is not None:
                return _Found(value, config.file)
        # what is set for the installation counts for every scope, even one that is not searched
        value = self.installation.config.raw(key)
        return None if value is None else _Found(value, self.installation.config.file)

    def get(self, key: str) -> list[str]:
        """The values of a key, as they are shown. Raises :class:`~pltpack.errors.PackageError` for an unknown key."""
        if key == "name":
            return [self.installation.installation_name]
        if key == "catalogs":
            return self.catalogs()
        if key in _NUMBERS:
            return [_display(self._value(key, _NUMBERS[key]))]
        if key == "default-scope":
            return [_display(self._value(key, "user"))]
        if key == "download-cache-dir":
            return [str(self.download_cache_dir())]
        if key == _CREDENTIALS:
            return [f"{user}:{password}" for user, password in self.credentials()]
        if key == _BY_NAME_ONLY:
            value = self._value(key, False)
            return ["" if value is False else _display(value)]
        raise _unsupported(key)

    def _value(self, key: str, otherwise: Datum) -> Datum:
        found = self._raw(key)
        return otherwise if found is None else found.value

    def number(self, key: str) -> float:
        """One of the numbers; the usual one where the file holds something else."""
        value = self._value(key, _NUMBERS[key])
        if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
            value = _NUMBERS[key]
        return float(value)

    def default_scope(self) -> str:
        """The scope that is meant where none is named."""
        return "installation" if self._value("default-scope", "user") == "installation" else "user"

    def download_cache_dir(self) -> Path:
        """Where downloads are kept."""
        found = self._raw("download-cache-dir")
        if found is not None and isinstance(found.value, str):
            return Path(found.value)
        cache: Path = self.installation.cache_dir
        return cache / "download-cache"

    def catalogs(self) -> list[str]:
        """The catalogs in the order in which they are asked; a path is relative to the directory of its file."""
        found = self._raw("catalogs")
        if found is None or not isinstance(found.value, list):
            return list(CATALOGS)
        catalogs: list[str] = []
        for one in found.value:
            if one is False:
                catalogs.extend(CATALOGS)
            elif isinstance(one, str):
                base = found.file.parent if found.file is not None else Path.cwd()
                catalogs.append(one if _URL.match(one) else (base / one).absolute().as_uri())
        return catalogs

    def credentials(self) -> list[tuple[str, str]]:
        """Users and passwords for git, in the order in which they are tried."""
        found = self._raw(_CREDENTIALS)
        pairs: list[tuple[str, str]] = []
        for one in found.value if found is not None and isinstance(found.value, list) else ():
            if isinstance(one, HashTable):
                user, password = one.get(Symbol("username")), one.get(Symbol("password"))
                if isinstance(user, str) and isinstance(password, str):
                    pairs.append((user, password))
        return pairs

    def changed(self, key: str, values: Sequence[str]) -> bytes:
        """The text of the scope's file when a key has been set; all other keys stay, sorted.

        Raises :class:`~pltpack.errors.PackageError` for a key or value that Racket does not take.
        """
        if key not in (*KEYS, _BY_NAME_ONLY):
            raise _unsupported(key)
        value = _stored(key, values)
        if key in _INSTALLATION_ONLY and self.places.scope != "installation":
            raise BlockedError(_INSTALLATION_ONLY[key], details=(f"  current package scope: {self.places.shown}",))
        stored = "installation-name" if key == "name" else key
        entries = {entry: kept for entry, kept in self._configs[0].table if entry != Symbol(stored)}
        entries[Symbol(stored)] = value
        return encode_datum(HashTable(tuple(entries.items()))) + b"\n"


def _unsupported(key: str) -> PackageError:
    return PackageError("unsupported config key", details=(f'  key: "{key}"',))


def _display(value: Datum) -> str:
    return value if isinstance(value, str) else write_datum(value)


def _stored(key: str, values: Sequence[str]) -> Datum:
    if key == "catalogs":
        return [value or False for value in values]
    if key == _CREDENTIALS:
        return [Symbol("basic"), *map(_credentials, values)]
    if not values:
        raise PackageError("missing value for config key", details=(f"  config key: {key}",))
    if len(values) > 1:
        raise PackageError(
            "too many values provided for config key",
            details=(f"  config key: {key}", "  given values:", *(f"   {value}" for value in values)),
        )
    value = values[0]
    if key in _NUMBERS:
        return _number(key, value)
    if key == "default-scope" and value not in ("installation", "user"):
        raise _invalid(key, value, "installation, user")
    if key == "download-cache-dir":
        return str(Path(value).absolute())
    return (value or False) if key == _BY_NAME_ONLY else value


def _number(key: str, text: str) -> Datum:
    try:
        value = parse_number(text)
    except (NumberError, TooManyDigitsError):
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise _invalid(key, text, "real numbers")
    return value


def _invalid(key: str, value: str, valid: str) -> PackageError:
    details = (f"  config key: {key}", f"  given value: {value}", f"  valid values: {valid}")
    return PackageError("invalid value for config key", details=details)


def _credentials(text: str) -> Datum:
    parts = text.split(":")
    if len(parts) != 2:
        amount = "not enough" if len(parts) < 2 else "too many"
        raise PackageError(f"{amount} elements for git checkout credentials", details=(f"  given: {text}", _EXPECTED))
    for name, part in zip(("username", "password"), parts, strict=True):
        if not part:
            raise PackageError(
                f"invalid empty {name} in git checkout credentials", details=(f"  given: {text}", _EXPECTED)
            )
    user, password = parts
    return HashTable(((Symbol("password"), password), (Symbol("username"), user)), "eq")
