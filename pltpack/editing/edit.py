"""Changing an archive: a new one is written in one pass over the old one, and what nobody changes stays as it is."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, cast

from pltpack.archive import Sink, Source, create_archive, open_archive
from pltpack.codec.compression import Compression
from pltpack.codec.entries import SAME, Directory, File, PathList
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.writer import ArchiveWriter, Data, format_file, format_header
from pltpack.conversion.header_fields import header_fields
from pltpack.editing.changes import Change, SetField, plain_name
from pltpack.editing.content import BodyStream, filtered, opened, same_data
from pltpack.editing.edited import Edited
from pltpack.editing.header import edited as edited_header
from pltpack.editing.places import Places
from pltpack.editing.steps import Fate, Steps
from pltpack.editing.tap import Tap
from pltpack.errors import PltError
from pltpack.input import Progress, watched
from pltpack.pkg.checksum import checksum_path

_SPACE: Final = b" \t\r\n\f\v"
_CLOSED: Final = (*(b")", b"]", b"}", b'"'), *(_SPACE[at : at + 1] for at in range(len(_SPACE))))
"""What ends a datum by itself, whatever follows."""


def edit(
    source: Source,
    changes: Sequence[Change],
    dest: Sink | None = None,
    *,
    encode: bool = True,
    compression: Compression | None = None,
    jobs: int | None = None,
    dry_run: bool = False,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Edited:
    """Write an archive with ``changes``, which are applied in their order, and say what they came to.

    ``source`` is a path or a binary stream, which is read once; ``dest`` a path, where the new archive appears when it
    is whole (a ``.CHECKSUM`` file beside it is renewed), or a binary stream; ``None`` stands for the path that is read.
    Everything that no change has to do with stays, byte for byte: the header, whatever its shape, entries in their
    order, their spelling and data. New files come behind all others, behind an entry for the directory they lie in if
    there is none.

    ``encode=False`` writes the raw stream; ``compression`` and ``jobs`` are those of
    :class:`~pltpack.codec.writer.ArchiveWriter`. ``dry_run`` writes nothing.

    Raises :class:`~pltpack.errors.MemberError` for a change that finds nothing to do,
    :class:`~pltpack.errors.EntryExistsError` for two things at one path,
    :class:`~pltpack.errors.UnsafePathError` for a new path that leads elsewhere,
    :class:`~pltpack.errors.HeaderError` for a field of a header that has no known shape, what reading raises, and
    ``OSError``; an old file at ``dest`` stays then.
    """
    if dest is None:
        if not isinstance(source, str | os.PathLike):
            raise ValueError("a stream cannot be edited in place: dest is needed")
        dest = source
    made = Edited()
    steps = Steps(changes)  # unsafe paths are refused before anything is read
    fields = [change for change in changes if isinstance(change, SetField)]

    def write(sink: BinaryIO | Path) -> None:
        tap = Tap()
        with contextlib.ExitStack() as stack:
            stream = source
            if progress is not None:
                stream = stack.enter_context(watched(source, progress=progress, digests=False))
            archive = stack.enter_context(open_archive(stream, limits=limits, digest=tap))
            try:
                header = _header(archive, fields, tap, made)
                writer = stack.enter_context(
                    create_archive(sink, header, encode=encode and not dry_run, compression=compression, jobs=jobs)
                )
                _Editing(archive, tap, steps, made, writer, header).run()
            except PltError as error:
                raise error.within(file=archive.name) from error.__cause__
        made.raw_bytes = writer.raw_bytes

    if dry_run:
        write(cast("BinaryIO", _Nowhere()))
    elif not isinstance(dest, str | os.PathLike):
        write(dest)
    elif checksum_path(dest).exists():
        from pltpack.pkg.publish import publish

        publish(Path(dest), write)
    else:
        write(Path(dest))
    return made


def _header(archive: ArchiveReader, fields: Sequence[SetField], tap: Tap, made: Edited) -> bytes:
    """The header of the new archive: the very bytes of the old one unless fields are set."""
    text = tap.take(archive.offset)
    if not fields:
        return text
    old = archive.preamble
    new = edited_header(old, fields)
    before = dict(header_fields(old.header()))
    made.header = [(name, before[name], value) for name, value in header_fields(new.header()) if before[name] != value]
    return format_header(new) if made.header else text


class _Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        return len(cast("bytes", data))


class _Editing:
    """One pass. ``header`` is what is written of it already."""

    def __init__(
        self, archive: ArchiveReader, tap: Tap, steps: Steps, made: Edited, writer: ArchiveWriter, header: bytes
    ) -> None:
        self._archive = archive
        self._tap = tap
        self._steps = steps
        self._made = made
        self._writer = writer
        self._header = header
        self._line_open = False
        targets = frozenset(steps.targets())
        self._places = Places(targets) if targets else None

    def run(self) -> None:
        archive, tap = self._archive, self._tap
        first = True
        for entry in archive:
            gap = tap.take(entry.offset)
            head = tap.take(archive.offset)
            size = entry.size if isinstance(entry, File) else 0
            tap.skip(size)
            if first:
                # What stands between header and entries belongs to the header.
                space = len(head) - len(head.lstrip(_SPACE))
                self._begin(gap + head[:space])
                gap, head, first = b"", head[space:], False
            self._entry(entry, self._end_line(gap), head)
        rest = self._end_line(tap.take(tap.end))
        if first:
            self._begin(rest)
            rest = b""
        for fate in self._steps.added():
            if not fate.removed:
                self._new(fate)
        self._steps.check()
        if rest:
            self._writer.add_spelled(rest)

    def _end_line(self, gap: bytes) -> bytes:
        """The line feed behind a directory that was kept is its own, whatever becomes of the entry behind it."""
        if self._line_open and gap.startswith(b"\n"):
            self._writer.add_spelled(b"\n")
            gap = gap[1:]
        self._line_open = False
        return gap

    def _begin(self, gap: bytes) -> None:
        if not gap and not self._header.endswith(_CLOSED):
            gap = b"\n"
        if not self._made.header:  # one that is new ends as it should
            self._writer.add_spelled(gap)

    # One entry

    def _entry(self, entry: Directory | File, gap: bytes, head: bytes) -> None:
        name = plain_name(entry.path)
        directory = isinstance(entry, Directory)
        fate = self._steps.apply(name, directory=directory)
        if fate.removed:
            self._made.removed.append(name)
            return
        path = entry.path
        if fate.renamed:
            self._made.renamed.append((name, fate.path))
            path = _renamed(entry.path, fate.path)
        self._look(fate)
        if isinstance(entry, Directory):
            self._made.directories += 1
            if fate.renamed:
                self._writer.add_directory(path)
            else:
                self._keep(gap + head, entry.path)
                self._line_open = not head.endswith(b"\n")
            return
        replace = entry.replace if fate.replace is None else fate.replace
        if fate.content is not None:
            self._made.replaced.append(fate.path)
            with opened(fate.content) as stream:
                self._write(fate, path, stream, replace=replace)
        elif fate.filters:
            self._filter(fate, entry, path, gap + head)
        elif fate.renamed:
            self._file(path, entry.body.chunks(), entry.size, replace=replace)
        else:
            self._made.files += 1
            self._made.content_bytes += entry.size
            self._keep(gap + head, entry.path, entry.body.chunks(), entry.size)

    def _keep(self, text: bytes, path: PathList, body: Data = b"", size: int = 0) -> None:
        self._made.kept += 1
        self._writer.add_spelled(text, body, size, path=path)

    def _filter(self, fate: Fate, entry: File, path: PathList, text: bytes) -> None:
        source = BodyStream(entry.body)
        with filtered(fate.path, cast("BinaryIO", io.BufferedReader(source)), fate.filters) as stream:
            if same_data(stream, source.rest()):
                size = entry.size
                if fate.renamed:
                    self._file(path, stream, size, replace=entry.replace)
                else:
                    self._made.files += 1
                    self._made.content_bytes += size
                    self._keep(text, path, stream, size)
            else:
                self._made.filtered.append(fate.path)
                self._file(path, stream, _size(stream), replace=entry.replace)

    def _write(self, fate: Fate, path: PathList, source: BinaryIO, *, replace: bool) -> None:
        with filtered(fate.path, source, fate.filters) as stream:
            self._file(path, stream, _size(stream), replace=replace)

    def _file(self, path: PathList, body: Data, size: int, *, replace: bool) -> None:
        self._made.files += 1
        self._made.content_bytes += size
        self._writer.add_spelled(format_file(path, size, replace=replace), body, size, path=path)

    def _new(self, fate: Fate) -> None:
        """What no entry of the archive was there for."""
        path = tuple(fate.path.split("/"))
        if fate.directory and self._places is not None and self._places.written(fate.path):
            return
        self._look(fate)
        self._made.added.append(fate.path)
        if fate.directory:
            self._made.directories += 1
            self._writer.add_directory(path)
        else:
            assert fate.content is not None
            with opened(fate.content) as stream:
                self._write(fate, path, stream, replace=bool(fate.replace))

    def _look(self, fate: Fate) -> None:
        """See that nothing else is at the path, and that the directory that it lies in is there before it."""
        if self._places is None:
            return
        changed = not fate.untouched and (fate.renamed or fate.new)
        if fate.directory:
            self._places.directory(fate.path, changed=changed)
            return
        self._places.file(fate.path, changed=changed)
        if changed and (parent := self._places.parent_missing(fate.path)):
            self._places.directory(parent, changed=False)
            self._made.directories += 1
            self._writer.add_directory(tuple(parent.split("/")))


def _renamed(old: PathList, new: str) -> PathList:
    """The path list for a new path; one that began with ``same`` still does."""
    names = tuple(new.split("/"))
    return (SAME, *names) if old[:1] == (SAME,) else names


def _size(stream: BinaryIO) -> int:
    start = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(start)
    return max(0, end - start)
