"""Racket's ``simplify-path``."""

from __future__ import annotations

from pathlib import Path


def simplify(path: Path) -> Path:
    """Racket's ``simplify-path``: ``..`` taken out, with the link followed that stands before it."""
    if ".." not in path.parts:
        return path
    simple = type(path)(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        if part != "..":
            simple /= part
            continue
        for _ in range(40):  # as many links as Linux follows
            if not (isinstance(simple, Path) and simple.is_symlink()):
                break
            simple = simplify(simple.parent / simple.readlink())
        simple = simple.parent
    return simple
