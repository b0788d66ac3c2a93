"""The central directory of a zip archive, which ``zipfile`` and Info-ZIP go by: where it is, and how much is in it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.errors import AmbiguityError, FormatError, LimitError

_END: Final = struct.Struct("<4s4H2IH")
_END_MARK: Final = b"PK\5\6"
_LONGEST_COMMENT: Final = 0xFFFF
_LOCATOR: Final = struct.Struct("<4sIQI")
_LOCATOR_MARK: Final = b"PK\6\7"
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
_END_64_MARK: Final = b"PK\6\6"
_CENTRAL: Final = struct.Struct("<4s24x3H12x")
_CENTRAL_MARK: Final = b"PK\1\2"

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
        raise AmbiguityError("read differently by one or the other program: the zip archive has two end records")
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
