"""Which format a file has, by what is in it; its name decides only where the content does not say."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO, Final

from pltpack.errors import PackageError
from pltpack.formats.formats import Format, format_of
from pltpack.formats.tar_header import BLOCK, has_checksum

_ZIP: Final = (b"PK\3\4", b"PK\5\6")
_GZIP: Final = b"\x1f\x8b"
_PLT: Final = (b"PLT", b"H4sI")
"""A raw stream, and gzip data in base64."""
_TAR_MAGIC: Final = slice(257, 262)
_HEAD: Final = 4096


def recognise(source: str | os.PathLike[str] | BinaryIO) -> Format:
    """The format of a file, a directory or a seekable stream, which is left where it stood.

    Tells apart the two things that gzip data can be. What looks like nothing known has the format of its name, and
    without a known suffix counts as ``plt``, whose reader then says what is wrong. Raises ``OSError``.
    """
    if isinstance(source, str | os.PathLike):
        if os.path.isdir(source):
            return "dir"
        with open(source, "rb") as stream:
            return by_content(stream.read(_HEAD)) or _by_name(source)
    start = source.tell()
    head = source.read(_HEAD)
    source.seek(start)
    return by_content(head) or "plt"


def by_content(head: bytes) -> Format | None:
    """The format that the first bytes of a file (some hundred are enough) tell; ``None`` if they do not."""
    if head.startswith(_ZIP):
        return "zip"
    if _is_tar(head):
        return "tar"
    if head.lstrip().startswith(_PLT):
        return "plt"
    if not head.startswith(_GZIP):
        return None
    try:
        inside = zlib.decompressobj(31).decompress(head, _HEAD)
    except zlib.error:
        return None
    if inside.startswith(b"PLT"):
        return "plt"
    return "tgz" if _is_tar(inside) else None


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC] == b"ustar" or has_checksum(head[:BLOCK])


def _by_name(path: str | os.PathLike[str]) -> Format:
    try:
        return format_of(path)
    except PackageError:
        return "plt"
