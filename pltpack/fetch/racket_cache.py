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
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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


@dataclass(frozen=True, slots=True)
class RacketCache:
    """A download cache of Racket. Whatever is wrong with it, it is only not used."""

    directory: Path
    most_files: float = 1024
    most_bytes: float = 128 << 20

    @classmethod
    def of(cls, installation: Installation) -> RacketCache:
        """The one that the user's settings name. Raises :class:`~pltpack.errors.ConfigError`."""
        settings = package_settings(installation)
        return cls(
            settings.download_cache_dir.value,
            settings.download_cache_max_files.value,
            settings.download_cache_max_bytes.value,
        )

    def copy(self, key: Datum, target: Path) -> bool:
        """Copy what is there for a key to ``target``; whether there was something."""
        if not (self.directory / _TABLE).is_file():
            return False
        with contextlib.suppress(OSError), self._locked(exclusive=False):
            name = next((name for known, name in self._table() if same_datum(known, key)), None)
            if name is not None:
                shutil.copyfile(self.directory / name, target)
                return True
        return False

    def add(self, key: Datum, content: Path) -> bool:
        """Have a copy of a file under a key, and remove what is oldest until it fits; whether that was possible."""
        size = content.stat().st_size
        if size > self.most_bytes:
            return False
        with contextlib.suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            with self._locked(exclusive=True):
                kept = self._trimmed(key, size)
                descriptor, name = tempfile.mkstemp(prefix="cached", dir=self.directory)
                os.close(descriptor)
                own = Path(name).with_name(Path(name).name.replace("_", "0"))
                os.rename(name, own)
                shutil.copyfile(content, own)
                table = HashTable(((key, own.name), *kept))
                with replacing(self.directory / _TABLE) as stream:
                    stream.write(encode_datum(table) + b"\n")
                return True
        return False

    def _trimmed(self, key: Datum, size: int) -> list[tuple[Datum, str]]:
        """The entries that stay when ``size`` bytes come under ``key``."""
        entries = [
            (known, name, (self.directory / name).stat())
            for known, name in self._table()
            if (self.directory / name).is_file()
        ]
        entries.sort(key=lambda entry: entry[2].st_mtime)
        total = sum(entry[2].st_size for entry in entries)
        kept = list(entries)
        for entry in entries:
            full = len(kept) >= self.most_files or total + size > self.most_bytes
            if full or same_datum(entry[0], key):
                (self.directory / entry[1]).unlink(missing_ok=True)
                total -= entry[2].st_size
                kept.remove(entry)
        return [(known, name) for known, name, _ in kept]

    def _table(self) -> list[tuple[Datum, str]]:
        """What the table says; nothing if it cannot be read."""
        try:
            datum, _ = read_datum((self.directory / _TABLE).read_bytes())
        except (OSError, FormatError, LimitError):
            return []
        entries = datum.entries if isinstance(datum, HashTable) else ()
        return [(key, name) for key, name in entries if isinstance(name, str) and _NAME.fullmatch(name)]

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
