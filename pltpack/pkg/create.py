"""Making packages from directories and installed packages: ``raco pkg create``, reproducibly."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from pltpack.errors import CallError, InfoError, LimitError, PackageError, SourceError
from pltpack.formats.entries import Entry, packing_order
from pltpack.formats.formats import Format, entry_writer
from pltpack.pkg.checksum import Digests, checksum_path, digests
from pltpack.pkg.content import Content, package_content, with_layer
from pltpack.pkg.metadata import Metadata, read_metadata
from pltpack.pkg.objections import info_objections, link_objections, size_objections
from pltpack.pkg.package import ContentMode, Package, PackageFormat, ResultKind, Times
from pltpack.pkg.publish import aside_path, publish
from pltpack.pkg.shipping import shipping_warnings
from pltpack.transaction.file import replacing

if TYPE_CHECKING:
    from pltpack.input import Progress
    from pltpack.pkg.strip.recompile import Recompiler
    from pltpack.racket.info.info import Info
    from pltpack.racket.installation import Installation
    from pltpack.racket.packages import Scope

MANIFEST: Final = "MANIFEST"
_INFO: Final = "info.rkt"
_LONGEST_INFO: Final = 1 << 20
_EARLIEST: Final = 315532800
"""1980-01-01, the first time that a zip entry can have."""
_LATEST: Final = 4354819199
"""The end of 2107, the last one."""


def create_package(
    source: str | os.PathLike[str],
    *,
    format: PackageFormat = "zip",
    mode: ContentMode = "as-is",
    name: str | None = None,
    dest: str | os.PathLike[str] | BinaryIO | None = None,
    manifest: bool = False,
    from_install: bool = False,
    scope: Scope | None = None,
    installation: Installation | None = None,
    racket_version: str | None = None,
    recompile: bool | Recompiler = True,
    times: Times = "fixed",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Package:
    """Make a package of the directory ``source``, or with ``from_install`` of the installed package of that name.

    The result is ``NAME.FORMAT`` with ``NAME.FORMAT.CHECKSUM`` in ``dest``, which must exist; by default beside the
    directory (``mode="as-is"``) or in the current directory (the other modes). ``manifest`` writes ``MANIFEST``
    instead: into ``dest``, by default into the directory itself or the current one. Output appears when it is whole.
    ``dest`` may be a binary stream, of which nothing but ``write`` is asked; no checksum is written then.

    The bytes depend on nothing but the content and its permissions: all entries have the same time, that of
    ``SOURCE_DATE_EPOCH`` or else the first that zip can hold. ``times``: they have that of the newest file in the
    package instead (``newest``), or each its own (``keep``). ``installation`` is where installed packages are
    looked for (in all scopes, or in ``scope``), and whose Racket compiles for the binary modes; ``racket_version`` and
    ``recompile`` are the ``version`` and ``recompile`` of :func:`~pltpack.pkg.strip.strip.stripped`. ``dry_run`` finds
    out all of the result and writes nothing. ``progress`` is called with the bytes packed so far and in all.

    Raises :class:`~pltpack.errors.PackageError`, :class:`~pltpack.errors.SourceError` for what cannot be packed,
    :class:`~pltpack.errors.CallError` for a name that no file can have,
    :class:`~pltpack.errors.InfoError` in the content modes, and ``OSError``; an old package stays then.
    """
    if dest is not None and not isinstance(dest, str | os.PathLike):
        make = partial(
            create_package,
            source,
            format=format,
            mode=mode,
            name=name,
            manifest=manifest,
            from_install=from_install,
            scope=scope,
            installation=installation,
            racket_version=racket_version,
            recompile=recompile,
            dry_run=dry_run,
            progress=progress,
        )
        return _to_stream(make, dest)
    kind: ResultKind = "MANIFEST" if manifest else format
    if from_install:
        name, directory = _installed(os.fspath(source), name, installation, scope)
    else:
        name, directory = _named_directory(source, name)
    if "/" in name or name in ("", ".", ".."):
        raise CallError(f"{name!r} cannot be the name of a file", hint="--name gives the package a name")
    place = _place(directory, kind, mode, dest)
    path = place / (MANIFEST if manifest else f"{name}.{format}")
    with package_content(
        directory,
        kind,
        mode,
        own_outputs=() if manifest else _paths_inside(directory, path),
        installation=installation,
        racket_version=racket_version,
        recompile=recompile,
    ) as content:
        metadata, problems = _metadata(name, directory, mode, content)
        _check(directory, kind, metadata, content)
        time = _time(content.entries, times)
        entries = [
            replace(entry, mtime=_within_zip(entry.mtime if time is None else time))
            for entry in with_layer(directory, name, kind, content.entries)
        ]
        if manifest:
            own = place.samefile(directory) and not any(entry.path == MANIFEST for entry in entries)
            entries = _listed(entries, with_itself=own)
            found = _write_manifest(path, entries, dry_run)
        else:
            found = _write_archive(path, name, format, entries, dry_run, progress)
    built = mode not in ("as-is", "source") and kind != MANIFEST
    return Package(
        path=path,
        name=name,
        version=metadata.version,
        format=kind,
        mode=mode,
        entries=tuple(entries),
        left_out=tuple(content.left_out),
        warnings=(*content.warnings, *shipping_warnings(entries, built=built)),
        problems=(*problems, *_objections(entries, kind, content)),
        digests=found,
        time=time,
        dry_run=dry_run,
    )


def _to_stream(make: Callable[..., Package], sink: BinaryIO) -> Package:
    """Make a package in a folder of ours first: an error must not leave half of it in the stream."""
    with tempfile.TemporaryDirectory(prefix="pltpack-") as folder:
        package = make(dest=folder)
        if not package.dry_run:
            with package.path.open("rb") as stream:
                shutil.copyfileobj(stream, sink)
    return replace(package, path=Path(package.path.name))


# Where from, and where to


def _named_directory(source: str | os.PathLike[str], name: str | None) -> tuple[str, Path]:
    if not os.fspath(source):
        raise SourceError("the name of the directory is empty")
    directory = Path(source)
    if not directory.is_dir():
        reason = "it is no directory" if os.path.lexists(directory) else "there is no such directory"
        raise SourceError(reason, file=str(directory))
    if directory.name in ("", ".."):
        # "." and ".." are not names, what they stand for has one.
        directory = directory.resolve()
    return directory.name if name is None else name, directory


def _installed(
    package: str, name: str | None, installation: Installation | None, scope: Scope | None
) -> tuple[str, Path]:
    from pltpack.racket.installation import Installation
    from pltpack.racket.packages import installed_packages

    found = installed_packages(installation or Installation.discover(), scope).get(package)
    if found is None:
        where = f" in the scope {scope}" if scope is not None else ""
        raise PackageError(f"the package {package} is not installed{where}", hint="raco pkg show tells which are")
    if not found.directory.is_dir():
        raise PackageError(f"the directory of the installed package {package} is gone", file=str(found.directory))
    return package if name is None else name, found.directory


def _place(directory: Path, kind: ResultKind, mode: ContentMode, dest: str | os.PathLike[str] | None) -> Path:
    """The directory of the result."""
    if dest is not None:
        if not Path(dest).is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such directory to write to", os.fspath(dest))
        return Path(dest)
    if mode != "as-is":
        return Path()
    return directory if kind == MANIFEST else directory.parent


def _paths_inside(directory: Path, path: Path) -> frozenset[str]:
    """What is written to publish ``path``, as far as that is inside ``directory``."""
    root = os.path.realpath(directory)
    real = Path(os.path.realpath(path.parent), path.name)
    outputs = (real, checksum_path(real), aside_path(real))
    return frozenset(os.path.relpath(output, root) for output in outputs if output.is_relative_to(root))


# What it says of itself


def _metadata(name: str, directory: Path, mode: ContentMode, content: Content) -> tuple[Metadata, tuple[str, ...]]:
    """What the package says of itself, and what an installer would object to."""
    try:
        info = _info(directory, mode, content)
    except (InfoError, PackageError) as error:
        metadata = read_metadata(name, None)
        return metadata, (f"info.rkt cannot be used: {error}", *metadata.problems)
    if info is None:
        content.warnings.append(f"there is no info.rkt: the package is the collection {name} and depends on nothing")
    metadata = read_metadata(name, info)
    return metadata, metadata.problems


def _objections(entries: Sequence[Entry], kind: ResultKind, content: Content) -> Iterator[str]:
    """What an installer refuses in the content."""
    if kind == "tgz":
        yield from link_objections({entry.path: entry for entry in entries})
    if kind in ("zip", "tgz"):
        yield from size_objections(entries, kind)
    yield from info_objections(_infos(content))


def _infos(content: Content) -> dict[str, Info]:
    """The info files of all directories that can be used."""
    from pltpack.racket.info.info import parse_info

    found: dict[str, Info] = {}
    for entry in content.entries:
        if entry.kind == "file" and entry.path.rpartition("/")[2] == _INFO and entry.size <= _LONGEST_INFO:
            with contextlib.suppress(InfoError, LimitError):
                found[entry.path.removesuffix(_INFO).rstrip("/")] = parse_info(entry.read(), file=entry.path)
    return found


def _info(directory: Path, mode: ContentMode, content: Content) -> Info | None:
    from pltpack.racket.info.info import load_info, parse_info

    if mode == "as-is":
        return load_info(directory)
    entries = {entry.path: entry for entry in content.entries if entry.path in ("info.rkt", "info.ss")}
    entry = entries.get("info.rkt") or entries.get("info.ss")
    return None if entry is None else parse_info(entry.read(), file=entry.path)


def _check(directory: Path, kind: ResultKind, metadata: Metadata, content: Content) -> None:
    """Refuse what Racket refuses."""
    if kind == "plt" and metadata.collection is not None:
        raise PackageError(
            "a single-collection package cannot be a plt archive",
            file=str(directory),
            hint="only with (define collection 'multi) in info.rkt; use zip or tgz",
        )
    if kind == "tgz" and not content.entries:
        raise PackageError("the package is empty, which tgz packages cannot be", file=str(directory))


def _time(entries: Sequence[Entry], times: Times) -> int | None:
    """The time of all entries, in seconds since 1970; ``None``: each has its own."""
    if times == "keep":
        return None
    if times == "newest":
        return _within_zip(max((entry.mtime for entry in entries if entry.kind == "file"), default=_EARLIEST))
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said and (not said.isascii() or not said.isdigit() or len(said) > 18):
        raise CallError(f"SOURCE_DATE_EPOCH is {said!r}, not a number of seconds since 1970")
    return _within_zip(int(said or _EARLIEST))


def _within_zip(seconds: int) -> int:
    """A time brought into the years that zip can hold, for all formats alike."""
    return min(max(seconds, _EARLIEST), _LATEST)


# Writing


def _listed(entries: Sequence[Entry], *, with_itself: bool) -> list[Entry]:
    """The entries of a MANIFEST: files only, and the MANIFEST itself where it is in the package."""
    files = [entry for entry in entries if entry.kind == "file"]
    if with_itself:
        files.append(Entry(MANIFEST, "file", 0o644, _EARLIEST))
        files.sort(key=lambda entry: packing_order(entry.path))
    return files


def _write_manifest(path: Path, entries: Sequence[Entry], dry_run: bool) -> Digests:
    data = b"".join(os.fsencode(entry.path) + b"\n" for entry in entries)
    if not dry_run:
        with replacing(path) as stream:
            stream.write(data)
    return digests(io.BytesIO(data))


def _write_archive(
    path: Path, name: str, format: Format, entries: Sequence[Entry], dry_run: bool, progress: Progress | None
) -> Digests:
    collections = tuple(entry.path for entry in entries if entry.kind == "directory" and "/" not in entry.path)

    def write(sink: BinaryIO) -> None:
        with entry_writer(sink, format, name=name, collections=collections) as writer:
            done = 0
            for entry in entries:
                writer.add(entry)
                done += entry.size
                if progress is not None:
                    progress(done, total)

    total = sum(entry.size for entry in entries)
    if not dry_run:
        return publish(path, write)
    import tempfile

    with tempfile.TemporaryFile() as scratch:
        sink = cast(BinaryIO, scratch)
        write(sink)
        sink.seek(0)
        return digests(sink)
