"""What a server should say of the files of a site: their types, and how long they may be kept."""

from __future__ import annotations

import mimetypes
from typing import Final

_FOREVER: Final = "public, max-age=31536000, immutable"


def cache_control(path: str) -> str:
    """How long a file may be kept without asking: an archive, whose address is its content, for ever."""
    if path.startswith("pkgs/"):
        return _FOREVER
    return "no-cache" if path.startswith(("catalog/", "snapshots/current")) else "public, max-age=300"


def content_type(path: str) -> str:
    """The type of a file; catalog files are Racket data, archives bytes."""
    if "catalog/" in path:
        return "text/s-expr; charset=utf-8"
    if path.startswith("pkgs/"):
        return "application/octet-stream"
    if path.endswith(".xml"):
        return "application/atom+xml"
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
