"""The fields of a ``.plt`` header in words, for reports that compare headers."""

from __future__ import annotations

from collections.abc import Iterator

from pltpack.codec.header import CollectionPath, Header, Version
from pltpack.datum.writer import write_datum


def header_fields(header: Header) -> Iterator[tuple[str, str]]:
    """Each field, under its name in the info procedure, and what it says; ``nothing`` for an empty list."""
    yield "name", repr(header.name)
    yield "requires", ", ".join(requirement(path, version) for path, version in header.requires) or "nothing"
    yield "conflicts", ", ".join(map("/".join, header.conflicts)) or "nothing"
    yield "collections", ", ".join(map("/".join, header.collections)) or "nothing"
    yield "plt-relative?", "yes" if header.plt_relative else "no"
    yield "plt-home-relative?", "yes" if header.plt_home_relative else "no"
    dirs = header.test_plt_dirs
    yield "test-plt-dirs", "nothing" if dirs is None else ", ".join(dirs) or "an empty list"


def requirement(path: CollectionPath, version: Version) -> str:
    """A required collection, with the version it must have if there is one.

    >>> requirement(("mzlib", "private"), (370, 1))
    'mzlib/private 370.1'
    """
    return "/".join(path) + (f" {'.'.join(map(write_datum, version))}" if version else "")
