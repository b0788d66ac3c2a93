"""The local headers of a zip archive, which Racket goes by, held to the central directory, which the others go by.

``file/unzip`` reads one entry after the other from the first byte on, and takes for the length of each what the local
header says in its 32 bits, or what the deflated data comes to. So both must say the same, nothing may lie before,
between or behind the entries, and each must end where Racket thinks it does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from pltpack.errors import AmbiguityError, FormatError
from pltpack.formats.judgement import Judgement
from pltpack.formats.zip_layout import CentralDirectory

_LOCAL: Final = struct.Struct("<4s2x2H4x3I2H")
_LOCAL_MARK: Final = b"PK\3\4"
_DESCRIPTOR_MARK: Final = b"PK\7\x08"
_DESCRIPTORS: Final = (struct.Struct("<3I"), struct.Struct("<I2Q"))
_LONGEST_DESCRIPTOR: Final = 24
_END_MARKS: Final = (b"PK\6\x08", b"PK\1\2", b"PK\5\5", b"PK\6\6", b"PK\6\7", b"PK\5\6")
"""What ends the entries for Racket."""

_ENCRYPTED: Final = 1 | 1 << 6
_PATCH: Final = 1 << 5
_DESCRIBED: Final = 1 << 3
_UTF8: Final = 1 << 11
_MASKED: Final = 1 << 13
_IN_EXTRA: Final = 0xFFFFFFFF
_ALL_BUT_RACKET: Final = "all that go by the central directory"


def check_entries(
    source: BinaryIO, infos: Sequence[ZipInfo], directory: CentralDirectory, judgement: Judgement
) -> dict[int, int]:
    """Hold every entry of the central directory to its local header; where the data of each begins, by the place of
    its header.

    Raises :class:`FormatError` for entries that cannot be read, and :class:`AmbiguityError`, unless it is only looked
    at, for those that overlap, for a difference, and for bytes that belong to no entry.
    """
    data: dict[int, int] = {}
    place = 0
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered), directory.start][1:]
    for info, following in zip(ordered, ends, strict=True):
        try:
            start, place = _check_entry(source, info, place, following, directory, judgement)
        except FormatError as error:
            if not judgement.looking:
                raise
            start = place = info.header_offset  # its data will be found damaged
            judgement.differs(_ALL_BUT_RACKET, error.message.partition(": ")[2] or error.message, info.filename)
        data[info.header_offset] = start
    if place != directory.start:
        count = directory.start - place
        judgement.differs("Racket", f"there are {count} bytes before the central directory that belong to no entry")
    return data


def _check_entry(
    source: BinaryIO, info: ZipInfo, place: int, following: int, directory: CentralDirectory, judgement: Judgement
) -> tuple[int, int]:
    """Where the data of an entry begins, and where all of it ends."""
    offset = info.header_offset
    if offset < place:
        raise _difference("its data overlaps that of another entry", info)
    if offset > place:
        judgement.differs(
            "Racket", f"there are {offset - place} bytes before it that belong to no entry", info.filename
        )
    source.seek(offset)
    header = source.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK) or offset >= directory.start:
        raise FormatError("there is no local header", entry=info.filename)
    flags, packed, start = _check_header(source, header, info, judgement)
    end = start + info.compress_size
    if end > directory.start:
        raise _difference("its data overlaps the central directory", info)
    length = _descriptor_length(source, info, end, following) if flags & _DESCRIBED else 0
    _check_racket(source, info, end + length, (start, packed, flags), judgement)
    return start, end + length


def _difference(reason: str, info: ZipInfo) -> AmbiguityError:
    return AmbiguityError(f"read differently by Racket: {reason}", entry=info.filename)


def _check_header(source: BinaryIO, header: bytes, info: ZipInfo, judgement: Judgement) -> tuple[int, int, int]:
    """The flags of a local header, the packed size in it, and where the data behind it begins."""
    _, flags, method, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    name, extra = source.read(name_length), source.read(extra_length)
    problem = None
    if (info.flag_bits | flags) & (_ENCRYPTED | _MASKED):
        problem = "it is encrypted"
    elif (info.flag_bits | flags) & _PATCH:
        problem = "it is a patch for another file"
    elif info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        problem = f"compression method {info.compress_type} is neither stored nor deflated"
    if problem:
        raise FormatError(problem, entry=info.filename)
    if name != raw_name(info) or method != info.compress_type or (info.flag_bits ^ flags) & (_DESCRIBED | _UTF8):
        raise _difference("local header and central directory disagree", info)
    large_size, large_packed = _sizes_in_extra(extra, size, packed)
    local, central = (crc, large_packed, large_size), (info.CRC, info.compress_size, info.file_size)
    # Sizes that were not known yet are in the descriptor behind the data.
    if local != central and not (flags & _DESCRIBED and all(a in (0, b) for a, b in zip(local, central, strict=True))):
        raise _difference("local header and central directory disagree about checksum or size", info)
    if reason := _unicode_name(extra, name) or _unicode_name(info.extra, name):
        raise AmbiguityError(f"read differently by Info-ZIP: {reason}", entry=info.filename)
    for additional in (extra, info.extra):
        if sum(4 + length for _, length, _ in _fields(additional)) != len(additional):
            judgement.differs("bsdtar", "its additional fields are cut off", info.filename, minor=True)
    return flags, packed, info.header_offset + _LOCAL.size + name_length + extra_length


def _fields(extra: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The additional fields of a header: kind, length and as much as there is of it."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        yield kind, length, extra[place + 4 : place + 4 + length]
        place += 4 + length


def _sizes_in_extra(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """The sizes of a local header, from its field for large entries if they are not in the header itself."""
    for kind, _, data in _fields(extra):
        if kind == 1 and len(data) >= 16:
            large_size, large_packed = struct.unpack_from("<QQ", data)
            return large_size if size == _IN_EXTRA else size, large_packed if packed == _IN_EXTRA else packed
    return size, packed


def _unicode_name(extra: bytes, name: bytes) -> str | None:
    """What is wrong with the field that holds the name once more, in UTF-8."""
    for kind, _, data in _fields(extra):
        if kind == 0x7075 and data[5:] != name:
            return "an additional field gives it another name"
    return None


def _descriptor_length(source: BinaryIO, info: ZipInfo, place: int, following: int) -> int:
    """How many bytes the descriptor behind the data of an entry has, in whichever form it is there."""
    source.seek(place)
    found = source.read(_LONGEST_DESCRIPTOR)
    wanted = (info.CRC, info.compress_size, info.file_size)
    for mark in (_DESCRIPTOR_MARK, b""):
        for form in _DESCRIPTORS:
            length = len(mark) + form.size
            fits = all(number < 1 << 32 for number in wanted) or form is _DESCRIPTORS[1]
            if place + length == following and fits and found.startswith(mark + form.pack(*wanted)):
                return length
    if place == following and not any(wanted):
        return 0  # behind directories some write none
    raise _difference("the descriptor behind its data and the central directory disagree", info)


def _check_racket(
    source: BinaryIO, info: ZipInfo, end: int, header: tuple[int, int, int], judgement: Judgement
) -> None:
    """Find out where Racket looks for the next entry: at the ``end`` of this one, or where it finds nothing, or
    somewhere else. ``header``: where the data begins, the packed size in the local header, its flags."""
    start, packed, flags = header
    if not flags & _DESCRIBED:
        found = start + packed
        reason = "its sizes are in ZIP64 records, which Racket does not read"
    elif info.compress_type == ZIP_STORED:
        judgement.refused("it is stored with a descriptor behind it, so that Racket finds no end of it", info.filename)
        return
    else:
        found = start + info.compress_size
        source.seek(found)
        found += 16 if source.read(4) == _DESCRIPTOR_MARK else 12
        reason = "the descriptor behind it is of a form that Racket does not read"
    if found == end:
        return
    source.seek(found)
    if source.read(4) in (_LOCAL_MARK, *_END_MARKS):
        judgement.differs("Racket", f"{reason}, and behind which it finds something else", info.filename)
    judgement.refused(reason, info.filename)


def raw_name(info: ZipInfo) -> bytes:
    """The bytes of the name in the central directory, which zipfile has decoded as UTF-8 or as code page 437."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
