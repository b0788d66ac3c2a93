"""What of a package directory goes into a package, for each content mode and format."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pltpack.formats.entries import Entry, LeftOut
from pltpack.formats.tree import Links, scan
from pltpack.packer.filters import std_filter
from pltpack.pkg.package import ContentMode, ResultKind

if TYPE_CHECKING:
    from pltpack.pkg.strip.recompile import Recompiler
    from pltpack.racket.installation import Installation

_LINKS: Final = {"zip": Links.SHALLOW, "tgz": Links.KEEP, "plt": Links.FOLLOW, "MANIFEST": Links.FOLLOW}
_NOT_IN_PLT: Final = "plt packages hold no such names"


@dataclass(slots=True)
class Content:
    """The entries of a package, in packing order, what is not among them and why, and what should be known."""

    entries: list[Entry]
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@contextlib.contextmanager
def package_content(
    directory: Path,
    kind: ResultKind,
    mode: ContentMode,
    *,
    own_outputs: Collection[str] = (),
    installation: Installation | None = None,
    racket_version: str | None = None,
    recompile: bool | Recompiler = True,
) -> Iterator[Content]:
    """The content of the package in ``directory``; its data can be read inside the block.

    ``own_outputs`` are paths in the directory that the very same call writes. The other parameters are those of
    :func:`~pltpack.pkg.create.create_package`.
    """
    if mode == "as-is":
        yield _as_is(directory, kind, own_outputs)
        return
    from pltpack.pkg.strip.strip import stripped

    with stripped(directory, mode, version=racket_version, installation=installation, recompile=recompile) as package:
        entries = [entry for entry in package.entries if entry.path not in own_outputs]
        content = Content(entries, package.left_out, package.warnings)
        if kind == "plt":
            _filter(content)
        yield content


def _as_is(directory: Path, kind: ResultKind, own_outputs: Collection[str]) -> Content:
    left_out: list[LeftOut] = []

    def leave_out(path: str) -> bool:
        if path in own_outputs:
            return True
        if kind != "plt" or std_filter(path):
            return False
        left_out.append(LeftOut(path, _NOT_IN_PLT))
        return True

    entries = list(scan(directory, _LINKS[kind], leave_out=leave_out, dangling=kind == "MANIFEST"))
    content = Content(entries, left_out)
    if kind == "zip":
        for entry in entries:
            if entry.kind == "directory" and (directory / entry.path).is_symlink():
                left_out.append(LeftOut(f"{entry.path}/", "zip packages hold nothing of linked directories"))
                content.warnings.append(f"{entry.path} is a link to a directory, and empty in the package: use tgz")
    return content


def _filter(content: Content) -> None:
    """Leave out what ``pack-plt`` does, with all below it."""
    kept: list[Entry] = []
    dropped: set[str] = set()
    for entry in content.entries:
        if entry.path.rpartition("/")[0] in dropped:
            dropped.add(entry.path)
        elif std_filter(entry.path):
            kept.append(entry)
        else:
            dropped.add(entry.path)
            content.left_out.append(LeftOut(entry.path, _NOT_IN_PLT))
    content.entries = kept


def with_layer(directory: Path, name: str, kind: ResultKind, entries: list[Entry]) -> list[Entry]:
    """The entries below an additional directory ``name``, if all the package is is one directory.

    Installers take a single directory at the top for a wrapping, and drop it.
    """
    top = [entry for entry in entries if "/" not in entry.path]
    if kind not in ("zip", "tgz") or len(top) != 1:
        return entries
    if top[0].kind != "directory" and not (top[0].kind == "link" and os.path.isdir(directory / top[0].path)):
        return entries
    inside = [replace(entry, path=f"{name}/{entry.path}") for entry in entries]
    # As Racket writes it, zip has an entry for the additional directory, and tgz has none.
    return [replace(top[0], path=name, kind="directory", mode=0o755), *inside] if kind == "zip" else inside
