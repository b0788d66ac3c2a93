"""What ``raco pkg install`` refuses in a package: its links, its sizes, the fields of its info files.

Found by asking Racket 8.7: the staged package is copied as a whole, its archive is read by ``file/unzip`` and
``file/untar``, and ``directory->additional-installs`` goes by the fields of every ``info.rkt``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.datum.values import Regexp, Symbol
from pltpack.errors import InfoError, LimitError
from pltpack.formats.entries import Entry
from pltpack.formats.formats import Format
from pltpack.formats.links import resolve_links
from pltpack.racket.info.info import Info, PathValue, Value

_REFUSED: Final = "which raco pkg install refuses"
_ALL: Final = Symbol("all")
_STEPS: Final = (Symbol("up"), Symbol("same"))
_OMISSIONS: Final = ("compile-omit-paths", "compile-omit-files")

LARGE_IN_ZIP: Final = ((1 << 31) - 1) * 100 // 105
"""Bytes from which on ``zipfile`` writes an entry with ZIP64 records."""
LARGE_IN_TAR: Final = 8**11
"""Bytes from which on the size of a file does not fit into a tar header."""


def info_objections(infos: Mapping[str, Info]) -> Iterator[str]:
    """What the info files, by their directories, say that an installer stumbles over."""
    for directory, info in infos.items():
        where = f"{directory}/info.rkt: " if directory else ""
        omitted = _field(info, _OMISSIONS[0])
        if omitted == _ALL:
            continue
        for name in _OMISSIONS:
            value = omitted if name == _OMISSIONS[0] else _field(info, name)
            if not isinstance(value, list):
                yield f"{where}{name} is not a list of relative paths, {_REFUSED}"
            elif not all(map(_is_relative, value)):
                yield f"{where}{name} holds something that is not a relative path, {_REFUSED}"


def _field(info: Info, name: str) -> Value:
    try:
        return info.get(name, [])
    except InfoError:
        return []


def _is_relative(value: Value) -> bool:
    if isinstance(value, Regexp):
        return not isinstance(value.source, bytes)
    if isinstance(value, PathValue):
        value = value.text
    if isinstance(value, str):
        return bool(value) and "\0" not in value and not value.startswith("/")
    return value in _STEPS


def link_objections(entries: Mapping[str, Entry], *, limits: Limits = Limits()) -> Iterator[str]:
    """The links of a package that its installation fails over, by their paths: Racket's ``untar`` takes none with
    ``..``, and what is unpacked is copied with every link followed."""
    if not any(entry.kind == "link" for entry in entries.values()):
        return
    for path, entry in entries.items():
        if entry.kind == "link" and ".." in entry.target.split("/"):
            yield f"{path} is a link with .. in it, {_REFUSED}"
    try:
        left_out = resolve_links(entries, limits=limits).left_out
    except LimitError as error:
        yield f"{error.message}, {_REFUSED}"
        return
    for path, reason in left_out.items():
        if path in entries and ".." not in entries[path].target.split("/"):
            yield f"{path} {reason}, {_REFUSED}"


def size_objections(entries: Iterable[Entry], format: Format) -> Iterator[str]:
    """The files that are too large for Racket's reader of a format."""
    for entry in entries:
        if format == "zip" and entry.size > LARGE_IN_ZIP:
            yield f"{entry.path} is so large that it needs ZIP64 records, which Racket does not read: use tgz"
        elif format in ("tgz", "tar") and entry.size >= LARGE_IN_TAR:
            yield f"{entry.path} is so large that its size is in an extended header, which Racket does not read"
