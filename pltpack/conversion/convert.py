"""Converting packages between all formats, with a report of what the target does not hold."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypedDict, Unpack, cast

from pltpack.codec.entries import File
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.writer import ArchiveWriter
from pltpack.conversion.conversion import Conversion
from pltpack.conversion.plan import Plan
from pltpack.errors import BlockedError, PackageError
from pltpack.formats.formats import FORMATS, Format, format_of
from pltpack.given import seekable
from pltpack.input import Progress, StrPath
from pltpack.pkg.checksum import checksum_path
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.view import PackageReader, View
from pltpack.transaction.file import replacing


def convert(
    source: StrPath | BinaryIO,
    dest: StrPath | BinaryIO,
    *,
    source_format: Format | None = None,
    format: Format | None = None,
    name: str | None = None,
    view: View = "package",
    checksum: bool = False,
    dry_run: bool = False,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Conversion:
    """Write the package that ``source`` holds as an archive or directory ``dest`` of another format.

    ``source`` may be a binary stream; one that cannot seek is read into a temporary file. Formats are those of content
    and of ``dest``'s name (a name without a suffix is a directory) unless they are given. ``name`` is the package's in
    a ``.plt`` header (default: from ``dest``, unless that is a pipe). ``dest`` may be a binary stream, of which nothing
    but ``write`` is asked: then ``format`` must be given, the default name is that of the source, and nothing is
    written before all of it is known to be well. ``view="package"`` converts what ``raco pkg install`` would see, so
    that it installs the result like the source: content of ``collects`` moves up, an ``info.rkt`` is added where Racket
    would add one. ``view="stored"`` leaves every path as it is. From ``.plt`` to ``.plt`` nothing but the encoding
    changes.

    ``dest`` appears when it is whole; an archive that is there is replaced, a directory must be empty. With
    ``checksum``, or if there is a ``.CHECKSUM`` file beside it already, that is written, too. ``dry_run`` finds out
    the losses and writes nothing.

    Raises :class:`~pltpack.errors.PackageError` for what the target can in no way hold,
    :class:`~pltpack.errors.BlockedError` for a ``dest`` inside the directory that is converted, what
    :attr:`~pltpack.pkg.view.PackageReader.survey` raises, and ``OSError``; an old ``dest`` stays then.
    """
    if not isinstance(dest, str | os.PathLike):
        return _to_stream(
            source,
            dest,
            source_format=source_format,
            format=format,
            name=name,
            view=view,
            dry_run=dry_run,
            limits=limits,
            progress=progress,
        )
    _check_outside(source, dest)
    target = format or target_format(dest)
    if checksum and target == "dir":
        raise ValueError("a directory has no checksum")
    with seekable("source", source, most=limits.total_bytes) as found:
        package = PackageReader(found, format=source_format, view=view, limits=limits, progress=progress)
        # A pipe or a device has no name that could be that of a package.
        known = package_name(dest, target) if not _is_special(dest) else _name_of(source)
        conversion = Conversion(package.format, target, view, name or known)
        if view == "package":
            conversion.problems += read_metadata(known, None).problems
        if package.format == target == "plt":
            recoding = _Recoding(package, conversion, limits)
            write = recoding.write
        else:
            write = Plan(package, conversion, limits).write
        if not dry_run:
            _publish(Path(dest), target, write, checksum=checksum)
    return conversion


def _to_stream(
    source: StrPath | BinaryIO, sink: BinaryIO, *, format: Format | None, name: str | None, **options: Unpack[_Options]
) -> Conversion:
    """Convert into a file of ours first: an error must not leave half an archive in the stream."""
    if format is None:
        raise ValueError("the format of a stream must be given")
    if format == "dir":
        raise PackageError("a directory cannot be written to a stream", hint="plt, zip, tgz and tar can")
    if name is None:
        name = _name_of(source)
    with tempfile.TemporaryDirectory(prefix="pltpack-") as folder:
        # In a folder of this name whatever depends on the name of a file is as it should be.
        whole = Path(folder, f"{name.replace('/', '_')}{FORMATS[format].suffixes[0]}")
        conversion = convert(source, whole, format=format, name=name, **options)
        if not options["dry_run"]:
            with whole.open("rb") as stream:
                shutil.copyfileobj(stream, sink)
    return conversion


def _name_of(source: StrPath | BinaryIO) -> str:
    """The name of a package by that of what it is read from."""
    known = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    base = os.path.basename(os.path.abspath(known)) if isinstance(known, str | os.PathLike) else ""
    suffixes = (suffix for traits in FORMATS.values() for suffix in traits.suffixes if base.endswith(suffix))
    return base.removesuffix(next(suffixes, "")) or "package"


def _is_special(path: StrPath) -> bool:
    """Whether a path leads to something open, or to what is neither a file nor a directory."""
    if os.path.abspath(path).startswith(("/dev/", "/proc/")):
        return True
    return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))


class _Options(TypedDict):
    source_format: Format | None
    view: View
    dry_run: bool
    limits: Limits
    progress: Progress | None


def target_format(dest: StrPath) -> Format:
    """The format by the name of a target; without a suffix it is a directory. Raises ``PackageError``."""
    text = os.fspath(dest)
    if text.endswith(("/", os.sep)) or "." not in os.path.basename(text):
        return "dir"
    return format_of(dest)


def package_name(dest: StrPath, format: Format) -> str:
    """The name of a package by the name of its file or directory."""
    base = os.path.basename(os.path.abspath(dest))
    suffix = next((suffix for suffix in FORMATS[format].suffixes if base.endswith(suffix)), "")
    return base.removesuffix(suffix)


def _check_outside(source: StrPath | BinaryIO, dest: StrPath) -> None:
    if isinstance(source, str | os.PathLike) and os.path.isdir(source):
        parent = os.path.realpath(os.path.dirname(os.path.abspath(dest)))
        if Path(parent).is_relative_to(os.path.realpath(source)):
            raise BlockedError(
                f"{os.fspath(dest)} lies in {os.fspath(source)} and would become a part of what it is made of",
                hint="name a destination outside of it",
            )


def _publish(dest: Path, format: Format, write: Callable[[BinaryIO | Path], None], *, checksum: bool) -> None:
    """Have ``write`` make an archive or a directory at ``dest``, which appears when it is whole.

    The ``.CHECKSUM`` file beside an archive is written if it is asked for, or there already.
    """
    if format == "dir":
        write(dest)
    elif checksum or checksum_path(dest).exists():
        from pltpack.pkg.publish import publish

        publish(dest, write)
    else:
        with replacing(dest) as stream:
            if format != "zip" or stream.seekable():
                write(stream)
                return
            # A zip archive is finished at its beginning, to which a pipe does not go back.
            with tempfile.TemporaryFile() as whole:
                write(cast("BinaryIO", whole))
                whole.seek(0)
                shutil.copyfileobj(whole, stream)


class _Recoding:
    """From ``.plt`` to ``.plt``: the same entries under the same header, spelled and encoded as Racket does."""

    def __init__(self, package: PackageReader, conversion: Conversion, limits: Limits) -> None:
        self._package = package
        self._limits = limits
        with self._opened() as archive:
            for entry in archive:
                conversion.files += isinstance(entry, File)
                conversion.directories += not isinstance(entry, File)
                conversion.content_bytes += entry.size if isinstance(entry, File) else 0

    def write(self, sink: BinaryIO | Path) -> None:
        """Write the archive anew."""
        assert not isinstance(sink, Path)
        with self._opened() as archive, ArchiveWriter(sink, archive.preamble) as writer:
            for entry in archive:
                if isinstance(entry, File):
                    writer.add_file(entry.path, entry.body.chunks(), entry.size, replace=entry.replace)
                else:
                    writer.add_directory(entry.path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[ArchiveReader]:
        with (
            self._package.stream() as stream,
            ArchiveReader(stream, limits=self._limits, name=self._package.name) as archive,
        ):
            yield archive
