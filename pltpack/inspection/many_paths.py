"""Millions of paths in eight bytes each: enough to know that nothing is wrong with them together."""

from __future__ import annotations

from array import array
from typing import Final

from pltpack.formats.entries import Kind
from pltpack.transaction.portability import folded_path

_PARTS: Final = 256
"""In so many parts the paths are compared in the end, so that little is in memory at a time."""

_RECENT: Final = 4096
"""Directories that need not be put down once more."""


class ManyPaths:
    """Takes paths and keeps their hashes, of which strangers cannot tell what they will be.

    Says in the end whether they are :attr:`fine`. If they are not, and once in a blue moon though they are, somebody
    has to look at the paths themselves.
    """

    def __init__(self) -> None:
        self._files = _parts()
        self._directories = _parts()
        self._odd = _parts()
        """Of paths that a disk which folds names does not keep as they are."""
        self._folded = _parts()
        """Of what it makes of them."""
        self._recent: set[str] = set()

    def add(self, text: str, kind: Kind) -> None:
        """Take a path, ``/`` between its names. A directory may come again; so may what lies above, which counts as
        one."""
        self._put(text, self._directories if kind == "directory" else self._files)
        above = text.rpartition("/")[0]
        while above and above not in self._recent:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent.add(above)
            self._put(above, self._directories)
            above = above.rpartition("/")[0]

    def _put(self, text: str, parts: list[array[int]]) -> None:
        key = hash(text)
        parts[key % _PARTS].append(key)
        other = folded_path(text)
        if other != text:
            self._odd[key % _PARTS].append(key)
            key = hash(other)
            self._folded[key % _PARTS].append(key)

    @property
    def fine(self) -> bool:
        """Whether no file is there twice, nothing lies below a file, and no two paths are one on any disk."""
        odd = kept = 0
        for part in range(_PARTS):
            files, directories = set(self._files[part]), set(self._directories[part])
            folded_here = set(self._folded[part])
            if len(files) < len(self._files[part]) or not files.isdisjoint(directories):
                return False
            if not folded_here.isdisjoint(files) or not folded_here.isdisjoint(directories):
                return False
            odd += len(set(self._odd[part]))
            kept += len(folded_here)
        return odd == kept


def _parts() -> list[array[int]]:
    return [array("q") for _ in range(_PARTS)]
