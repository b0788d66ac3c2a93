"""An archive that is to be placed: opened, unless it is open already, and its reading watched."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pltpack.archive import Source, open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader

if TYPE_CHECKING:
    from pltpack.input import Progress


@contextlib.contextmanager
def opened(
    archive: Source | ArchiveReader, limits: Limits, progress: Progress | None = None
) -> Iterator[ArchiveReader]:
    """The reader of an archive; one that was given is left open, and whoever opened it watches it.

    ``progress`` is called with the bytes that have been read and with those of the file. Raises as
    :func:`~pltpack.archive.open_archive` does.
    """
    if isinstance(archive, ArchiveReader):
        yield archive
        return
    with contextlib.ExitStack() as stack:
        if progress is not None:
            from pltpack.input import watched

            if isinstance(archive, os.PathLike):
                archive = os.fspath(archive)  # errors tell it
            archive = stack.enter_context(watched(archive, progress=progress, digests=False))
        yield stack.enter_context(open_archive(archive, limits=limits))
