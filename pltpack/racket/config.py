"""``config.rktd``: the settings of an installation, of a user's packages, or of an add-on directory.

The keys are those of the manual, *Installation Configuration and Search Paths*; what is a legal value is what
Racket's ``setup/dirs``, ``pkg/private/config`` and start-up code can work with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.reader import END, read_datum
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.errors import ConfigError, FormatError, LimitError

Kind: TypeAlias = Literal["path", "paths", "roots", "string", "strings", "flag", "number", "module"]

KEYS: Final[Mapping[str, Kind]] = {
    "installation-name": "string",
    "collects-search-dirs": "paths",
    "lib-dir": "path",
    "lib-search-dirs": "paths",
    "dll-dir": "path",
    "share-dir": "path",
    "share-search-dirs": "paths",
    "links-file": "path",
    "links-search-files": "paths",
    "pkgs-dir": "path",
    "pkgs-search-dirs": "paths",
    "compiled-file-roots": "roots",
    "bin-dir": "path",
    "gui-bin-dir": "path",
    "bin-search-dirs": "paths",
    "gui-bin-search-dirs": "paths",
    "apps-dir": "path",
    "man-dir": "path",
    "man-search-dirs": "paths",
    "doc-dir": "path",
    "doc-search-dirs": "paths",
    "doc-search-url": "string",
    "doc-open-url": "string",
    "include-dir": "path",
    "include-search-dirs": "paths",
    "info-domain-root": "path",
    "catalogs": "strings",
    "default-scope": "string",
    "download-cache-dir": "path",
    "download-cache-max-files": "number",
    "download-cache-max-bytes": "number",
    "build-stamp": "string",
    "main-language-family": "string",
    "base-documentation-packages": "strings",
    "distribution-documentation-packages": "strings",
    "absolute-installation?": "flag",
    "cgc-suffix": "string",
    "3m-suffix": "string",
    "cs-suffix": "string",
    "config-tethered-console-bin-dir": "path",
    "config-tethered-gui-bin-dir": "path",
    "config-tethered-apps-dir": "path",
    "addon-tethered-console-bin-dir": "path",
    "addon-tethered-gui-bin-dir": "path",
    "addon-tethered-apps-dir": "path",
    "interactive-file": "module",
    "gui-interactive-file": "module",
}
"""Every key that is understood; others are kept and never looked at, as in Racket."""


@dataclass(frozen=True)
class Config:
    """The settings of one file. ``file`` is ``None`` when there is no such file; then every key is absent.

    The methods take a key of :data:`KEYS` and return its value, or ``None`` when it is absent or (but for
    ``installation-name``, which Racket wants to be a string) ``#f``. A value of another type is a
    :class:`ConfigError`: Racket would pass it on and fail later.
    """

    file: Path | None = None
    table: HashTable = field(default_factory=lambda: HashTable(()))

    @classmethod
    def read(cls, file: Path) -> Config:
        """Read a file; the settings of a file that does not exist are empty.

        Raises :class:`ConfigError` when the first datum cannot be read or is no hash table, and ``OSError``.
        """
        if not file.is_file():
            return cls()
        return cls.parse(file.read_bytes(), file)

    @classmethod
    def parse(cls, text: bytes, file: Path | None = None) -> Config:
        """The settings in a text: its first datum, of which only what follows is ignored."""
        return cls(file, read_table(text, file))

    def raw(self, key: str) -> Datum | None:
        """The datum stored under the symbol ``key``; ``None`` if there is none."""
        return self.table.get(Symbol(key))

    def path(self, key: str) -> str | None:
        """A path as it is written, which may be relative."""
        value = self._value(key, "path")
        return None if value is None else self._as_path(key, value)

    def search_list(self, key: str) -> list[str | None] | None:
        """A search list; ``None`` in it (written ``#f``) stands for the default places."""
        value = self._value(key, "paths")
        if value is None:
            return None
        return [None if item is False else self._as_path(key, item) for item in self._as_list(key, value)]

    def compiled_file_roots(self) -> list[str] | None:
        """``compiled-file-roots``, with ``.`` for ``same``; what is no list counts as absent."""
        value = self.raw("compiled-file-roots")
        if not isinstance(value, list):
            return None
        return ["." if item == Symbol("same") else self._as_path("compiled-file-roots", item) for item in value]

    def string(self, key: str) -> str | None:
        """A string."""
        value = self._value(key, "string")
        return None if value is None else self._as_string(key, value)

    def strings(self, key: str) -> list[str | None] | None:
        """A list of strings; ``None`` for each ``#f``."""
        value = self._value(key, "strings")
        if value is None:
            return None
        return [None if item is False else self._as_string(key, item) for item in self._as_list(key, value)]

    def number(self, key: str) -> float | None:
        """A real number (Racket accepts any, also as a limit of files or bytes)."""
        value = self._value(key, "number")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
            raise self.wrong(key, "a number")
        return value if isinstance(value, int) else float(value)

    def flag(self, key: str) -> bool:
        """A truth value: everything but ``#f`` is true."""
        return self._value(key, "flag") is not None

    def module(self, key: str) -> Datum | None:
        """A module path, as a datum."""
        return self._value(key, "module")

    def installation_name(self) -> str | None:
        """``installation-name``, a string if it is there at all (``#f`` stops Racket, and so does what is no name)."""
        value = self.raw("installation-name")
        if value is None:
            return None
        name = self._as_string("installation-name", value)
        if not name or name.startswith("/") or "\0" in name:
            raise self.wrong("installation-name", "the name of a directory")
        return name

    def _value(self, key: str, kind: Kind) -> Datum | None:
        if KEYS[key] != kind:
            raise ValueError(f"{key} is of kind {KEYS[key]}, not {kind}")
        value = self.raw(key)
        return None if value is False else value

    def _as_string(self, key: str, value: Datum) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, "a string")
        return value

    def _as_list(self, key: str, value: Datum) -> list[Datum]:
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def _as_path(self, key: str, value: Datum) -> str:
        path = path_text(value)
        if path is None:
            raise self.wrong(key, "a path, as a string or byte string that is neither empty nor holds NUL")
        return path

    def wrong(self, key: str, expected: str) -> ConfigError:
        """The error for a value that is not what its key expects."""
        return ConfigError(f"the value of {key} is not {expected}", file=self._name())

    def _name(self) -> str | None:
        return None if self.file is None else str(self.file)


def read_table(text: bytes, file: Path | None) -> HashTable:
    """The hash table that is the first datum of a text.

    Raises :class:`ConfigError`.
    """
    name = None if file is None else str(file)
    try:
        table, _ = read_datum(text)
    except (FormatError, LimitError) as error:
        raise ConfigError(error.message, file=name, offset=error.offset) from error
    if table is END:
        raise ConfigError("the file holds no data", file=name, hint="write #hash() for no settings")
    if not isinstance(table, HashTable):
        raise ConfigError("the first datum is not a hash table", file=name, hint="it starts with #hash(")
    return table


def path_text(value: Datum) -> str | None:
    """A string or byte string as the text of a path; ``None`` if it is neither, or empty, or holds NUL."""
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    return value if isinstance(value, str) and value and "\0" not in value else None
