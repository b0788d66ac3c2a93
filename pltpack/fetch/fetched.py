"""What fetching a source has come to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.pkg.source import SourceType

FetchedKind: TypeAlias = Literal["file", "directory"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content of a source, on this disk and checked; what lies in the cache must not be changed.

    ``path`` is an archive or a directory, by ``kind``. ``checksum`` is what Racket compares: the SHA-1 of an archive,
    the commit of a repository, the text that a URL directory or its catalog says; ``None`` for a local directory, and
    for a URL directory that says nothing. ``sha256`` is that of the archive, or of a directory's files with their names
    and permissions; ``None`` for a local directory, which is not looked into. ``source`` is where it came from in the
    end, without credentials: of a name, what the catalog says. ``cached``: nothing had to be transferred.
    """

    name: str | None
    source: str
    type: SourceType
    path: Path
    kind: FetchedKind
    checksum: str | None
    sha256: str | None
    size: int
    cached: bool = False


class Listed(Protocol):
    """What a catalog says of a package, as far as fetching it needs that: a :class:`~pltpack.catalog.record.Record`."""

    @property
    def source(self) -> str | None: ...

    @property
    def checksum(self) -> str | None: ...

    @property
    def catalog(self) -> str | None: ...
