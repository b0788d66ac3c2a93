"""Copies of what was fetched, under the names of the packages."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pltpack.errors import EntryExistsError, PackageError

if TYPE_CHECKING:
    from pltpack.fetch.fetched import Fetched


def copied(fetched: Fetched, directory: Path) -> Fetched:
    """A copy in a directory, which is made where it is missing; it appears whole.

    Raises :class:`~pltpack.errors.EntryExistsError` if something of another content is there.
    """
    if fetched.name is None:
        raise PackageError("no package name can be told from it", file=fetched.source)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = _suffix(fetched) if fetched.kind == "file" else ""
    target = directory / f"{fetched.name}{suffix}"
    place = Path(tempfile.mkdtemp(prefix=f".{fetched.name[:200]}.", suffix=".part", dir=directory))
    try:
        if fetched.kind == "file":
            shutil.copyfile(fetched.path, place / "copy")
            os.replace(place / "copy", target)
        else:
            if target.exists() or target.is_symlink():
                raise EntryExistsError(
                    "it is there already", paths=[(str(target), "is there already")], file=str(target)
                )
            shutil.copytree(fetched.path, place / "copy", symlinks=True)
            (place / "copy").rename(target)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return replace(fetched, path=target)


def _suffix(fetched: Fetched) -> str:
    """The suffix of an archive, by its name where it came from."""
    path = unquote(urlsplit(fetched.source).path) if "://" in fetched.source else fetched.source
    return ".tar.gz" if path.endswith(".tar.gz") else Path(path).suffix
