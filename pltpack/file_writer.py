"""The writer of archives for those who have files: data can be named by its path."""

from __future__ import annotations

import os
from typing import TypeAlias

from pltpack.codec.entries import PathList
from pltpack.codec.writer import ArchiveWriter, Data

FileData: TypeAlias = Data | str | os.PathLike[str]
"""The data of a file: what :data:`~pltpack.codec.writer.Data` is, or the path of a file that holds it."""


class FileArchiveWriter(ArchiveWriter):
    """An :class:`~pltpack.codec.writer.ArchiveWriter` that takes paths of files for data, too."""

    def add_file(self, path: PathList, body: FileData, size: int | None = None, *, replace: bool = False) -> None:
        """Add a file, as :meth:`ArchiveWriter.add_file <pltpack.codec.writer.ArchiveWriter.add_file>` does.

        ``body`` may be a path (``str`` or ``Path``): then the file is read. Raises ``OSError``, too.
        """
        if isinstance(body, str | os.PathLike):
            with open(body, "rb") as stream:
                super().add_file(path, stream, size, replace=replace)
        else:
            super().add_file(path, body, size, replace=replace)
