"""What is in an archive or a directory, as one kind of value whatever the format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pltpack.codec.entries import Directory, File, PathList, display_path
from pltpack.formats.entries import Entry, Kind, chunks


@dataclass(frozen=True, slots=True)
class Member:
    """A file, directory or link. ``path`` has ``/`` between its names and is shown, never written to.

    ``sha256`` is known where it was asked for; ``elements`` and ``replace`` (it is a ``file-replace`` entry) in
    ``plt``, ``mode`` and ``mtime`` (permission bits; seconds since 1970) in the other formats.
    """

    path: str
    kind: Kind
    size: int = 0
    sha256: str | None = None
    replace: bool = False
    elements: PathList | None = None
    mode: int | None = None
    mtime: int | None = None
    target: str = ""

    @classmethod
    def of_plt(cls, entry: Directory | File, sha256: str | None = None) -> Member:
        """The member that an entry of a ``.plt`` archive is."""
        path = display_path(entry.path)
        if isinstance(entry, Directory):
            return cls(path, "directory", elements=entry.path)
        return cls(path, "file", entry.size, sha256, entry.replace, entry.path)

    @classmethod
    def of_entry(cls, entry: Entry, sha256: str | None = None) -> Member:
        """The member that an entry of another format is."""
        return cls(entry.path, entry.kind, entry.size, sha256, mode=entry.mode, mtime=entry.mtime, target=entry.target)


class _Pieces(Protocol):
    def chunks(self) -> Iterator[bytes]: ...


def digest_of_body(body: _Pieces) -> str:
    """The SHA-256 of the data of an entry of a ``.plt`` archive, in hex."""
    digest = hashlib.sha256()
    for piece in body.chunks():
        digest.update(piece)
    return digest.hexdigest()


def digest_of_entry(entry: Entry) -> str:
    """The SHA-256 of the data of an entry of any format, in hex."""
    digest = hashlib.sha256()
    for piece in chunks(entry):
        digest.update(piece)
    return digest.hexdigest()
