"""Archives by the habits of ``zipfile`` and ``tarfile``: names, members, data by name, and a safe ``extractall``.

:class:`~pltpack.codec.reader.ArchiveReader` goes through an archive once, in constant memory; a ``.plt`` has no
directory that would let it jump. :class:`PltFile` is for those who want to ask in any order: it reads the archive once
to learn what is in it (and whether it is whole), and reads it again up to a member when the data of that member is
asked for. Members asked for in the order of the archive cost one more pass together.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from pltpack.codec.entries import Body, File
from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import FormatError, MemberError
from pltpack.pltinfo import PltInfo, Unsafe, asked_name, named_members, plain_name
from pltpack.suggestions import did_you_mean
from pltpack.unpacker.unpack import Extraction, extract

StrPath = str | os.PathLike[str]


class PltFile:
    """An archive whose members can be asked for by name, in any order.

    ``source`` is a path or a seekable binary stream, which stays open, and which nobody else may move meanwhile. To be
    closed, or used in a ``with`` block. Threads may share it; a stream that it opens belongs to one thread at a time.
    """

    def __init__(self, source: StrPath | BinaryIO, *, limits: Limits = Limits(), unsafe: Unsafe = "refuse") -> None:
        """Read the header; the rest when it is first needed.

        ``unsafe``: what becomes of names that lead elsewhere than below a directory (``..``, absolute ones, odd
        ones), since names are used as paths: with ``"refuse"`` the first question for members raises
        :class:`~pltpack.errors.UnsafePathError`, with ``"sanitize"`` the unsafe parts are dropped, and with ``"show"``
        they are as they are, for those who only show them.

        Raises ``OSError``, :class:`~pltpack.errors.FormatError` and :class:`~pltpack.errors.LimitError`, and
        ``ValueError`` for a stream that cannot seek (read that with :func:`~pltpack.archive.open_archive`).
        """
        if not isinstance(source, str | os.PathLike) and not source.seekable():
            raise ValueError("a PltFile needs a stream that can seek; open_archive takes any")
        self._source = source
        self._start = 0 if isinstance(source, str | os.PathLike) else source.tell()
        self._limits = limits
        self._unsafe = unsafe
        self._closed = False
        self._turn = threading.Lock()
        """Held while the source is moved and read, which all passes over a stream share."""
        self._change = threading.RLock()
        """Held while the spare pass is taken or put back, and while the members are learnt."""
        self._spare: _Pass | None = _Pass(self)
        self.name = self._spare.reader.name
        self.preamble: Preamble = self._spare.reader.preamble

    @property
    def header(self) -> Header:
        """What the header says. Raises :class:`~pltpack.errors.HeaderError` if it has no known shape."""
        return self.preamble.header()

    @property
    def _members(self) -> list[PltInfo]:
        with self._change:  # those who come later wait for the first one, instead of reading all of it as well
            return self._learnt

    @cached_property
    def _learnt(self) -> list[PltInfo]:
        used = self._take_pass(0)
        try:
            return named_members(used.reader, self._unsafe, self._limits)
        finally:
            used.close()

    @cached_property
    def _by_name(self) -> dict[str, PltInfo]:
        """The members by name; of two of one name the later one, as when both are unpacked with ``force``."""
        return {member.name: member for member in self._members}

    @cached_property
    def _by_plain_name(self) -> dict[str, PltInfo]:
        return {plain_name(member.name): member for member in self._members}

    # Names and members. The first question reads all of the archive, and raises FormatError if it is not whole.

    def namelist(self) -> list[str]:
        """The names of all members in the order of the archive, directories with a ``/`` behind (as ``zipfile``)."""
        return [f"{member.name}/" if member.directory else member.name for member in self._members]

    def getnames(self) -> list[str]:
        """The names of all members, without a ``/`` behind directories (as ``tarfile``)."""
        return [member.name for member in self._members]

    def infolist(self) -> list[PltInfo]:
        """All members in the order of the archive."""
        return list(self._members)

    getmembers = infolist

    def getmember(self, name: str) -> PltInfo:
        """The member of that name. Raises :class:`~pltpack.errors.MemberError`, which is a ``KeyError``."""
        member = self._by_name.get(name) or self._by_plain_name.get(plain_name(name))
        if member is None:
            hint = did_you_mean(name, self._by_name)
            raise MemberError(f"there is no member {name!r}", file=self.name, hint=hint)
        return member

    getinfo = getmember

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._by_name or plain_name(name) in self._by_plain_name)

    def __iter__(self) -> Iterator[PltInfo]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    # Data

    def open(self, member: str | PltInfo) -> BinaryIO:
        """The data of a file as a binary stream; several may be open at once.

        Raises :class:`~pltpack.errors.MemberError`, ``IsADirectoryError`` and what reading raises.
        """
        info = member if isinstance(member, PltInfo) else self.getmember(member)
        if info.directory:
            raise IsADirectoryError(21, "is a directory in the archive", info.name)
        used = self._take_pass(info.offset)
        try:
            body = used.find(info)
        except BaseException:
            used.close()
            raise
        return cast("BinaryIO", io.BufferedReader(_MemberStream(body, lambda: self._put_back(used)), 1 << 16))

    def read(self, member: str | PltInfo) -> bytes:
        """The whole data of a file."""
        with self.open(member) as stream:
            return stream.read()

    def extractall(
        self,
        path: StrPath = ".",
        members: Collection[str | PltInfo] | Callable[[str], bool] | None = None,
        *,
        force: bool = False,
    ) -> Extraction:
        """Unpack below ``path``: all or nothing, and nothing outside of it.

        What is raised is told by :func:`~pltpack.unpacker.unpack.extract`. ``members``: only these, and what is below
        those that are directories. An existing file is an error unless ``force``.
        """
        chosen = members if members is None or callable(members) else [asked_name(member) for member in members]
        with _Pass(self) as used:
            return extract(used.reader, path, members=chosen, force=force, limits=self._limits)

    def extract(self, member: str | PltInfo, path: StrPath = ".", *, force: bool = False) -> Path:
        """Unpack one member, a directory with all below it; returns where it is now."""
        info = member if isinstance(member, PltInfo) else self.getmember(member)
        self.extractall(path, [info], force=force)
        return Path(path, info.name)

    # Passes over the archive

    def _take_pass(self, offset: int) -> _Pass:
        """A pass that has not gone beyond an offset of the raw stream: the spare one if that will do."""
        with self._change:
            if self._closed:
                raise ValueError("the archive is closed")
            spare, self._spare = self._spare, None
        if spare is not None and spare.at <= offset:
            return spare
        if spare is not None:
            spare.close()
        return _Pass(self)

    def _put_back(self, used: _Pass) -> None:
        with self._change:
            if self._spare is None and not self._closed:
                self._spare = used
                return
        used.close()

    def close(self) -> None:
        """Let go of the archive; streams of members that are still open can be read to their ends."""
        with self._change:
            self._closed = True
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Pass:
    """One reading of the archive from its start; ``at`` is the offset of the first entry that it has not given."""

    def __init__(self, archive: PltFile) -> None:
        source = archive._source
        if isinstance(source, str | os.PathLike):
            self._stream: BinaryIO = open(source, "rb", buffering=0)  # noqa: SIM115  closed by close
            name: object = os.fspath(source)
        else:
            self._stream = cast("BinaryIO", _Shared(source, archive._start, archive._turn))
            name = getattr(source, "name", None)
        try:
            self.reader = ArchiveReader(
                self._stream, limits=archive._limits, name=name if isinstance(name, str) else None
            )
        except BaseException:
            self._stream.close()
            raise
        self.at = 0

    def find(self, info: PltInfo) -> Body:
        """Go on to a member. Raises :class:`~pltpack.errors.FormatError` if it is not there any more."""
        for entry in self.reader:
            self.at = entry.offset + 1
            if isinstance(entry, File) and (entry.offset, entry.size) == (info.offset, info.size):
                return entry.body
        raise FormatError("the archive is not what it was", file=self.reader.name, entry=info.name)

    def close(self) -> None:
        self.reader.close()
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Shared(io.RawIOBase):
    """One of several readers of a stream, each with a position of its own."""

    def __init__(self, stream: BinaryIO, position: int, turn: threading.Lock) -> None:
        super().__init__()
        self._stream = stream
        self._position = position
        self._turn = turn

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        with self._turn:
            self._stream.seek(self._position)
            data = self._stream.read(size)
        self._position += len(data)
        return data


class _MemberStream(io.RawIOBase):
    """The data of a member; says when it is closed, so that the pass it belongs to can go on."""

    def __init__(self, body: Body, closed: Callable[[], None]) -> None:
        super().__init__()
        self._body = body
        self._on_close = closed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._body.read()

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._on_close()


def is_pltfile(source: StrPath | BinaryIO) -> bool:
    """Whether ``source`` begins like an archive; a stream stays where it stands. Raises ``OSError``."""
    if not isinstance(source, str | os.PathLike):
        start = source.tell()
        try:
            return _begins_well(source)
        finally:
            source.seek(start)
    with open(source, "rb") as stream:
        return _begins_well(stream)


def _begins_well(stream: BinaryIO) -> bool:
    try:
        ArchiveReader(stream).close()
    except FormatError:
        return False
    return True
