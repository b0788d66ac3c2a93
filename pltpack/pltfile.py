"""Archives by the habits of ``zipfile`` and ``tarfile``: names, members, data by name, and a safe ``extractall``.

:class:`~pltpack.codec.reader.ArchiveReader` goes through an archive once, in constant memory; a ``.plt`` has no
directory that would let it jump. :class:`PltFile` is for those who want to ask in any order: it reads the archive once
to learn what is in it (and whether it is whole), and reads it again up to a member when the data of that member is
asked for. Members asked for in the order of the archive cost one more pass together.

With the mode ``"w"`` or ``"x"`` it writes a new archive, with ``"a"`` it changes one that is there; what comes of it
appears when the block ends well, and not at all otherwise.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self, cast

from pltpack.codec.compression import Compression
from pltpack.codec.entries import display_path
from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, MemberError
from pltpack.given import seekable_from
from pltpack.pltinfo import PltInfo, Unsafe, asked_members, named_members, plain_name
from pltpack.pltpass import OpenedBody, Pass
from pltpack.pltstream import IN_MEMORY, MemberStream
from pltpack.pltwriting import Changing, NewArchive, Writing, data_of
from pltpack.suggestions import did_you_mean
from pltpack.unpacker.unpack import Extraction, extract

StrPath = str | os.PathLike[str]


class PltFile:
    """An archive whose members can be asked for by name, in any order.

    ``source`` is a path or a seekable binary stream, which stays open, and which nobody else may move meanwhile. To be
    closed, or used in a ``with`` block. Threads may share it; a stream that it opens belongs to one thread at a time.
    """

    def __init__(
        self,
        source: StrPath | BinaryIO,
        mode: Literal["r", "w", "a", "x"] = "r",
        *,
        limits: Limits = Limits(),
        unsafe: Unsafe = "refuse",
        header: Header | Preamble | None = None,
        encode: bool = True,
        compression: Compression | None = None,
    ) -> None:
        """Read the header; the rest when it is first needed.

        ``mode``: ``"r"`` reads; ``"w"`` writes a new archive, under ``header`` (the default has the name of the file),
        to a path or to any binary stream; ``"x"`` does so unless there is something; ``"a"`` changes the archive at a
        path, or writes a new one if there is none. ``encode`` and ``compression`` are those of
        :func:`~pltpack.archive.create_archive`.

        ``unsafe``: what becomes of names that lead elsewhere than below a directory (``..``, absolute ones, odd
        ones), since names are used as paths: with ``"refuse"`` the first question for members raises
        :class:`~pltpack.errors.UnsafePathError`, with ``"sanitize"`` the unsafe parts are dropped, and with ``"show"``
        they are as they are, for those who only show them.

        Raises ``OSError``, :class:`~pltpack.errors.FormatError` and :class:`~pltpack.errors.LimitError`, and
        ``ValueError`` for a stream that cannot seek (read that with :func:`~pltpack.archive.open_archive`), and for a
        stream that is to be changed.
        """
        if mode not in ("r", "w", "a", "x"):
            raise ValueError(f"mode {mode!r} is none of 'r', 'w', 'a', 'x'")
        is_path = isinstance(source, str | os.PathLike)
        if mode == "a" and not is_path:
            raise ValueError("an archive in a stream cannot be changed; pltpack.edit writes a new one")
        self.mode = mode
        self._closed = False
        self._writing: Writing | None = None
        self._new = mode in ("w", "x") or (mode == "a" and not os.path.lexists(cast("StrPath", source)))
        if self._new:
            self.name = os.fspath(source) if is_path else None  # type: ignore[arg-type]  # a path, then
            made = header or Header(Path(self.name or "archive").name.removesuffix(".plt"))
            self.preamble = made if isinstance(made, Preamble) else made.preamble()
            self._writing = NewArchive(source, made, compression=compression, encode=encode, exclusive=mode == "x")
            return
        if header is not None:
            raise ValueError("the header of an archive that is there is set by pltpack.edit")
        self._source = source
        self._start = 0 if isinstance(source, str | os.PathLike) else seekable_from("source", source)
        self._limits = limits
        self._unsafe = unsafe
        self._turn = threading.Lock()
        """Held while the source is moved and read, which all passes over a stream share."""
        self._change = threading.RLock()
        """Held while the spare pass is taken or put back, and while the members are learnt."""
        self._spare: Pass | None = self._pass()
        self.name = self._spare.reader.name
        self.preamble = self._spare.reader.preamble
        if mode == "a":
            self._writing = Changing(cast("StrPath", source), limits, compression=compression, encode=encode)

    @property
    def header(self) -> Header:
        """What the header says. Raises :class:`~pltpack.errors.HeaderError` if it has no known shape."""
        return self.preamble.header()

    @property
    def _members(self) -> list[PltInfo]:
        if self._new:
            raise io.UnsupportedOperation("the archive is being written: nothing can be asked of it")
        with self._change:  # those who come later wait for the first one, instead of reading all of it as well
            learnt = self._learnt
            return self._writing.seen(learnt)[0] if isinstance(self._writing, Changing) else learnt

    @cached_property
    def _learnt(self) -> list[PltInfo]:
        used = self._take_pass(0)
        try:
            return named_members(used.reader, self._unsafe, self._limits)
        finally:
            used.close()

    def _index(self) -> tuple[dict[str, PltInfo], dict[str, PltInfo]]:
        """The members by name, as it stands and plain; of two of one name the later one, as when both are unpacked
        with ``force``."""
        members = self._members
        if self._indexed is None or self._indexed[0] is not members:
            by_name = {member.name: member for member in members}
            self._indexed = members, (by_name, {plain_name(member.name): member for member in members})
        return self._indexed[1]

    _indexed: tuple[list[PltInfo], tuple[dict[str, PltInfo], dict[str, PltInfo]]] | None = None

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
        by_name, by_plain_name = self._index()
        member = by_name.get(name) or by_plain_name.get(plain_name(name))
        if member is None:
            hint = did_you_mean(name, by_name)
            raise MemberError(f"there is no member {name!r}", file=self.name, hint=hint)
        return member

    getinfo = getmember

    def __contains__(self, name: object) -> bool:
        by_name, by_plain_name = self._index()
        return isinstance(name, str) and (name in by_name or plain_name(name) in by_plain_name)

    def __iter__(self) -> Iterator[PltInfo]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    # Data

    def open(self, member: str | PltInfo) -> BinaryIO:
        """The data of a file as a binary stream that can seek; several may be open at once.

        A small one is read into memory. A large one comes from the archive as long as it is read forwards, and from a
        temporary file from the first step backwards on. Raises :class:`~pltpack.errors.MemberError`,
        ``IsADirectoryError`` and what reading raises.
        """
        info = member if isinstance(member, PltInfo) else self.getmember(member)
        if info.directory:
            raise IsADirectoryError(21, "is a directory in the archive", info.name)
        if isinstance(self._writing, Changing):
            content = self._writing.seen(self._learnt)[1].get(info.name)
            if content is not None:
                return data_of(content)
        if info.size > IN_MEMORY:
            stream = MemberStream(lambda: self._body(info), info.size)
            return cast("BinaryIO", io.BufferedReader(stream, 1 << 16))
        opened = self._body(info)
        try:
            return io.BytesIO(opened.body.read())
        finally:
            opened.release()

    def _body(self, info: PltInfo) -> OpenedBody:
        used = self._take_pass(info.offset)
        try:
            return OpenedBody(used.find(info), lambda: self._put_back(used))
        except BaseException:
            used.close()
            raise

    def testzip(self) -> str | None:
        """Read everything; the name of the first member that is damaged, or of the archive where it is none of them.

        ``None``: it is whole (as ``zipfile``).
        """
        with self._pass() as used:
            last = self.name or "archive"
            try:
                for entry in used.reader:
                    last = display_path(entry.path)
            except FormatError as error:
                return error.entry or last
        return None

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
        those that are directories; one that is not there is a ``MemberError``. ``force`` replaces existing files.
        """
        chosen = members if members is None or callable(members) else asked_members(members, self._members, self.name)
        with self._pass() as used:
            return extract(used.reader, path, members=chosen, force=force, limits=self._limits)

    def extract(self, member: str | PltInfo, path: StrPath = ".", *, force: bool = False) -> Path:
        """Unpack one member, a directory with all below it; returns where it is now."""
        info = member if isinstance(member, PltInfo) else self.getmember(member)
        self.extractall(path, [info], force=force)
        return Path(path, info.name)

    # Writing

    def write(self, filename: StrPath, arcname: str | None = None, *, replace: bool | None = None) -> None:
        """Put a file of the disk, as it is now, into the archive; of a directory only itself (as ``zipfile``).

        ``arcname`` is its name there (default: the path, without a root). ``replace``: unpacking replaces files that
        are there. In an archive that is changed it takes the place of a member of that name. Raises
        :class:`~pltpack.errors.UnsafePathError` for a name that leads elsewhere,
        :class:`~pltpack.errors.EntryExistsError` for one that is something else already, ``OSError``.
        """
        name = os.fspath(filename).lstrip("/") if arcname is None else arcname
        if os.path.isdir(filename):
            self.mkdir(name)
        else:
            self._writer().add(name, filename, replacing=replace)

    def writestr(self, member: str | PltInfo, data: str | bytes, *, replace: bool | None = None) -> None:
        """Put data into the archive, text as UTF-8; all else as :meth:`write` does."""
        name = member if isinstance(member, str) else member.name
        tag = member.replace if replace is None and isinstance(member, PltInfo) else replace
        self._writer().add(name, data.encode() if isinstance(data, str) else bytes(data), replacing=tag)

    def mkdir(self, member: str | PltInfo) -> None:
        """Put a directory into the archive; one that is there stays."""
        self._writer().make_directory(member if isinstance(member, str) else member.name)

    def remove(self, member: str | PltInfo) -> None:
        """Leave a file, or a directory with all below it, out of an archive that is changed (mode ``"a"``).

        Raises :class:`~pltpack.errors.MemberError`, ``io.UnsupportedOperation`` for a new archive.
        """
        self._changing().remove(self.getmember(member).name if isinstance(member, str) else member.name)

    def rename(self, member: str | PltInfo, name: str) -> None:
        """Give a file, or a directory with all below it, another name; raises as :meth:`remove` and :meth:`write`."""
        self._changing().rename(self.getmember(member).name if isinstance(member, str) else member.name, name)

    def _writer(self) -> Writing:
        if self._closed:
            raise ValueError("the archive is closed")
        if self._writing is None:
            raise io.UnsupportedOperation("the archive is only read: open it with mode 'a', 'w' or 'x'")
        return self._writing

    def _changing(self) -> Changing:
        writing = self._writer()
        if not isinstance(writing, Changing):
            raise io.UnsupportedOperation("what has been written to a new archive stays in it")
        return writing

    # Passes over the archive

    def _pass(self) -> Pass:
        return Pass(self._source, self._start, self._turn, self._limits)

    def _take_pass(self, offset: int) -> Pass:
        """A pass that has not gone beyond an offset of the raw stream: the spare one if that will do."""
        with self._change:
            if self._closed:
                raise ValueError("the archive is closed")
            spare, self._spare = self._spare, None
        if spare is not None and spare.at <= offset:
            return spare
        if spare is not None:
            spare.close()
        return self._pass()

    def _put_back(self, used: Pass) -> None:
        with self._change:
            if self._spare is None and not self._closed:
                self._spare = used
                return
        used.close()

    def close(self) -> None:
        """Let go of the archive, and have what was written appear; once is enough.

        Streams of members that are still open can be read to their ends. Raises, where something was written, as
        :func:`pltpack.edit` does, and ``OSError``; what is there stays then.
        """
        self._let_go(finish=True)

    def _let_go(self, *, finish: bool) -> None:
        closed, self._closed = self._closed, True
        if not self._new:
            with self._change:
                spare, self._spare = self._spare, None
            if spare is not None:
                spare.close()
        if self._writing is not None and not closed:
            if finish:
                self._writing.finish()
            else:
                self._writing.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go(finish=kind is None)
