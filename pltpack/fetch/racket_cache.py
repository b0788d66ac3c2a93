"""Racket's own download cache: what ``raco pkg`` has fetched is used, and what is fetched can be left there for it.

The layout is that of ``file/cache``: ``cache.rktd`` maps ``(KEY CHECKSUM)`` to the name of a file beside it, and a lock
on ``.LOCKcache.rktd`` is held meanwhile. KEY is the URL of an archive; for a repository it is
``#(TRANSPORT HOST PORT PATH)``, and the file a ``.tgz`` of the checkout.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Final, NamedTuple

from pltpack.dataclass import dataclass
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Symbol, Vector, same_datum
from pltpack.datum.writer import encode_datum
from pltpack.errors import FormatError, LimitError
from pltpack.pkg.source import Repository
from pltpack.racket.installation import Installation
from pltpack.racket.package_settings import package_settings
from pltpack.transaction.file import replacing

_TABLE: Final = "cache.rktd"
_LOCK: Final = f".LOCK{_TABLE}"
_NAME: Final = re.compile(r"cached[a-zA-Z0-9]{1,58}")


def archive_key(url: str, checksum: str) -> Datum:
    """The key of an archive."""
    return [url, checksum]


def repository_key(repository: Repository, checksum: str) -> Datum:
    """The key of a commit of a repository."""
    host: Datum = repository.host if repository.host is not None else False
    port: Datum = repository.port if repository.port is not None else False
    return [Vector((Symbol(repository.transport), host, port, repository.name)), checksum]


class _Known(NamedTuple):
    """An entry of the table, with the size of its file in bytes."""

    key: Datum
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class RacketCache:
    """A download cache of Racket. Whatever is wrong with it, it is only not used."""

    directory: Path
    most_files: float = 1024
    most_bytes: float = 128 << 20
    _read: dict[bytes, list[tuple[Datum, str]]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The last table that was read or written, so that it is read once for many archives."""

    @classmethod
    def of(cls, installation: Installation) -> RacketCache:
        """The one that the user's settings name. Raises :class:`~pltpack.errors.ConfigError`."""
        settings = package_settings(installation)
        return cls(
            settings.download_cache_dir.value,
            settings.download_cache_max_files.value,
            settings.download_cache_max_bytes.value,
        )

    def has(self, key: Datum) -> bool:
        """Whether there may be something for a key: what :meth:`copy` finds out is what counts."""
        return (self.directory / _TABLE).is_file() and any(_same(known, key) for known, _ in self._table())

    def copy(self, key: Datum, target: Path) -> bool:
        """Copy what is there for a key to ``target``; whether there was something."""
        if not (self.directory / _TABLE).is_file():
            return False
        with contextlib.suppress(OSError), self._locked(exclusive=False):
            name = next((name for known, name in self._table() if _same(known, key)), None)
            if name is not None:
                shutil.copyfile(self.directory / name, target)
                return True
        return False

    def add(self, *items: tuple[Datum, Path]) -> None:
        """Have a copy of each file under its key, and remove what is oldest until all fit; one that cannot be copied,
        or is too large, is left out. The table is written once."""
        with contextlib.suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            with self._locked(exclusive=True):
                known = self._known()
                for key, content in items:
                    with contextlib.suppress(OSError):
                        self._add(key, content, known)
                entries = [(one.key, one.name) for one in reversed(known)]
                text = encode_datum(HashTable(tuple(entries))) + b"\n"
                with replacing(self.directory / _TABLE, durable=False) as stream:  # Racket syncs nothing, either
                    stream.write(text)
                self._remember(text, entries)

    def _add(self, key: Datum, content: Path, known: list[_Known]) -> None:
        """Have a link to one file, or else a copy, and put it to the end of what is known. Neither cache writes into a
        file that has a name."""
        size = content.stat().st_size
        if size > self.most_bytes:
            return
        self._make_room(key, size, known)
        own = self.directory / f"cached{os.urandom(8).hex()}"
        try:
            os.link(content, own)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(content, own)
        known.append(_Known(key, own.name, size))

    def _known(self) -> list[_Known]:
        """What the table says and is there, the oldest first."""
        found: list[tuple[float, _Known]] = []
        for key, name in self._table():
            with contextlib.suppress(FileNotFoundError):
                status = os.stat(os.path.join(self.directory, name))
                if stat.S_ISREG(status.st_mode):
                    found.append((status.st_mtime, _Known(key, name, status.st_size)))
        return [known for _, known in sorted(found, key=lambda one: one[0])]

    def _make_room(self, key: Datum, size: int, known: list[_Known]) -> None:
        """Remove what has the same key, and what is oldest until ``size`` more bytes fit."""
        total = sum(one.size for one in known)
        for one in list(known):
            full = len(known) >= self.most_files or total + size > self.most_bytes
            if full or _same(one.key, key):
                (self.directory / one.name).unlink(missing_ok=True)
                total -= one.size
                known.remove(one)

    def _table(self) -> list[tuple[Datum, str]]:
        """What the table says; nothing if it cannot be read."""
        try:
            text = (self.directory / _TABLE).read_bytes()
            if (read := self._read.get(text)) is not None:
                return read
            datum, _ = read_datum(text)
        except (OSError, FormatError, LimitError):
            return []
        pairs = datum.entries if isinstance(datum, HashTable) else ()
        entries = [(key, name) for key, name in pairs if isinstance(name, str) and _NAME.fullmatch(name)]
        self._remember(text, entries)
        return entries

    def _remember(self, text: bytes, entries: list[tuple[Datum, str]]) -> None:
        self._read.clear()
        self._read[text] = entries

    @contextlib.contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        if os.name != "posix":
            yield
            return
        import fcntl

        descriptor = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)


def _same(one: Datum, other: Datum) -> bool:
    """Whether two keys are the same datum; most differ at first sight."""
    return bool(one == other) and same_datum(one, other)
