"""A folder of archives of every format, one of them damaged, and of files that are none."""

from __future__ import annotations

import base64
from pathlib import Path

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.convert import convert


def write_archive(path: Path, name: str, files: dict[str, bytes], *, collections: tuple[str, ...] = ()) -> None:
    """A ``.plt`` archive with files below ``collects/NAME``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = Header(name, requires=((("mzlib",), (370, 1)),), collections=tuple((part,) for part in collections))
    with create_archive(path, header) as archive:
        archive.add_directory(("collects", name))
        for file, data in files.items():
            archive.add_file(("collects", name, *file.split("/")), data)


def fill(folder: Path) -> None:
    """``a.plt``, ``b/noname`` (an archive without a suffix), ``b/c.zip``, ``cut.plt`` (damaged), and other files."""
    write_archive(folder / "a.plt", "a", {"main.rkt": b"#lang racket/base\n(require mred)\n"}, collections=("a",))
    write_archive(folder / "b" / "noname", "b", {"main.rkt": b"#lang scheme\n", "note.txt": b"a note\n"})
    convert(folder / "a.plt", folder / "b" / "c.zip")
    whole = base64.decodebytes((folder / "a.plt").read_bytes())
    (folder / "cut.plt").write_bytes(base64.encodebytes(whole[:-4]))
    (folder / "readme.txt").write_text("no archive")
    (folder / "b" / "empty").mkdir()
