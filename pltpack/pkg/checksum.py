"""The checksums of packages: SHA-1, which the package manager compares, and SHA-256."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from pltpack.dataclass import dataclass
from pltpack.errors import PackageError

SUFFIX = ".CHECKSUM"
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of a file as lower-case hexadecimal digits, and its size in bytes."""

    sha1: str
    sha256: str
    size: int


def digests(source: str | os.PathLike[str] | BinaryIO) -> Digests:
    """Read a file, or a stream from where it stands, to its end."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb", buffering=0) as stream:
            return digests(stream)
    sha1, sha256, size = hashlib.sha1(usedforsecurity=False), hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        sha1.update(block)
        sha256.update(block)
        size += len(block)
    return Digests(sha1.hexdigest(), sha256.hexdigest(), size)


def sha1_of(path: str | os.PathLike[str]) -> str:
    """The SHA-1 of a file alone, which is found in a third of the time. Raises ``OSError``."""
    with open(path, "rb", buffering=0) as stream:
        sha1 = hashlib.sha1(usedforsecurity=False)
        while block := stream.read(_BLOCK):
            sha1.update(block)
        return sha1.hexdigest()


def checksum_path(package: str | os.PathLike[str]) -> Path:
    """Where the checksum of a package file is kept: ``NAME.zip.CHECKSUM``."""
    return Path(os.fspath(package) + SUFFIX)


def check_checksum(package: str | os.PathLike[str], sha1: str) -> bool:
    """Compare with the ``CHECKSUM`` file beside a package; ``False`` if there is none.

    Its whole content must be the 40 digits, without a newline. Raises :class:`~pltpack.errors.PackageError` if not.
    """
    try:
        said = checksum_path(package).read_bytes()
    except FileNotFoundError:
        return False
    if said == sha1.encode():
        return True
    reason = f"CHECKSUM says {said[:60].decode('latin-1')!r}, the file has {sha1}"
    if said.strip().lower() == sha1.encode():
        reason = "CHECKSUM holds the right digits, but not exactly: lower case and no newline is asked for"
    raise PackageError(reason, file=os.fspath(package), hint="raco pkg install refuses it")
