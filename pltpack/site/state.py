"""What a site knows of each package beyond its archive: one JSON file a package, written whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from pltpack.errors import FormatError
from pltpack.site.facts import Facts
from pltpack.site.layout import PACKAGES, archive_path

VERSION: Final = 1
_MOST: Final = 16 << 20


class Release(msgspec.Struct, frozen=True):
    """An archive that was there before: its SHA-1 and SHA-256, the package's version in it, and when it came (seconds
    since 1970)."""

    sha1: str
    sha256: str
    version: str
    time: int


class Input(msgspec.Struct, frozen=True):
    """What the archive was made from, and how it looked then: an unchanged input is not read again.

    ``stamp`` names the sizes and times (ns) of the file, or of all files of a directory; ``way`` says what was done
    with it.
    """

    path: str
    stamp: str
    way: str = ""


class Yank(msgspec.Struct, frozen=True):
    """Why a package should not be used any more, and since when (seconds since 1970)."""

    reason: str
    time: int


class PackageState(msgspec.Struct, frozen=True, kw_only=True):
    """A package of a site.

    ``facts`` are those of its archive. ``source`` and ``checksum`` are there for a package that is not kept here:
    where it is, and what its checksum is. ``removed`` is when it was removed (the record stays, as a tombstone: without
    it every client that has the package could update nothing any more). ``error`` says why it could not be had when it
    was last looked for; what was known before stays. ``versions``: what holds for clients of one version alone, tables
    as Racket writes them. Times are seconds since 1970.
    """

    name: str
    added: int
    updated: int
    checked: int
    facts: Facts
    source: str | None = None
    checksum: str | None = None
    input: Input | None = None
    removed: int | None = None
    yanked: Yank | None = None
    history: tuple[Release, ...] = ()
    error: str | None = None
    versions: dict[str, str] = {}
    format: int = VERSION

    @property
    def archive(self) -> str | None:
        """Where in the site its archive is."""
        return None if self.source is not None else archive_path(self.facts.sha1, self.facts.file)

    def encode(self) -> bytes:
        """The content of its file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


_DECODER: Final = msgspec.json.Decoder(PackageState)


def read_states(site: Path) -> dict[str, PackageState]:
    """All packages of a site, by name. Raises :class:`~pltpack.errors.FormatError` for a damaged file."""
    return {state.name: state for state in _states(site / PACKAGES)}


def _states(folder: Path) -> Iterator[PackageState]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".json"))
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb", buffering=0) as stream:
            text = stream.read(_MOST)
        try:
            state = _DECODER.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise FormatError(
                f"this is no description of a package: {error}",
                file=path,
                hint="restore it, or remove it and add the package again",
            ) from None
        if f"{state.name}.json" != name or state.format != VERSION:
            raise FormatError("it describes another package, or in a way this version does not know", file=path)
        yield state
