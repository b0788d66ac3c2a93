"""Unpacking an installer without running it: a directory that is an installation of Racket, all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.datum.writer import write_datum
from pltpack.distribution.installer.look import Opened, open_installer
from pltpack.distribution.layout import name_objection
from pltpack.errors import EntryExistsError, FormatError, LimitError, PltError, UnsafePathError
from pltpack.formats.directory import DirectoryWriter
from pltpack.formats.entries import BytesContent, Entry, EntryWriter
from pltpack.formats.paths import link_objection
from pltpack.formats.tar import TarReader
from pltpack.racket.config import Config
from pltpack.racket.installation import Installation

_CONFIG: Final = "config.rktd"
_CONFIGS: Final = (f"etc/{_CONFIG}", f"etc/racket/{_CONFIG}")
_MOST_CONFIG: Final = 1 << 20
_UNIX_STYLE: Final = "share/racket/collects"


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``config.rktd`` shall say besides what the installer has there.

    ``catalogs`` are asked before the usual ones; ``name`` is that of the installation, by which users' packages are
    told apart.
    """

    catalogs: tuple[str, ...] = ()
    name: str | None = None


@dataclass(slots=True)
class Unpacked:
    """What was unpacked, or with ``dry_run`` would be: counts and bytes of what was in it, where ``config.rktd`` is,
    whether the installer had one, and the version of Racket there (``None``: it is no installation as it stands)."""

    into: Path
    files: int = 0
    directories: int = 0
    links: int = 0
    content_bytes: int = 0
    config: str = ""
    config_kept: bool = False
    version: str | None = None


def unpack_installer(
    path: str | os.PathLike[str],
    into: str | os.PathLike[str],
    *,
    settings: Settings = Settings(),
    limits: Limits = Limits(),
    dry_run: bool = False,
) -> Unpacked:
    """Unpack a ``.sh`` or ``.tgz`` installer into a new or empty directory, which is an installation then.

    The directory around everything in a ``tgz`` is left away. Members that lead out are refused, and links that do;
    permissions are kept but for those that let everybody write or run as somebody else. Nothing appears before all of
    it was read and the checksum in the head was found right. ``config.rktd`` is the installer's, with ``settings``; one
    that has none gets one, as an installer makes it for a directory of its own.

    Raises :class:`~pltpack.errors.FormatError` for damage, :class:`~pltpack.errors.UnsafePathError`,
    :class:`~pltpack.errors.LimitError`, :class:`~pltpack.errors.EntryExistsError` if something is there, ``OSError``.
    """
    unpacked = Unpacked(Path(into))
    with open_installer(path) as opened:
        if dry_run:
            _check_place(unpacked.into)
            _write(opened, _NoWriter(), unpacked, settings, limits)
        else:
            with DirectoryWriter(into) as writer:
                _write(opened, writer, unpacked, settings, limits)
    if not dry_run:
        unpacked.version = _version(unpacked.into)
    return unpacked


class _NoWriter(EntryWriter):
    """Takes entries and only reads what is in them."""

    def add(self, entry: Entry) -> None:
        if entry.content is not None:
            with_content = entry.content.open()
            while with_content.read(1 << 18):
                pass

    def close(self) -> None:
        pass


def _check_place(into: Path) -> None:
    if os.path.lexists(into) and (not into.is_dir() or into.is_symlink() or any(into.iterdir())):
        raise EntryExistsError("it is there already, and not an empty directory", file=os.fspath(into))


def _write(opened: Opened, writer: EntryWriter, unpacked: Unpacked, settings: Settings, limits: Limits) -> None:
    if opened.head is not None and not opened.payload.total:
        raise FormatError("there is no archive behind the head", hint="the installer is cut off: fetch it again")
    kept: Entry | None = None
    unix_style = False
    with TarReader(opened.payload.stream, limits=limits) as reader:
        entries = reader if opened.head is not None else _without_top(reader)
        for entry in entries:
            unix_style = unix_style or entry.path.startswith(_UNIX_STYLE)
            if entry.path in _CONFIGS and entry.kind == "file":
                kept = _held(entry)
                continue
            writer.add(entry)
            unpacked.files += entry.kind == "file"
            unpacked.directories += entry.kind == "directory"
            unpacked.links += entry.kind == "link"
            unpacked.content_bytes += entry.size
        if reader.ignored:
            raise FormatError(
                "it has hard links, which are not unpacked", entry=reader.ignored[0][0], hint="unpack it with tar"
            )
    opened.check_sum()
    unpacked.config_kept = kept is not None
    unpacked.config = kept.path if kept is not None else _CONFIGS[unix_style]
    text = config_text(None if kept is None else kept.read(), settings)
    # Without a time in the archive it has that of nothing else: the same installer gives the same directory.
    mode, mtime = (0o644, 0) if kept is None else (kept.mode, kept.mtime)
    writer.add(Entry(unpacked.config, "file", mode, mtime, len(text), BytesContent(text)))
    unpacked.files += 1
    unpacked.content_bytes += len(text)


def _held(entry: Entry) -> Entry:
    if entry.size > _MOST_CONFIG:
        raise LimitError(f"{_CONFIG} has more than {_MOST_CONFIG} bytes", entry=entry.path)
    return replace(entry, content=BytesContent(entry.read()))


def _without_top(reader: TarReader) -> Iterator[Entry]:
    """The entries without the one directory that is around all of them."""
    top: str | None = None
    for entry in reader:
        first, slash, rest = entry.path.partition("/")
        if top is None:
            top = first
        if first != top or (not slash and entry.kind != "directory"):
            raise FormatError(
                "a tgz installer has exactly one directory around everything",
                entry=entry.path,
                hint="unpack it with pltpack unpack or tar",
            )
        if not rest:
            continue
        if entry.kind == "link" and (reason := link_objection(rest, entry.target)):
            raise UnsafePathError(f"{entry.path!r} {reason}", paths=[(entry.path, reason)])
        yield replace(entry, path=rest)


def config_text(text: bytes | None, settings: Settings) -> bytes:
    """The text of ``config.rktd`` with some settings; as it was if there are none. Raises ``ConfigError``."""
    table = HashTable(()) if text is None else Config.parse(text).table
    if text is not None and settings == Settings():
        return text
    entries = {key: value for key, value in table if isinstance(key, Symbol)}
    for key, value in _settings(settings, entries):
        entries[Symbol(key)] = value
    lines = "".join(f"      ({write_datum(key)} . {write_datum(value)})\n" for key, value in entries.items())
    return f"#hash(\n{lines})\n".encode()


def _settings(settings: Settings, entries: dict[Symbol, Datum]) -> Iterator[tuple[str, Datum]]:
    if settings.catalogs:
        before = entries.get(Symbol("catalogs"))
        others = [item for item in before if item not in settings.catalogs] if isinstance(before, list) else [False]
        yield "catalogs", [*settings.catalogs, *others]
    if settings.name is not None:
        if name_objection(settings.name) is not None:
            raise UnsafePathError(f"{settings.name!r} cannot be the name of an installation")
        yield "installation-name", settings.name


def _version(into: Path) -> str | None:
    """The version of the installation in a directory, as far as it is one."""
    try:
        known = Installation.discover(racket=into, environ={"HOME": os.fspath(into)}).known_version
    except PltError:
        return None
    return None if known is None else known.value
