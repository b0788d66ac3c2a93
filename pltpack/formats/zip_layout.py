"""The layout of a zip archive: whether all readers find the same entries in it, whichever end they read it from.

``zipfile`` and Info-ZIP go by the central directory, Racket's ``file/unzip`` by the local headers, one after the other
from the first byte on. So both must say the same, and nothing may lie before, between or behind the entries.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError

_END: Final = struct.Struct("<4s4H2IH")
_END_MARK: Final = b"PK\5\6"
_LONGEST_COMMENT: Final = 0xFFFF
_LOCATOR: Final = struct.Struct("<4sIQI")
_LOCATOR_MARK: Final = b"PK\6\7"
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
_END_64_MARK: Final = b"PK\6\6"
_CENTRAL: Final = struct.Struct("<4s24x3H12x")
_CENTRAL_MARK: Final = b"PK\1\2"
_LOCAL: Final = struct.Struct("<4s2x2H4x3I2H")
_LOCAL_MARK: Final = b"PK\3\4"
_DESCRIPTOR_MARK: Final = b"PK\7\x08"
_DESCRIPTORS: Final = (struct.Struct("<3I"), struct.Struct("<I2Q"))
_LONGEST_DESCRIPTOR: Final = 24

_ENCRYPTED: Final = 1 | 1 << 6
_PATCH: Final = 1 << 5
_DESCRIBED: Final = 1 << 3
_MASKED: Final = 1 << 13
_IN_EXTRA: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class CentralDirectory:
    """Where the central directory is, in bytes, and how many entries it has."""

    start: int
    end: int
    count: int


def find_directory(source: BinaryIO, size: int, limits: Limits) -> CentralDirectory:
    """Find the central directory of an archive of ``size`` bytes, by the one end record that it may have.

    Raises :class:`FormatError` unless the archive ends with the record, which must agree with the records for large
    archives if there are any, and :class:`LimitError` for too many entries.
    """
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    source.seek(start)
    tail = source.read()
    places = [place for place in _finds(tail, _END_MARK) if place + _END.size <= len(tail)]
    ends = [place for place in places if place + _END.size + _END.unpack_from(tail, place)[-1] == len(tail)]
    if not ends:
        reason = "there are bytes behind its end record" if places else "it has no end record"
        raise FormatError(f"not a zip archive, or a damaged one: {reason}", hint=None if places else "fetch it again")
    if len(ends) > 1 or places[-1] != ends[0]:
        raise FormatError("the zip archive has two end records, so that it can be read in two ways")
    end = start + ends[0]
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, ends[0])
    numbers, end = _large_numbers(source, end, (disk, first_disk, here, count, length, offset))
    disk, first_disk, here, count, length, offset = numbers
    if disk or first_disk or here != count:
        raise FormatError("the zip archive is a part of several")
    if offset + length != end:
        raise FormatError("the zip archive is damaged: its central directory is not where the end record says")
    directory = CentralDirectory(offset, end, count)
    _check_count(source, directory, limits)
    return directory


def _finds(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _large_numbers(source: BinaryIO, end: int, numbers: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The numbers of the end record, those that do not fit from the records for large archives (ZIP64), and the place
    where the first of all these records begins."""
    source.seek(max(0, end - _LOCATOR.size))
    locator = source.read(_LOCATOR.size)
    most = (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, _IN_EXTRA, _IN_EXTRA)
    if len(locator) < _LOCATOR.size or end < _LOCATOR.size or not locator.startswith(_LOCATOR_MARK):
        return numbers, end
    start = end - _LOCATOR.size - _END_64.size
    _, disk, offset, disks = _LOCATOR.unpack(locator)
    source.seek(max(0, start))
    record = source.read(_END_64.size)
    if start < 0 or offset != start or disk or disks > 1 or not record.startswith(_END_64_MARK):
        raise FormatError("the zip archive is damaged: its ZIP64 records disagree")
    _, length, _, _, *large = _END_64.unpack(record)
    fits = all(small in (number, limit) for small, number, limit in zip(numbers, large, most, strict=True))
    if length != _END_64.size - 12 or not fits:
        raise FormatError("the zip archive is damaged: its ZIP64 records disagree")
    return tuple(large), start


def _check_count(source: BinaryIO, directory: CentralDirectory, limits: Limits) -> None:
    """Go through the central directory without keeping anything of it, as it may be of any length."""
    place, found = directory.start, 0
    source.seek(place)
    while place < directory.end:
        header = source.read(_CENTRAL.size)
        if len(header) < _CENTRAL.size or not header.startswith(_CENTRAL_MARK):
            raise FormatError("the zip archive is damaged: its central directory holds something that is no entry")
        lengths = sum(_CENTRAL.unpack(header)[1:])
        source.seek(lengths, 1)
        place += _CENTRAL.size + lengths
        found += 1
        if found > limits.entries:
            raise LimitError(
                f"the archive has more than {limits.entries} entries", hint="--max-entries raises the limit"
            )
    if place != directory.end or found != directory.count:
        raise FormatError("the zip archive is damaged: its end record does not say how many entries there are")


def check_entries(source: BinaryIO, infos: Sequence[ZipInfo], directory: CentralDirectory) -> dict[int, int]:
    """Hold every entry of the central directory to its local header; where the data of each begins, by the place of
    its header.

    Raises :class:`FormatError` for entries that cannot be read or that overlap, for a difference, and for bytes that
    belong to no entry.
    """
    data: dict[int, int] = {}
    place = 0
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered), directory.start][1:]
    for info, following in zip(ordered, ends, strict=True):
        offset = info.header_offset
        if offset < place:
            raise FormatError("its data overlaps that of another entry", entry=info.filename)
        if offset > place:
            raise FormatError(
                f"there are {offset - place} bytes before it that belong to no entry", entry=info.filename
            )
        source.seek(offset)
        header = source.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK) or offset >= directory.start:
            raise FormatError("there is no local header", entry=info.filename)
        flags, start = _check_header(source, header, info)
        data[offset] = start
        place = start + info.compress_size
        if place > directory.start:
            raise FormatError("its data overlaps the central directory", entry=info.filename)
        if flags & _DESCRIBED:
            place += _descriptor_length(source, info, place, following)
    if place != directory.start:
        raise FormatError(f"there are {directory.start - place} bytes before the central directory of no entry")
    return data


def _check_header(source: BinaryIO, header: bytes, info: ZipInfo) -> tuple[int, int]:
    """The flags of a local header, and where the data behind it begins."""
    _, flags, method, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    name, extra = source.read(name_length), source.read(extra_length)
    problem = None
    if (info.flag_bits | flags) & (_ENCRYPTED | _MASKED):
        problem = "it is encrypted"
    elif (info.flag_bits | flags) & _PATCH:
        problem = "it is a patch for another file"
    elif info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        problem = f"compression method {info.compress_type} is neither stored nor deflated"
    elif name != raw_name(info) or method != info.compress_type or info.flag_bits & ~flags & _DESCRIBED:
        problem = "local header and central directory disagree"
    else:
        size, packed = _sizes_in_extra(extra, size, packed)
        local, central = (crc, packed, size), (info.CRC, info.compress_size, info.file_size)
        # Sizes that were not known yet are in the descriptor behind the data.
        if local != central and not (
            flags & _DESCRIBED and all(a in (0, b) for a, b in zip(local, central, strict=True))
        ):
            problem = "local header and central directory disagree about checksum or size"
    if problem:
        raise FormatError(problem, entry=info.filename)
    return flags, info.header_offset + _LOCAL.size + name_length + extra_length


def _sizes_in_extra(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """The sizes of a local header, from its field for large entries if they are not in the header itself."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1 and length >= 16 and place + 20 <= len(extra):
            large_size, large_packed = struct.unpack_from("<QQ", extra, place + 4)
            return large_size if size == _IN_EXTRA else size, large_packed if packed == _IN_EXTRA else packed
        place += 4 + length
    return size, packed


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
        return 0  # behind directories Racket writes none
    raise FormatError("the descriptor behind its data and the central directory disagree", entry=info.filename)


def raw_name(info: ZipInfo) -> bytes:
    """The bytes of the name in the central directory, which zipfile has decoded as UTF-8 or as code page 437."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
