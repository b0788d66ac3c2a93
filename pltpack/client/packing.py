"""What is pushed: an archive as it is, or a directory packed as one."""

from __future__ import annotations

import os

from pltpack.errors import PackageError
from pltpack.pkg.checksum import digests
from pltpack.pkg.create import create_package
from pltpack.pkg.names import is_package_name
from pltpack.pkg.source import parse_source


def name_of(source: str, name: str | None) -> str:
    """The name of the package at a path, if none is given. Raises :class:`~pltpack.errors.PackageError` if there is no
    telling."""
    if name is None:
        path, directory = os.path.abspath(source), os.path.isdir(source)
        name = parse_source(path, type="dir" if directory else "file", strict=False).name
    if name is None or not is_package_name(name):
        raise PackageError("no package can be called like this", file=source, hint="--name gives it a name")
    return name


def packed(source: str, name: str | None, folder: str) -> tuple[str, str, str]:
    """The name of the package at a path, an archive of it (in ``folder``, if it is a directory), and its SHA-256.

    Raises :class:`~pltpack.errors.PackageError` if no name can be told, what
    :func:`~pltpack.pkg.create.create_package` raises, and ``OSError``.
    """
    name = name_of(source, name)
    archive = str(create_package(source, name=name, dest=folder).path) if os.path.isdir(source) else source
    return name, archive, digests(archive).sha256
