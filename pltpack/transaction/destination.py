"""Where entries go: what every destination offers, and the rules that all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pltpack.dataclass import dataclass
from pltpack.errors import EntryExistsError, UnsafePathError
from pltpack.transaction.paths import SafePath


@dataclass(frozen=True, slots=True)
class Root:
    """A directory that entries are placed below. ``name`` is what messages call it, such as ``collects``."""

    path: Path
    name: str = "destination"
    identity: tuple[int, int] | None = None
    """Its device and inode where it must be one that was made for this: then nothing else at the path will do."""


class Existing(Enum):
    """What becomes of a file that is there already."""

    ERROR = "error"
    """It is in the way, as for ``raco unpack``."""
    KEEP = "keep"
    """It stays, and the entry is passed over, as when Racket installs a ``file`` entry."""
    REPLACE = "replace"
    """It is replaced, as by ``file-replace`` entries and ``raco unpack -f``."""


class Outcome(Enum):
    """What happened to an entry."""

    CREATED = "created"
    REPLACED = "replaced"
    KEPT = "kept"
    """The file or directory was there already and is as it was."""


class Kind(Enum):
    """What stands at a path, links not followed."""

    ABSENT = "nothing"
    FILE = "file"
    DIRECTORY = "directory"
    LINK = "symbolic link"
    LINK_TO_FILE = "symbolic link to a file"
    OTHER = "special file"


class Data(Protocol):
    """The data of one file: a binary stream that ends where the file ends."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes (all that is left if negative); ``b""`` at the end."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """What is left, in pieces as large as they happen to be; never empty ones."""
        ...


class BytesData:
    """The data of a file, of which all is in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1, /) -> bytes:
        taken = self._data if size < 0 else self._data[:size]
        self._data = self._data[len(taken) :]
        return taken

    def chunks(self) -> Iterator[bytes]:
        if data := self.read():
            yield data


class Destination(Protocol):
    """A tree, or several, that take the entries of an archive all together or not at all.

    Nothing shows before :meth:`commit`; leaving the ``with`` block without it rolls everything back. After a refusal
    (``UnsafePathError``, ``EntryExistsError``) the next entry may still be placed, so that all offenders can be found;
    whether to commit then is for the caller to decide.
    """

    def make_directory(self, root: Root, path: SafePath, /) -> Outcome:
        """Have a directory at ``path`` below ``root``, missing parents included."""
        ...

    def write_file(self, root: Root, path: SafePath, size: int, body: Data, existing: Existing, /) -> Outcome:
        """Have a file with the ``size`` bytes of ``body`` at ``path``, missing parents included.

        A body that is not wanted is left unread.
        """
        ...

    def commit(self) -> None:
        """Let everything appear."""
        ...

    def rollback(self) -> None:
        """Forget everything; for a destination that was committed, nothing is left to do."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def settle_file(kind: Kind, existing: Existing, shown: str, *, again: bool = False) -> Outcome:
    """What to do with a file entry where ``kind`` stands; ``again``: it came from the same archive.

    Racket follows links and rewrites files in place; here a link is never followed, and only ``KEEP`` tolerates one
    (to an existing file). Raises ``UnsafePathError`` or ``EntryExistsError``; ``shown`` names the path in them.
    """
    if kind is Kind.ABSENT:
        return Outcome.CREATED
    if kind is Kind.DIRECTORY:
        raise mismatch(shown, "a directory where the archive has a file", again=again)
    if kind is Kind.LINK_TO_FILE and existing is Existing.KEEP:
        return Outcome.KEPT
    if kind in (Kind.LINK, Kind.LINK_TO_FILE):
        raise link_in_the_way(shown)
    if kind is Kind.OTHER:
        raise in_the_way(shown, "is there already and is no regular file", hint="remove it or unpack elsewhere")
    if existing is Existing.ERROR:
        if again:
            raise in_the_way(shown, "is in the archive more than once", hint="with -f the last one wins")
        raise in_the_way(shown, "exists already", hint="-f replaces it")
    return Outcome.KEPT if existing is Existing.KEEP else Outcome.REPLACED


def settle_directory(kind: Kind, shown: str, *, again: bool = False) -> Outcome:
    """What to do where a directory is needed and ``kind`` stands. Raises as :func:`settle_file`."""
    if kind is Kind.ABSENT:
        return Outcome.CREATED
    if kind is Kind.DIRECTORY:
        return Outcome.KEPT
    if kind in (Kind.LINK, Kind.LINK_TO_FILE):
        raise link_in_the_way(shown)
    raise mismatch(shown, "a file where the archive needs a directory", again=again)


def mismatch(shown: str, what: str, *, again: bool) -> UnsafePathError | EntryExistsError:
    """A file and a directory want the same path: hostile within one archive, in the way otherwise."""
    if again:
        reason = "is a file and a directory at the same time in the archive"
        return UnsafePathError(f"{shown!r} {reason}", paths=[(shown, reason)])
    return in_the_way(shown, f"is {what}", hint="remove it or unpack elsewhere")


def link_in_the_way(shown: str) -> UnsafePathError:
    """A symbolic link that would have to be followed."""
    reason = "is a symbolic link, which is not followed"
    return UnsafePathError(
        f"{shown!r} {reason}", paths=[(shown, reason)], hint="remove the link or unpack into the directory it names"
    )


def in_the_way(shown: str, reason: str, *, hint: str | None = None) -> EntryExistsError:
    """Something that is there already."""
    return EntryExistsError(f"{shown!r} {reason}", paths=[(shown, reason)], hint=hint)


def collision(shown: str, other: str) -> UnsafePathError:
    """Two spellings of one name on a disk that does not tell them apart."""
    reason = f"and {other!r} are the same file on this disk"
    return UnsafePathError(f"{shown!r} {reason}", paths=[(shown, reason)])
