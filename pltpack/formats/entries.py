"""What a package holds, as values that every format can be written from and read into."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.errors import SourceError
from pltpack.formats.judgement import Judgement, Purpose

Kind: TypeAlias = Literal["file", "directory", "link"]

CHUNK = 1 << 18


class Source(Protocol):
    """What data is read from."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


class Content(Protocol):
    """The data of a file: can be opened, possibly more than once."""

    def open(self) -> Source: ...


@dataclass(frozen=True, slots=True)
class BytesContent:
    """Data in memory."""

    data: bytes

    def open(self) -> Source:
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, directory or symbolic link of a package.

    ``path`` is relative, its elements joined with ``/``, undecodable bytes as lone surrogates (``os.fsdecode``).
    ``mode`` holds permission bits, ``mtime`` seconds since 1970 (UTC), ``size`` the bytes of ``content``, which files
    alone have. ``target`` is where a link points to. ``other_time``: it has a time
    that ``mtime`` cannot be: with a fraction, in an archive also before 1970, or too far away.
    """

    path: str
    kind: Kind
    mode: int
    mtime: int
    size: int = 0
    content: Content | None = None
    target: str = ""
    other_time: bool = False

    def without_content(self) -> Entry:
        """The same without its data. Like :meth:`at` it is written out: it is called for every entry of an archive."""
        return Entry(self.path, self.kind, self.mode, self.mtime, self.size, None, self.target, self.other_time)

    def at(self, mtime: int) -> Entry:
        """The same of another time."""
        return Entry(self.path, self.kind, self.mode, mtime, self.size, self.content, self.target, self.other_time)

    def read(self) -> bytes:
        """All data of a file."""
        return b"".join(chunks(self))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A path of the source that is not in the package, with all below it, and why."""

    path: str
    reason: str


def packing_order(path: str) -> tuple[bytes, ...]:
    """The key by which Racket orders paths: each directory right before its content, names by their bytes.

    >>> sorted(["a b", "a/x", "a", "a-b"], key=packing_order)
    ['a', 'a/x', 'a b', 'a-b']
    """
    return tuple(os.fsencode(name) for name in path.split("/"))


class ExactReader(io.RawIOBase):
    """A stream as long as promised: it fails unless it has ``size`` bytes. Closing it closes what it reads."""

    def __init__(self, stream: Source, size: int, path: str) -> None:
        super().__init__()
        self._stream = stream
        self._left = size
        self._path = path

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The data of a file, opened. Raises ``ValueError`` if it is none, ``SourceError`` and ``OSError``."""
        if entry.content is None:
            raise ValueError(f"{entry.path} is no file")
        return cls(entry.content.open(), entry.size, entry.path)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._stream.read(wanted) if wanted else b""
        while len(data) < wanted and (more := self._stream.read(wanted - len(data))):
            data += more
        self._left -= len(data)
        if len(data) < wanted or (not self._left and self._stream.read(1)):
            raise SourceError("the file changed its size while it was packed", file=self._path)
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


def chunks(entry: Entry) -> Iterator[bytes]:
    """The data of a file in pieces; raises :class:`SourceError` if they are not ``entry.size`` bytes together."""
    with ExactReader.of(entry) as stream:
        while data := stream.read(CHUNK):
            yield data


class EntryWriter(ABC):
    """Writes entries in one of the formats. As a context manager it is closed, or after an exception abandoned."""

    @abstractmethod
    def add(self, entry: Entry) -> None:
        """Write one entry; parents come before what is in them. Raises :class:`~pltpack.errors.PackageError` for
        what the format cannot hold."""

    @abstractmethod
    def close(self) -> None:
        """Complete the archive; a stream below stays open."""

    def abandon(self) -> None:  # noqa: B027  (nothing to do in most formats)
        """Stop; what was written is no archive."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abandon()
            return
        try:
            self.close()
        except BaseException:
            # The disk is full, say. What is left open would write once more when it is collected.
            self.abandon()
            raise


class EntryReader(ABC):
    """The entries of an archive or a directory, in its order; to be iterated once.

    Paths are safe: relative, without ``..``, each the name of one thing, unless the reader is one that only looks:
    then unsafe ones come as they are. The data of a file can be read until the next entry is asked for. ``ignored``
    lists what Racket passes over, with the reason, and ``judgement`` all else that is wrong with the members, once the
    iteration has ended.
    """

    def __init__(self, *, name: str | None = None, purpose: Purpose = Purpose.USE) -> None:
        self.ignored: list[tuple[str, str]] = []
        self.judgement = Judgement(name=name, purpose=purpose)

    @abstractmethod
    def __iter__(self) -> Iterator[Entry]: ...

    def close(self) -> None:  # noqa: B027  (nothing to do in most formats)
        """Let go of the archive; a stream below stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
