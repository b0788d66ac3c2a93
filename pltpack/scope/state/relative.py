"""Paths as the package manager records them: relative to the scope, or whole.

A path is relative if it has its first directory below the root in common with where it starts; otherwise it is whole,
and then, being that of a directory, has a separator at its end (``pkg/private/path``, ``setup/link``).
"""

from __future__ import annotations

import os
from pathlib import PurePath

from pltpack.datum.values import Datum, Symbol

UP = Symbol("up")


def relative_elements(directory: PurePath, start: PurePath) -> tuple[str, ...] | None:
    """The steps from ``start`` to ``directory``, both absolute; ``None`` where the whole path is recorded.

    >>> from pathlib import PurePosixPath as P
    >>> relative_elements(P("/home/me/src/a"), P("/home/me/racket/pkgs"))
    ('..', '..', 'src', 'a')
    >>> relative_elements(P("/srv/a"), P("/home/me/racket/pkgs")) is None
    True
    """
    there, here = directory.parts, start.parts
    if there[:1] != here[:1] or len(there) < 2 or there[1:2] != here[1:2]:
        return None
    common = 0
    while common < min(len(there), len(here)) and there[common] == here[common]:
        common += 1
    return (*[".."] * (len(here) - common), *there[common:])


def recorded_path(directory: PurePath, packages: PurePath) -> str:
    """A linked directory as the table of packages names it.

    >>> from pathlib import PurePosixPath as P
    >>> recorded_path(P("/home/me/src/a"), P("/home/me/racket/pkgs")), recorded_path(P("/srv/a"), P("/home/p"))
    ('../../src/a', '/srv/a/')
    """
    elements = relative_elements(directory, packages)
    if elements is None:
        return os.path.join(directory, "")
    return os.sep.join(elements) or "."


def linked_path(directory: PurePath, start: PurePath, *, as_racket: bool = False) -> Datum:
    """A directory as a links file names it whose own directory is ``start``.

    Racket writes the parent of ``start`` as ``(up)``, which it cannot read back: then it ignores the whole file. Here
    such a path is whole, unless it has to be ``as_racket``.
    """
    elements = relative_elements(directory, start)
    if elements is None or ((not elements or elements == ("..",)) and not as_racket):
        return os.fsencode(os.path.join(directory, ""))
    return [UP if element == ".." else os.fsencode(element) for element in elements] or [Symbol("same")]
