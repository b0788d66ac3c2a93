"""The cache: what was fetched, by its digest, so that it is fetched once.

Below the cache's directory, ``files/XX/SHA256`` are archives, ``trees/XX/DIGEST`` directories, and
``entries/XX/KEY.json`` says what a source has come to. Content comes into being in ``staging`` and is renamed when it
is whole; nothing that has a name is ever changed. So processes, also on several hosts with one network disk, need no
locks, and a process that is killed leaves at most something in ``staging``. Nothing is synced to the disk: content is
checked whenever it is used, and what a power failure has damaged counts as missing. The time of an entry is when it
was last used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

from pltpack.dataclass import dataclass
from pltpack.errors import PltError
from pltpack.fetch.fetched import FetchedKind
from pltpack.fetch.tree import tree_digest
from pltpack.pkg.checksum import Digests, digests

Key: TypeAlias = tuple[str, ...]
"""What content is looked for by: its kind, where it came from, and its checksum."""

VARIABLE: Final = "PLTPACK_CACHE"
RECENT: Final = 3600.0
"""Seconds after its last use in which an entry is not pruned: somebody may be reading it."""
_ABANDONED: Final = 24 * 3600.0
_CONTENT: Final = "content"
_TAG: Final = "CACHEDIR.TAG"
_TAG_TEXT: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of pltpack; it may be deleted.\n"


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How much the cache keeps when something is added: ``entries``, and ``total_bytes`` of content."""

    entries: int = 4096
    total_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One piece of content. ``checksum`` is the SHA-1 of a file, or the commit or text that a directory is known by;
    ``used`` is when it was last used, in seconds since 1970."""

    key: Key
    kind: FetchedKind
    sha256: str
    checksum: str
    size: int
    path: Path
    used: float


def default_cache_dir() -> Path:
    """``PLTPACK_CACHE``, or ``pltpack`` in the user's directory for caches (``XDG_CACHE_HOME``, ``~/.cache``)."""
    if own := os.environ.get(VARIABLE):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache")) / "pltpack"


@dataclass(slots=True)
class _Total:
    entries: int
    size: int


class Cache:
    """A cache in a directory, which is made when something is put into it. Threads and processes may share it."""

    def __init__(self, directory: str | os.PathLike[str] | None = None, *, limits: CacheLimits = CacheLimits()) -> None:
        self.directory = Path(os.path.abspath(default_cache_dir() if directory is None else directory))
        self.limits = limits
        self._counted: _Total | None = None

    def get(self, key: Key) -> CacheEntry | None:
        """What is there for a key, checked; content that is damaged is removed, and counts as missing."""
        file = self._entry_file(key)
        entry = self._read(file)
        if entry is None or entry.key != key:
            return None
        if not self._is_whole(entry):
            self.remove(entry)
            return None
        with contextlib.suppress(OSError):  # a cache that may only be read
            os.utime(file)
        return entry

    def content(self, kind: FetchedKind, sha256: str) -> Path | None:
        """Where content with this digest lies, wherever it came from; it was not checked. It counts as used now."""
        path = self.directory / {"file": "files", "directory": "trees"}[kind] / sha256[:2] / sha256
        if not os.path.lexists(path):
            return None
        with contextlib.suppress(OSError):
            os.utime(self._entry_file((_CONTENT, sha256)))
        return path

    def know(self, entry: CacheEntry) -> None:
        """Have the content of an entry kept as long as somebody uses it by its digest, see :meth:`content`."""
        key = (_CONTENT, entry.sha256)
        if not self._entry_file(key).exists():
            self.link(entry, key)

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A new directory on the cache's disk, which is gone after the block."""
        self._prepare()
        place = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self.directory / "staging"))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def add_file(self, key: Key, staged: Path, found: Digests | None = None) -> CacheEntry:
        """Take a file that was staged, whole, under a key."""
        found = found or digests(staged)
        place = self._place("files", found.sha256)
        os.replace(staged, place)
        return self._add(CacheEntry(key, "file", found.sha256, found.sha1, found.size, place, 0))

    def add_bytes(self, key: Key, data: bytes) -> CacheEntry:
        """Take a short content under a key; what is there for it already, and the same, is only used once more."""
        sha256 = hashlib.sha256(data).hexdigest()
        known = self.get(key)
        if known is not None and known.sha256 == sha256:
            return known
        place = self._place("files", sha256)
        self._write(place, data)
        sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        return self._add(CacheEntry(key, "file", sha256, sha1, len(data), place, 0))

    def add_tree(self, key: Key, staged: Path, checksum: str) -> CacheEntry:
        """Take a directory that was staged, whole, under a key."""
        sha256, size = tree_digest(staged)
        place = self._place("trees", sha256)
        try:
            os.rename(staged, place)
        except OSError:
            if not place.is_dir():
                raise
            # The same content is there already, perhaps since a moment ago.
        return self._add(CacheEntry(key, "directory", sha256, checksum, size, place, 0))

    def link(self, entry: CacheEntry, key: Key) -> CacheEntry:
        """Have the content of an entry under another key, too."""
        return self._add(replace(entry, key=key))

    def entries(self) -> Iterator[CacheEntry]:
        """Everything that is known of, in no order; what is damaged is not looked for."""
        for file in sorted((self.directory / "entries").glob("*/*.json")):
            entry = self._read(file)
            if entry is not None:
                yield entry

    def verify(self) -> Iterator[tuple[CacheEntry, bool]]:
        """Every entry, and whether its content is what it should be."""
        for entry in self.entries():
            yield entry, self._is_whole(entry)

    def remove(self, *entries: CacheEntry) -> None:
        """Forget entries, and the content of each unless another entry has the same."""
        for entry in entries:
            self._entry_file(entry.key).unlink(missing_ok=True)
        wanted = {other.path for other in self.entries()}
        for path in {entry.path for entry in entries} - wanted:
            _delete(path)

    def prune(
        self,
        limits: CacheLimits | None = None,
        *,
        older_than: float | None = None,
        recent: float = RECENT,
        dry_run: bool = False,
    ) -> list[CacheEntry]:
        """Remove what was used longest ago until the limits hold, and what was not used for ``older_than`` seconds.

        What was used in the last ``recent`` seconds stays. Content without an entry, and what killed processes left a
        day ago, goes too. Returns the entries that are gone, or with ``dry_run`` would be.
        """
        limits, now = limits or self.limits, time.time()
        known = sorted(self.entries(), key=lambda entry: entry.used)
        sizes = {entry.path: entry.size for entry in known}
        total, count = sum(sizes.values()), len(known)
        users: dict[Path, int] = {}
        for entry in known:
            users[entry.path] = users.get(entry.path, 0) + 1
        gone: list[CacheEntry] = []
        for entry in known:
            age = now - entry.used
            too_old = older_than is not None and age >= older_than
            if age < recent or not (too_old or count > limits.entries or total > limits.total_bytes):
                continue
            count -= 1
            users[entry.path] -= 1
            total -= 0 if users[entry.path] else entry.size
            gone.append(entry)
        if dry_run:
            return gone
        for entry in gone:
            self._entry_file(entry.key).unlink(missing_ok=True)
            if not users[entry.path]:
                _delete(entry.path)
        self._remove_strays({path for path, number in users.items() if number}, now)
        return gone

    def _remove_strays(self, wanted: set[Path], now: float) -> None:
        for pattern in ("files/*/*", "trees/*/*", "staging/*", "partial/*"):
            for path in self.directory.glob(pattern):
                with contextlib.suppress(OSError):
                    if path not in wanted and now - path.lstat().st_ctime > _ABANDONED:
                        _delete(path)

    def _add(self, entry: CacheEntry) -> CacheEntry:
        file = self._entry_file(entry.key)
        file.parent.mkdir(parents=True, exist_ok=True)
        table = {name: getattr(entry, name) for name in ("key", "kind", "sha256", "checksum", "size")}
        table["path"] = os.path.relpath(entry.path, self.directory)
        self._write(file, json.dumps(table).encode())
        if self._is_over(entry):
            self.prune()
            self._counted = None
        return replace(entry, used=time.time())

    def _write(self, path: Path, data: bytes) -> None:
        """Have a short file appear whole."""
        self._prepare()
        descriptor, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", dir=self.directory / "staging")
        try:
            with open(descriptor, "wb") as stream:
                stream.write(data)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise

    def _is_over(self, added: CacheEntry) -> bool:
        """Whether it may be time to prune. Everything is gone through for one in sixteen additions at first, and then
        what this process adds is counted on."""
        if self._counted is None:
            if os.urandom(1)[0] % 16:
                return False
            known = list(self.entries())
            self._counted = _Total(len(known), sum(entry.size for entry in known))
        else:
            self._counted.entries += 1
            self._counted.size += added.size
        return self._counted.entries > self.limits.entries or self._counted.size > self.limits.total_bytes

    def _read(self, file: Path) -> CacheEntry | None:
        """An entry as it is written; ``None`` for what is missing or not one."""
        try:
            table: Any = json.loads(file.read_bytes())
            kind = table["kind"]
            folder = {"file": "files", "directory": "trees"}[kind]
            sha256 = str(table["sha256"])
            if len(sha256) != 64 or not sha256.isalnum():
                return None
            return CacheEntry(
                tuple(str(part) for part in table["key"]),
                cast(FetchedKind, kind),
                sha256,
                str(table["checksum"]),
                int(table["size"]),
                self.directory / folder / sha256[:2] / sha256,
                file.stat().st_mtime,
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def _is_whole(self, entry: CacheEntry) -> bool:
        try:
            if entry.kind == "directory":
                return tree_digest(entry.path) == (entry.sha256, entry.size)
            found = digests(entry.path)
            return (found.sha256, found.sha1, found.size) == (entry.sha256, entry.checksum, entry.size)
        except (OSError, PltError):
            return False

    def _entry_file(self, key: Key) -> Path:
        name = hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()
        return self.directory / "entries" / name[:2] / f"{name}.json"

    def _place(self, kind: str, sha256: str) -> Path:
        place = self.directory / kind / sha256[:2] / sha256
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _prepare(self) -> None:
        (self.directory / "staging").mkdir(parents=True, exist_ok=True)
        tag = self.directory / _TAG
        if not tag.exists():
            tag.write_text(_TAG_TEXT)

    @contextlib.contextmanager
    def partial(self, key: Key) -> Iterator[BinaryIO]:
        """The file of a download that may have been begun before; another process that is at it gets one of its own.

        It is at the end of what is there; after the block it stays, unless it was moved to its place.
        """
        self._prepare()
        folder = self.directory / "partial"
        folder.mkdir(exist_ok=True)
        name = hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()
        with open(folder / name, "ab+") as stream:
            if _lock(stream) and _is_at(stream, folder / name):
                stream.seek(0, os.SEEK_END)
                yield cast(BinaryIO, stream)
                return
        with self.staging() as place, open(place / "download", "wb+") as stream:
            yield cast(BinaryIO, stream)


def _is_at(stream: BinaryIO, path: Path) -> bool:
    """Whether an open file still has its name: the one before may have been completed and moved meanwhile."""
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    return False


def _lock(stream: BinaryIO) -> bool:
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
