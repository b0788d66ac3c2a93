"""``origin/collects.tgz``: the collections that a build began with."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.distribution.change import changing
from pltpack.distribution.layout import ORIGIN
from pltpack.errors import FormatError, SourceError
from pltpack.formats.entries import Entry
from pltpack.formats.tar import TarReader
from pltpack.formats.tar_writer import TarWriter
from pltpack.formats.tree import Links, scan
from pltpack.site.write import Written

_TOP: Final = "collects"


def put_origin(site: str | os.PathLike[str], source: str | os.PathLike[str], *, dry_run: bool = False) -> Written:
    """Have ``origin/collects.tgz``: a copy of an archive, or made from a directory of collections.

    Names that begin with a dot are left out, and times count as they are. Raises
    :class:`~pltpack.errors.SourceError` for what is neither, :class:`~pltpack.errors.FormatError` for an archive
    without ``collects``, :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    path, given = Path(site), Path(source)
    if given.is_file():
        check_origin(given)
    elif not (given / "racket").is_dir():
        raise SourceError(
            "neither an archive nor a directory of collections", file=os.fspath(given), hint="it has racket/ in it"
        )
    with changing(path, dry_run=dry_run) as change:
        if given.is_file():
            change.take(ORIGIN, given)
        elif (place := change.make(ORIGIN)) is not None:
            with place.open("wb") as stream, TarWriter(stream, gzip=True) as writer:
                writer.add(Entry(_TOP, "directory", 0o755, 0))
                for entry in scan(given, Links.KEEP, leave_out=_is_hidden):
                    writer.add(replace(entry, path=f"{_TOP}/{entry.path}"))
        change.commit()
        return change.written


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def check_origin(archive: Path, *, limits: Limits = Limits()) -> None:
    """Read an archive of collections to its end. Raises :class:`~pltpack.errors.FormatError` for one that is none."""
    with archive.open("rb") as stream, TarReader(stream, limits=limits, name=os.fspath(archive)) as reader:
        others = [entry.path for entry in reader if entry.path.partition("/")[0] != _TOP]
        if others:
            raise FormatError(f"everything in it is to be in {_TOP}/", file=os.fspath(archive), entry=others[0])
