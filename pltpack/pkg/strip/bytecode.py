"""Bytecode files looked at without Racket: for which Racket they are, and which submodules they hold."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pltpack.dataclass import dataclass
from pltpack.errors import FormatError, TruncatedError

EXTRA_SUBMODULES: Final = frozenset({b"test", b"doc", b"srcdoc"})
"""What binary packages leave out."""

_MOST: Final = 1 << 20
"""Submodules of one file; and bytes of a name."""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A ``.zo`` file: the Racket version and virtual machine it is for, and the paths of all modules in it.

    The path of the outermost module is ``()``.
    """

    version: str
    vm: str
    modules: tuple[tuple[bytes, ...], ...]

    @property
    def has_extra_submodules(self) -> bool:
        """Whether there are submodules that binary packages leave out."""
        return any(not EXTRA_SUBMODULES.isdisjoint(module) for module in self.modules)


def read_bytecode(path: Path) -> Bytecode:
    """Read the head of a ``.zo`` file. Raises :class:`~pltpack.errors.FormatError` if it is none."""
    with path.open("rb") as stream:
        try:
            if _take(stream, 2) != b"#~":
                raise FormatError("not compiled Racket code: it does not begin with #~")
            version = _short(stream).decode("ascii", "replace")
            vm = _short(stream).decode("ascii", "replace")
            kind = _take(stream, 1)
            if kind == b"B":
                return Bytecode(version, vm, ((),))
            if kind != b"D":
                raise FormatError("compiled Racket code of an unknown kind", offset=stream.tell() - 1)
            return Bytecode(version, vm, tuple(_directory(stream)))
        except FormatError as error:
            raise error.within(file=str(path)) from None


def _directory(stream: BinaryIO) -> Iterator[tuple[bytes, ...]]:
    """The names in a linklet directory: a binary tree of records, one behind the other."""
    count = _number(stream)
    for _ in range(count):
        length = _number(stream)
        yield tuple(_module_path(_take(stream, length)))
        _take(stream, 4 * 4)  # where the module is, its length, the two branches


def _module_path(name: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(name):
        length, start = name[at], at + 1
        if length == 255:
            if len(name) < start + 4:
                raise TruncatedError("the name of a module ends too early")
            (length,) = struct.unpack_from("<I", name, start)
            start += 4
        at = start + length
        if at > len(name):
            raise TruncatedError("the name of a module ends too early")
        yield name[start:at]


def _number(stream: BinaryIO) -> int:
    (number,) = struct.unpack("<I", _take(stream, 4))
    if number > _MOST:
        raise FormatError("a number in the directory of modules is too large", offset=stream.tell() - 4)
    return int(number)


def _short(stream: BinaryIO) -> bytes:
    return _take(stream, _take(stream, 1)[0])


def _take(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise TruncatedError("the compiled code ends too early", offset=stream.tell())
    return data
