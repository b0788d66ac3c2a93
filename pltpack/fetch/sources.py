"""Sources that can be fetched: those of Racket, and a few that it takes for paths."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from pltpack.errors import PackageError, UnsafePathError
from pltpack.fetch.transport import shown
from pltpack.pkg.source import PackageSource, SourceType, parse_source

LOCAL_TYPES: Final = ("file", "dir", "link", "static-link")
GIT_TYPES: Final = ("git", "git-url", "github", "clone")
_SHA1: Final = re.compile(r"[0-9a-f]{40}")
_MORE_GIT: Final = re.compile(r"(?:git\+)?ssh://|git\+file://")


def parse_fetchable(source: str, type: SourceType | None, name: str | None) -> PackageSource:
    """A source as Racket takes it; and ``ssh://`` and ``git+file://``, which it would take for paths, as repositories;
    and ``file://`` with a slash at its end, which it does not take, although its catalogs write it."""
    if type is None and _MORE_GIT.match(source):
        type = "git"
    text = source.rstrip("/") if type is None and source.startswith("file://") else source
    parsed = parse_source(text, type=type, name=name, strict=False)
    if parsed.type is None or (parsed.problem is not None and not (name is None and parsed.name is None)):
        raise PackageError(f"package source {shown(source)!r}: {parsed.problem}")
    if parsed.type in GIT_TYPES and parsed.repository is None:
        # For want of a name only.
        parsed = parse_source(text, type=type, name=name or "unnamed", strict=False)
        if parsed.repository is None:
            raise PackageError(f"package source {shown(source)!r}: {parsed.problem}")
    return replace(parsed, text=source) if text == source else parsed


def checked_sha1(source: PackageSource, wanted: str) -> str:
    """A checksum that is wanted of an archive, if it can be one. Raises :class:`~pltpack.errors.PackageError`."""
    if not _SHA1.fullmatch(wanted):
        hint = "it must be the SHA-1 of the archive, 40 digits in lower case, or raco pkg refuses the package"
        raise PackageError(f"its checksum is {wanted!r}, which is none", file=shown(source.text), hint=hint)
    return wanted


def is_remote(catalog: str | None) -> bool:
    """Whether a catalog is one of another host."""
    return catalog is not None and catalog.startswith(("http://", "https://"))


def check_not_local(source: PackageSource) -> None:
    """Raise :class:`~pltpack.errors.UnsafePathError` for a source on this host: a catalog of another one names it."""
    if source.type in LOCAL_TYPES:
        reason = "a catalog of another host names a file of this one"
        raise UnsafePathError(
            f"{source.text!r} is not used: {reason}", paths=[(source.text, reason)], hint="--allow-local allows it"
        )
