"""Shared by tests that unpack: archives written by hand, and pictures of a tree to compare."""

from __future__ import annotations

import base64
import gzip
import os
import stat
from pathlib import Path
from typing import TypeAlias

HEADER = (
    b"PLT\n(lambda (request failure) (case request ((name) \"test\") ((unpacker) 'mzscheme) ((requires) '())"
    b" ((conflicts) '()) ((plt-relative?) #f) ((plt-home-relative?) #f) ((test-plt-dirs) #f) (else (failure))))\n"
    b"(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))\n"
)

Picture: TypeAlias = dict[str, tuple[str, int, bytes]]
"""Path -> kind, permissions, and the data or the target of a link."""


def path_list(*elements: str | bytes) -> bytes:
    """A path list: strings as string literals, bytes as they are (``b"up"``, ``b"7"``)."""
    texts = [
        element
        if isinstance(element, bytes)
        else b'"' + element.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "surrogatepass") + b'"'
        for element in elements
    ]
    return b"(" + b" ".join(texts) + b")"


def folder(*elements: str | bytes) -> bytes:
    """A ``dir`` entry."""
    return b"dir\n" + path_list(*elements) + b"\n"


def file(*elements: str | bytes, data: bytes = b"new", replace: bool = False, size: object = None) -> bytes:
    """A ``file`` or ``file-replace`` entry; ``size`` may lie."""
    tag = b"file-replace" if replace else b"file"
    number = str(len(data) if size is None else size).encode()
    return tag + b"\n" + path_list(*elements) + b"\n" + number + b"\n*" + data


def archive(*entries: bytes) -> bytes:
    """A whole archive, encoded as Racket encodes it."""
    return encoded(HEADER + b"".join(entries))


def encoded(raw: bytes) -> bytes:
    """The base64 text of the gzip data of a raw stream."""
    text = base64.b64encode(gzip.compress(raw, mtime=0))
    return b"\n".join(text[start : start + 72] for start in range(0, len(text), 72)) + b"\n"


def picture(root: Path) -> Picture:
    """Everything below ``root``, links not followed. Names are decoded as Python decodes them."""
    found: Picture = {}
    for directory, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(directory, name)
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode)
            shown = str(path.relative_to(root))
            if stat.S_ISLNK(status.st_mode):
                found[shown] = ("link", mode, os.fsencode(path.readlink()))
            elif stat.S_ISDIR(status.st_mode):
                found[shown] = ("directory", mode, b"")
            elif stat.S_ISREG(status.st_mode):
                found[shown] = ("file", mode, path.read_bytes())
            else:
                found[shown] = ("special", mode, b"")
    return found


def files_in(root: Path) -> dict[str, bytes]:
    """The data of all regular files below ``root``."""
    return {path: data for path, (kind, _, data) in picture(root).items() if kind == "file"}


def write_tree(root: Path, files: dict[str, bytes]) -> None:
    """Make files, with the directories they need."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
