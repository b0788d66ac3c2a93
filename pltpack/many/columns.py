"""The columns of the tables: their names, their types and what they mean. ``docs/json.md`` lists the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Cell: TypeAlias = str | int | bool | list[str] | None
Row: TypeAlias = dict[str, Cell]
"""One line of a table: what is in each column, ``None`` for what is not known."""

Type: TypeAlias = Literal["text", "number", "truth", "texts"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``short``: it is shown where there is little room, as on a terminal."""

    name: str
    type: Type
    meaning: str
    short: bool = False


_ARCHIVE: Final = Column("archive", "text", "the archive, as it was named or found", short=True)
_FORMAT: Final = Column("format", "text", "`plt`, `zip`, `tgz`, `tar`, `dir`", short=True)
_COUNTS: Final = (
    Column("files", "number", "how many files are in it", short=True),
    Column("directories", "number", "how many directories are in it, of those that have an entry"),
    Column("links", "number", "how many links are in it"),
    Column("bytes", "number", "bytes of all files together", short=True),
)
_FAILURE: Final = (
    Column("error", "text", "why it could not be read, or not to its end: a code as in *errors*", short=True),
    Column("message", "text", "the same for people"),
)

ARCHIVES: Final = (
    _ARCHIVE,
    _FORMAT,
    Column("size", "number", "bytes of the archive itself"),
    Column("name", "text", "the name in the header of a `.plt`", short=True),
    Column("requires", "texts", "collections that the header requires, with the version if there is one"),
    Column("conflicts", "texts", "collections that the header conflicts with"),
    Column("collections", "texts", "collections that the header sets up"),
    Column("location", "text", "where a `.plt` wants to be unpacked: `main`, `user`, `local`"),
    *_COUNTS,
    Column("layers", "text", "how a `.plt` is encoded: `base64+gzip`, `gzip`, `raw`"),
    Column("rawBytes", "number", "bytes of the raw stream of a `.plt`"),
    Column("sha256", "text", "SHA-256 of the archive itself"),
    Column("sha1", "text", "SHA-1 of the archive itself, which the package manager compares"),
    Column("rawSha256", "text", "SHA-256 of the raw stream of a `.plt`, which does not depend on compression"),
    *_FAILURE,
)
"""One row an archive: ``pltpack show``."""

ENTRIES: Final = (
    _ARCHIVE,
    _FORMAT,
    Column("kind", "text", "`dir`, `file`, `file-replace`, `link`; nothing in a row that tells an error", short=True),
    Column("path", "text", "the path in the archive", short=True),
    Column("size", "number", "bytes of a file", short=True),
    Column("mode", "text", "permissions in octal digits, such as `0644`; not in `.plt`"),
    Column("mtime", "number", "time in seconds since 1970, UTC; not in `.plt`"),
    Column("target", "text", "where a link leads to"),
    *_FAILURE,
)
"""One row an entry: ``pltpack list``."""

REPORTS: Final = (
    _ARCHIVE,
    _FORMAT,
    Column("size", "number", "bytes of the archive itself"),
    Column("whole", "truth", "whether nothing is damaged"),
    Column("clean", "truth", "whether nothing is worse than a note", short=True),
    Column("damage", "number", "how many findings are damage", short=True),
    Column("unsafe", "number", "how many findings are unsafe", short=True),
    Column("leniency", "number", "how many findings are leniencies", short=True),
    Column("trap", "number", "how many findings are traps", short=True),
    Column("note", "number", "how many findings are notes"),
    Column("codes", "texts", "the codes of the findings, each once, the worst first"),
    *_COUNTS,
    Column("sha256", "text", "SHA-256 of the archive itself"),
    Column("rawSha256", "text", "SHA-256 of the raw stream of a `.plt`"),
    *_FAILURE,
)
"""One row an archive: ``pltpack verify``."""

MATCHES: Final = (
    _ARCHIVE,
    Column("path", "text", "the file in the archive; nothing in a row that tells an error", short=True),
    Column("size", "number", "bytes of the file"),
    Column("count", "number", "how many of its lines are what was searched for"),
    Column("line", "number", "the number of the line, from 1", short=True),
    Column("text", "text", "the line, or its beginning; empty where the file is no text", short=True),
    *_FAILURE,
)
"""One row a line that was found, or a file where no lines were searched for: ``pltpack find``."""
