"""Sources on this disk, which are used where they are."""

from __future__ import annotations

import os
from pathlib import Path

from pltpack.errors import FetchError
from pltpack.fetch.download import mismatch
from pltpack.fetch.fetched import Fetched
from pltpack.pkg.checksum import check_checksum, digests
from pltpack.pkg.source import PackageSource


def local_file(source: PackageSource, wanted: str | None) -> Fetched:
    """An archive, checked. Raises ``ChecksumError``, ``PackageError``, ``OSError``."""
    assert source.path is not None
    path = Path(os.path.abspath(source.path))
    found = digests(path)
    if wanted is not None and wanted != found.sha1:
        raise mismatch(source.text, wanted, found.sha1)
    check_checksum(path, found.sha1)
    return Fetched(source.name, source.text, "file", path, "file", found.sha1, found.sha256, found.size, cached=True)


def local_directory(source: PackageSource) -> Fetched:
    """A directory, as it is. Raises ``FetchError``."""
    assert source.path is not None
    assert source.type is not None
    path = Path(os.path.abspath(source.path))
    if not path.is_dir():
        what = "it is a file that is no package by its name" if path.exists() else "there is no such directory"
        raise FetchError(what, file=str(path))
    return Fetched(source.name, source.text, source.type, path, "directory", None, None, 0, cached=True)
