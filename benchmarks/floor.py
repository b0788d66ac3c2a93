"""What no program in Python that does the work could go below: the parts that cannot be left out, each alone.

Runs as a script, a process for each part, with the interpreter that the measured programs have: ``floor.py PART FILE``.
"""

from __future__ import annotations

import os
import sys

# Nothing else is imported here, not even typing: it would be measured.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 1 << 20


def interpreter(_: str) -> None:
    """Nothing at all."""


def command_line(_: str) -> None:
    """The library that takes the command line apart."""
    import typer  # noqa: F401  that it is loaded is all


def deflate(stream: str, *, fast: bool = False) -> None:
    """A raw stream deflated on all cores, and what comes out thrown away."""
    from pltpack.codec.compression import Compression, GzipEncoder

    encoder = GzipEncoder(Compression.FAST if fast else Compression.DEFAULT)
    with open(stream, "rb") as source:
        while block := source.read(_BLOCK):
            for _ in encoder.encode(block):
                pass
    for _ in encoder.finish():
        pass


def deflate_fast(stream: str) -> None:
    """The same as for ``--fast``."""
    deflate(stream, fast=True)


def inflate(archive: str) -> None:
    """An archive taken out of base64 and gzip, with its checksum, and the raw stream thrown away."""
    import pybase64
    from isal import isal_zlib

    job = isal_zlib.decompressobj(31)
    with open(archive, "rb") as source:
        while text := source.read(73 * 8192):
            isal_zlib.crc32(job.decompress(pybase64.b64decode(text)))


def files(sizes: str) -> None:
    """Files of given sizes, created, written and closed, with their directories; ``sizes`` is a JSON file."""
    import json

    with open(sizes, encoding="utf-8") as source:
        tree: dict[str, dict[str, int]] = json.load(source)
    data = bytes(max(size for names in tree.values() for size in names.values()))
    for directory, names in tree.items():
        os.mkdir(directory)
        at = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        for name, size in names.items():
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=at)
            os.write(descriptor, memoryview(data)[:size])
            os.close(descriptor)
        os.close(at)


PARTS: dict[str, tuple[str, Callable[[str], None]]] = {
    "interpreter": ("the interpreter starts", interpreter),
    "command-line": ("and typer is loaded", command_line),
    "deflate": ("deflate at the default level, all cores", deflate),
    "deflate-fast": ("deflate for --fast, all cores", deflate_fast),
    "inflate": ("base64, inflate and checksum", inflate),
    "files": ("create, write and close every file", files),
}
"""What each part is, in words, and what it does with the file it is given."""


if __name__ == "__main__":
    PARTS[sys.argv[1]][1](sys.argv[2])
