"""Kinds of files, each with a colour that is the same on every page."""

from __future__ import annotations

from typing import Final, NamedTuple


class FileKind(NamedTuple):
    """A kind of files: what it is called, its colour (light: dark text stands on it), and the suffixes."""

    name: str
    colour: str
    suffixes: tuple[str, ...]


KINDS: Final = (
    FileKind("programs", "#9dc6f0", ("rkt", "rktl", "ss", "scm", "sls", "sps", "scheme")),
    FileKind("Scribble", "#c9b2ec", ("scrbl",)),
    FileKind("texts", "#a8dcb5", ("txt", "md", "html", "htm", "tex", "pdf", "css", "js", "rst", "org")),
    FileKind(
        "pictures, sounds", "#f5c98a", ("png", "jpg", "jpeg", "gif", "svg", "bmp", "ico", "xbm", "xpm", "wav", "ogg")
    ),
    FileKind("data", "#eadf8c", ("rktd", "json", "xml", "csv", "dat", "sql", "sqlite", "yaml", "toml")),
    FileKind("compiled", "#f0a9a0", ("zo", "dep", "so", "dll", "dylib", "o", "class", "jar", "exe", "a")),
    FileKind("archives", "#d7b8a3", ("plt", "zip", "gz", "tgz", "tar", "bz2", "xz")),
    FileKind("C and others", "#9fd8d8", ("c", "h", "cpp", "cc", "hpp", "java", "py", "sh", "pl", "el", "hs")),
)
OTHERS: Final = FileKind("others", "#c4c8cc", ())

_BY_SUFFIX: Final = {suffix: kind for kind in KINDS for suffix in kind.suffixes}


def kind_of(name: str) -> FileKind:
    """The kind of a file by its suffix."""
    return _BY_SUFFIX.get(name.rpartition(".")[2].lower(), OTHERS)
