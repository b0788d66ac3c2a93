"""The staging area: a hidden folder in the destination for what is not yet in place, and for what that replaces."""

from __future__ import annotations

import contextlib
import json
import os
import unicodedata
from typing import Any, Final

from pltpack.errors import UnsafePathError
from pltpack.transaction.folders import CREATE_FILE, OPEN_DIRECTORY, Descriptors, Folder, close, remove_tree
from pltpack.transaction.lock import this_process
from pltpack.transaction.paths import SafePath
from pltpack.transaction.writing import write_whole

AREA_PREFIX: Final = ".pltpack-"
OWNER: Final = b"owner"
NEW: Final = b"new"
OLD: Final = b"old"

_PROBE: Final = "Probe-\u00e9"


def area_name() -> bytes:
    """What this user's area is called: one user's leftovers are not another's to clean up."""
    return f"{AREA_PREFIX}{os.geteuid()}".encode()


def refuse_reserved(path: SafePath) -> None:
    """Keep archives out of the names that areas have: what stands there is believed. Raises ``UnsafePathError``."""
    if path[-1][0] == "." and path[-1].casefold().startswith(AREA_PREFIX):
        shown, reason = "/".join(path), f"has a name that begins with {AREA_PREFIX}, which is kept for unpacking itself"
        raise UnsafePathError(f"{shown!r} {reason}", paths=[(shown, reason)])


class Area:
    """The place in one directory (``base``) where a transaction stages what goes to the same file system.

    It holds ``owner`` (who works here, in JSON), ``new`` and ``old`` with numbered files and trees, and while things
    are being moved into place, in the first area of a transaction, the journal.
    """

    def __init__(self, base: Folder, path: str, device: int, descriptors: Descriptors) -> None:
        self.base = base
        self.path = path
        """The absolute path of the base, for messages and for finding one area from another."""
        self.device = device
        self.made = False
        self.folder = Folder(base, area_name(), base, staged=True)
        self.new = Folder(self.folder, NEW, base, staged=True)
        self.old = Folder(self.folder, OLD, base, staged=True)
        self._descriptors = descriptors
        self._number = 0

    def make(self, **facts: Any) -> None:
        """Create the area; ``facts`` go to the owner file."""
        base = self._descriptors.of(self.base)
        os.mkdir(self.folder.name, 0o700, dir_fd=base)
        self.made = True
        descriptor = os.open(self.folder.name, OPEN_DIRECTORY, dir_fd=base)
        self._descriptors.pin(self.folder, descriptor)
        self.record(**facts)
        for part in (self.new, self.old):
            os.mkdir(part.name, 0o700, dir_fd=descriptor)
            self._descriptors.pin(part, os.open(part.name, OPEN_DIRECTORY, dir_fd=descriptor))
        self.base.folds = _folds(descriptor)

    def record(self, **facts: Any) -> None:
        """Write the owner file anew, whole at every moment."""
        write_whole(self.folder.descriptor, OWNER, json.dumps({**this_process(), **facts}).encode())

    def number(self) -> int:
        """A number that nothing in the area has yet."""
        self._number += 1
        return self._number

    def remove(self) -> None:
        """Remove the area with all that is left in it. Raises ``OSError``."""
        if self.made:
            remove_area(self._descriptors.of(self.base))
            self.made = False


def remove_area(base: int) -> None:
    """Remove this user's area in an open directory; who it belongs to is known as long as there is something in it."""
    name = area_name()
    try:
        area = os.open(name, OPEN_DIRECTORY, dir_fd=base)
    except FileNotFoundError:
        return
    try:
        for part in (NEW, OLD):
            with contextlib.suppress(NotADirectoryError):
                remove_tree(area, part)
    finally:
        close(area)
    remove_tree(base, name)


def _folds(directory: int) -> bool:
    """Try whether another spelling of a name leads to the same file."""
    os.close(os.open(_PROBE.encode(), CREATE_FILE, 0o600, dir_fd=directory))
    for spelling in (_PROBE.swapcase(), unicodedata.normalize("NFD", _PROBE)):
        try:
            os.stat(spelling.encode(), dir_fd=directory, follow_symlinks=False)
        except OSError:
            continue
        return True
    return False
