"""Files that ``raco setup`` has moved out of an installed package: found where they are now (``unmove-files``)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pltpack.errors import InstallationError
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.tree import Found, Links, file_entry, scan
from pltpack.racket.info.info import Info
from pltpack.racket.installation import Installation

MOVE_FIELDS: Final = {
    "move-foreign-libs": "user_lib_dir",
    "move-shared-files": "user_share_dir",
    "move-man-pages": "user_man_dir",
}
"""The fields that list moved files, and where these go."""

_ELF = b"\x7fELF"
_ORIGIN = b"$ORIGIN"


def moved_files(package: Path, infos: Mapping[str, Info], installation: Installation) -> Iterator[tuple[str, Entry]]:
    """The files that an ``info.rkt`` lists as moved, that are not in the package, and that are in the user's
    directories: each with the package's directory that lists it.

    ``infos`` holds the ``info.rkt`` of each directory that has one, by its path in the package. Raises
    :class:`~pltpack.errors.InfoError` for a field that is no list of paths.
    """
    for directory, info in infos.items():
        for field, attribute in MOVE_FIELDS.items():
            for path in info.paths(field):
                place = "/".join(filter(None, (directory, path)))
                if os.path.exists(package / place):
                    continue
                try:
                    source: Path = getattr(installation, attribute) / path
                except InstallationError:
                    return  # no version known, so no directories of the user either
                for entry in _entries(place, source):
                    yield directory, _own_rpath(entry, installation) if field == "move-foreign-libs" else entry


def _entries(place: str, source: Path) -> Iterator[Entry]:
    if source.is_file():
        found = Found(source, source.name, "file", source.stat(), None)
        yield file_entry(place, found)
    elif source.is_dir():
        for entry in scan(source, Links.FOLLOW):
            yield replace(entry, path=f"{place}/{entry.path}")


def _own_rpath(entry: Entry, installation: Installation) -> Entry:
    """A library with the search path that it had before it was installed: only its own directory.

    Installing appends the library directory of the installation to it; the longer text is cut off where it stands.
    """
    if entry.kind != "file" or installation.lib_dir is None or entry.content is None:
        return entry
    stream = entry.content.open()
    is_elf = stream.read(4) == _ELF
    stream.close()
    if not is_elf:
        return entry
    data = entry.read()
    installed = _ORIGIN + b":" + os.fsencode(installation.lib_dir)
    mended = data.replace(installed + b"\0", _ORIGIN.ljust(len(installed) + 1, b"\0"))
    return entry if mended == data else replace(entry, content=BytesContent(mended))
