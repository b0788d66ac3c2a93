"""A folder of this machine that is asked as a server is: for what is copied from a disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pltpack.fetch.transport import BLOCK, Answer


class FolderTransport:
    """Answers requests for the files right in a folder, whose address is its ``file:`` URL; 404 for all else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str] = {}) -> Iterator[Answer]:  # noqa: ARG002
        """Ask for a file, see :class:`~pltpack.fetch.transport.Transport`."""
        name = unquote(urlsplit(url).path).rpartition("/")[2]
        yield _FileAnswer(self._folder / name, url)

    def close(self) -> None:
        """Nothing is open between requests."""


class _FileAnswer:
    def __init__(self, path: Path, url: str) -> None:
        self.status = 200 if path.is_file() else 404
        self.url = url
        self.headers: Mapping[str, str] = {}
        self._path = path

    def blocks(self) -> Iterator[bytes]:
        with self._path.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block
