"""The format, declared: an archive file is :data:`ARCHIVE`, and reads and builds from this page.

This is the specification that can be run. It is simple and slow, holds everything in memory, and stands apart from
the streaming codec (its inflater and checksums are the standard library's), so that each can be held against the other.
What it parses is what ``ArchiveReader`` accepts when it is strict; what it builds is what ``pack-plt`` writes.

Values are ``construct`` containers: ``ARCHIVE`` gives a gzip member (see :data:`GZIP_MEMBER`), whose ``content.value``
has ``info``, ``unit`` and ``entries``; an entry has ``tag``, ``path`` and, but for ``dir``, ``file.size`` and
``file.data``.
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from construct import (
    Bytes,
    Check,
    Checksum,
    ChecksumError,
    Const,
    Construct,
    ConstructError,
    Default,
    ExprAdapter,
    FocusedSeq,
    GreedyBytes,
    If,
    Int8ub,
    Int16ul,
    Int32ul,
    NullTerminated,
    Optional,
    Prefixed,
    RawCopy,
    Rebuild,
    StreamError,
    Struct,
    Subconstruct,
    Terminated,
    Tunnel,
    this,
)

from pltpack.codec.entries import SAME, UP, PathList, PathSymbol
from pltpack.codec.header import Preamble
from pltpack.datum.reader import END, read_datum
from pltpack.datum.source import decode
from pltpack.datum.unicode import is_space
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import encode_datum
from pltpack.errors import EncodingError, EntryError, TruncatedError

# --- Racket data, and what stands between them ----------------------------------------------------------------------


class _Datum(Construct):  # type: ignore[misc]  # construct has no types
    """A datum in any spelling that Racket reads, built as ``write`` writes it; :data:`END` at the end of the stream."""

    def _parse(self, stream: Any, _context: Any, _path: str) -> Any:
        start = stream.tell()
        datum, end = read_datum(stream.read(), base=start)
        stream.seek(start + end)
        return datum

    def _build(self, datum: Any, stream: Any, _context: Any, _path: str) -> Any:
        stream.write(encode_datum(datum))
        return datum


class _Space(Construct):  # type: ignore[misc]
    """White space as Racket's ``char-whitespace?`` has it; built as nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.flagbuildnone = True

    def _parse(self, stream: Any, _context: Any, _path: str) -> None:
        start = stream.tell()
        text = decode(stream.read())
        space = text[: next((index for index, character in enumerate(text) if not is_space(character)), len(text))]
        stream.seek(start + len(space.encode()))

    def _build(self, _nothing: None, _stream: Any, _context: Any, _path: str) -> None:
        return


class _UntilEnd(Subconstruct):  # type: ignore[misc]
    """The subconstruct again and again, until nothing but white space and comments is left."""

    def _parse(self, stream: Any, context: Any, path: str) -> list[Any]:
        found = []
        while not self._at_end(stream):
            found.append(self.subcon._parsereport(stream, context, path))
        return found

    def _at_end(self, stream: Any) -> bool:
        start = stream.tell()
        datum, end = read_datum(stream.read(), base=start)
        stream.seek(start + end if datum is END else start)
        return datum is END

    def _build(self, values: Iterable[Any], stream: Any, context: Any, path: str) -> list[Any]:
        return [self.subcon._build(value, stream, context, path) for value in values]


def _line(part: Any) -> Any:
    """The part, and the line feed behind it; reading does not need one."""
    return FocusedSeq("part", "part" / part, Optional(Const(b"\n")))


def _datum_as(what: str, accept: Callable[[Any], Any], datum: Callable[[Any], Datum]) -> Any:
    """A datum on its line that stands for something else; ``accept`` gives ``None`` for what it does not know."""

    def checked(value: Any, _context: Any) -> Any:
        if value is END:
            raise TruncatedError(f"the archive ends before {what}")
        accepted = accept(value)
        if accepted is None:
            raise EntryError(f"a datum that is not {what}")
        return accepted

    return ExprAdapter(_line(_Datum()), checked, lambda value, _context: datum(value))


# --- the raw stream -------------------------------------------------------------------------------------------------

_ELEMENTS: Final = {Symbol("same"): SAME, Symbol("up"): UP}
_TAGS: Final = ("dir", "file", "file-replace")


def _path(datum: Any) -> PathList | None:
    """A path list: strings, and the symbols ``same`` and ``up``."""
    if not isinstance(datum, list):
        return None
    path = [_ELEMENTS.get(part) if isinstance(part, Symbol) else part for part in datum]
    known = tuple(part for part in path if isinstance(part, str | PathSymbol))
    return known if len(known) == len(path) else None


def _path_datum(path: PathList) -> Datum:
    return [Symbol(part.value) if isinstance(part, PathSymbol) else part for part in path]


HEADER_DATUM = _datum_as("the header", lambda datum: datum, lambda datum: datum)
"""Any datum; what the info procedure and the unit mean is a question for :class:`~pltpack.codec.header.Preamble`."""

TAG = _datum_as("dir, file or file-replace", lambda datum: datum.name if datum in map(Symbol, _TAGS) else None, Symbol)
PATH = _datum_as("a path list", _path, _path_datum)
SIZE = _datum_as("a size", lambda datum: datum if type(datum) is int and datum >= 0 else None, int)

ENTRY = Struct(
    "tag" / TAG,
    "path" / PATH,
    "file" / If(
        this.tag != "dir",
        Struct(
            "size" / Rebuild(SIZE, lambda context: len(context.data)),
            _Space(),
            Const(b"*"),
            "data" / Bytes(this.size),
        ),
    ),
)  # fmt: skip
"""A directory or a file. Nothing stands behind the data: the next entry begins at the very next byte."""

RAW_STREAM = Struct(
    Const(b"PLT"),
    Optional(Const(b"\n")),
    "info" / HEADER_DATUM,
    "unit" / HEADER_DATUM,
    "entries" / _UntilEnd(ENTRY),
    Terminated,
)
"""Everything inside the gzip data."""

# --- gzip (RFC 1952) ------------------------------------------------------------------------------------------------


class _Deflated(Subconstruct):  # type: ignore[misc]
    """Deflate data (RFC 1951); what is in it is the subconstruct."""

    def _parse(self, stream: Any, context: Any, _path: str) -> Any:
        start = stream.tell()
        inflater = zlib.decompressobj(-15)
        try:
            data = inflater.decompress(stream.read())
        except zlib.error as error:
            raise EncodingError(f"the compressed data is damaged ({error})", offset=start, layer="gzip data") from None
        if not inflater.eof:
            raise TruncatedError("the compressed data ends too early", offset=stream.tell(), layer="gzip data")
        stream.seek(-len(inflater.unused_data), 1)
        return self.subcon.parse(data, **context)

    def _build(self, value: Any, stream: Any, context: Any, path: str) -> Any:
        inner = io.BytesIO()
        built = self.subcon._build(value, inner, context, path)
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        stream.write(deflater.compress(inner.getvalue()) + deflater.flush())
        return built


GZIP_FLAGS: Final = {"text": 1, "header_crc": 2, "extra": 4, "name": 8, "comment": 16, "encrypted": 32}


def _field(flag: str, part: Any) -> Any:
    """A field that is there if its flag is set; when building, the flag is set if there is a value."""
    return flag / If(this.flags & GZIP_FLAGS[flag], part)


GZIP_HEADER = Struct(
    Const(b"\x1f\x8b"),
    Const(b"\x08"),  # deflate
    "flags"
    / Rebuild(Int8ub, lambda context: sum(bit for name, bit in GZIP_FLAGS.items() if context.get(name) is not None)),
    Check(this.flags & GZIP_FLAGS["encrypted"] == 0),
    "mtime" / Default(Int32ul, 0),  # seconds since 1970; 0: none
    "extra_flags" / Default(Int8ub, 0),
    "system" / Default(Int8ub, 3),  # Unix
    _field("extra", Prefixed(Int16ul, GreedyBytes)),
    _field("name", NullTerminated(GreedyBytes)),
    _field("comment", NullTerminated(GreedyBytes)),
)
"""The head of a gzip member without its checksum. Reserved flags say nothing."""


def _gzip_member(content: Any) -> Any:
    return Struct(
        "header" / RawCopy(GZIP_HEADER),
        "header_crc" / Default(If(this.header.value.flags & GZIP_FLAGS["header_crc"], Int16ul), None),
        "content" / _Deflated(RawCopy(content)),
        "crc" / Checksum(Int32ul, zlib.crc32, this.content.data),
        "size" / Rebuild(Int32ul, lambda context: len(context.content.data) & 0xFFFFFFFF),
        Check(lambda context: context.size == len(context.content.data) & 0xFFFFFFFF),
        Terminated,
    )


GZIP_MEMBER = _gzip_member(RAW_STREAM)
"""The one gzip member of an archive: ``header.value`` (flags, times, names), ``content.value``, ``crc``, ``size``."""

# --- base64 ---------------------------------------------------------------------------------------------------------


class _Base64Text(Tunnel):  # type: ignore[misc]
    """Base64: read up to the first ``=``, other characters skipped; built in lines of 72 characters."""

    _FOREIGN: Final = re.compile(rb"[^A-Za-z0-9+/]")

    def _decode(self, data: bytes, _context: Any, _path: str) -> bytes:
        letters = self._FOREIGN.sub(b"", data.partition(b"=")[0])
        if len(letters) % 4 == 1:
            letters = letters[:-1]  # six bits, which are no byte
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))

    def _encode(self, data: bytes, _context: Any, _path: str) -> bytes:
        text = base64.b64encode(data)
        return b"".join(text[start : start + 72] + b"\n" for start in range(0, len(text), 72))


ARCHIVE = _Base64Text(GZIP_MEMBER)
"""An archive file."""

# --- use ------------------------------------------------------------------------------------------------------------

Entry = tuple[str, PathList, bytes]
"""Tag, path, and data (``b""`` for a directory)."""

_Result = TypeVar("_Result")


def parse_raw(data: bytes) -> tuple[Preamble, list[Entry]]:
    """The two header data and the entries of a raw stream.

    Raises :class:`~pltpack.errors.FormatError`: ``EncodingError``, ``DatumError``, ``EntryError``, ``TruncatedError``.
    """
    return _contents(_parsed(RAW_STREAM, data))


def parse_archive(data: bytes) -> tuple[Preamble, list[Entry]]:
    """The same of an archive file; gzip data and raw streams are recognised, too. Raises as :func:`parse_raw`."""
    if data.startswith(b"PLT"):
        return parse_raw(data)
    return _contents(_parsed(GZIP_MEMBER if data.startswith(b"\x1f\x8b") else ARCHIVE, data).content.value)


def build_raw(preamble: Preamble, entries: Iterable[Entry]) -> bytes:
    """The raw stream, as Racket writes it."""
    raw: bytes = RAW_STREAM.build(_container(preamble, entries))
    return raw


def build_archive(
    preamble: Preamble,
    entries: Iterable[Entry],
    *,
    mtime: int = 0,
    extra: bytes | None = None,
    name: bytes | None = None,
    comment: bytes | None = None,
) -> bytes:
    """An archive file; the four fields of the gzip header are left out unless they are given."""
    header = {"mtime": mtime, "extra": extra, "name": name, "comment": comment}
    content = _container(preamble, entries)
    archive: bytes = ARCHIVE.build({"header": {"value": header}, "content": {"value": content}})
    return archive


def gzip_header(data: bytes) -> dict[str, Any]:
    """The fields of the header of gzip data: ``flags`` (names that are set), ``mtime``, ``extra_flags``, ``system``,
    ``extra``, ``name`` and ``comment`` (``None`` where there is none). Raises as :func:`parse_raw`.
    """
    header = _parsed(GZIP_HEADER, data)
    fields = {key: header[key] for key in ("mtime", "extra_flags", "system", "extra", "name", "comment")}
    return {"flags": [name for name, bit in GZIP_FLAGS.items() if header.flags & bit], **fields}


def _parsed(construct: Any, data: bytes) -> Any:
    try:
        return construct.parse(data)
    except (StreamError, OverflowError) as error:
        raise TruncatedError(f"the archive ends too early ({_place(error)})") from error
    except ChecksumError as error:
        raise EncodingError(f"wrong checksum ({_place(error)})", layer="gzip data") from error
    except ConstructError as error:
        raise EncodingError(f"not as the format has it ({_place(error)})") from error


def _place(error: Exception) -> str:
    return str(getattr(error, "path", "") or "") or type(error).__name__


def _contents(raw: Any) -> tuple[Preamble, list[Entry]]:
    entries = [(entry.tag, entry.path, b"" if entry.file is None else entry.file.data) for entry in raw.entries]
    return Preamble(raw.info, raw.unit), entries


def _container(preamble: Preamble, entries: Iterable[Entry]) -> dict[str, Any]:
    return {
        "info": preamble.info,
        "unit": preamble.unit,
        "entries": [{"tag": tag, "path": path, "file": {"data": data}} for tag, path, data in entries],
    }
