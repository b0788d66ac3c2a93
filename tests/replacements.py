"""What a file becomes after a program has found it, and before it is opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _link(path: Path) -> None:
    """To a file of the same size, which nobody wants to give away."""
    secret = path.parent.parent / "secret"
    secret.write_bytes(b"s" * path.stat().st_size)
    path.unlink()
    path.symlink_to(secret)


def _link_above(path: Path) -> None:
    other = path.parent.parent / "other"
    other.mkdir()
    (other / path.name).write_bytes(b"s" * path.stat().st_size)
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to("other")


REPLACEMENTS: dict[str, Callable[[Path], None]] = {
    "pipe": _pipe,
    "directory": _directory,
    "device": _device,
    "link": _link,
    "link above": _link_above,
}
