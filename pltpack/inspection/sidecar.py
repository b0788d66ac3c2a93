"""The ``.CHECKSUM`` file beside a package, which Racket compares before it installs."""

from __future__ import annotations

import os
from dataclasses import dataclass

SUFFIX = ".CHECKSUM"
_LENGTH = 40
_MOST = 4096


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A ``.CHECKSUM`` file: its path, what it says, and why ``raco pkg install`` refuses it (``None``: it does not)."""

    path: str
    text: str
    problem: str | None


def read_sidecar(archive: str | os.PathLike[str], sha1: str) -> Sidecar | None:
    """The file beside an archive with the SHA-1 ``sha1``; ``None`` if there is none.

    Racket wants exactly the forty lower-case digits; even a line feed behind them makes it refuse the package.
    """
    path = os.fspath(archive) + SUFFIX
    try:
        with open(path, "rb") as stream:
            text = stream.read(_MOST).decode("utf-8", "backslashreplace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Sidecar(path, text, _problem(text, sha1))


def _problem(text: str, sha1: str) -> str | None:
    if text == sha1:
        return None
    if text.strip().lower() == sha1:
        return "says the right checksum, but not in forty lower-case digits and nothing else, as Racket wants it"
    if len(text.strip()) != _LENGTH:
        return "does not hold a SHA-1 checksum"
    return f"says {text.strip()}, but the archive has {sha1}"
