"""Which files go into an archive, and as which kind of entry."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from pltpack.patterns import excluder

FileMode: TypeAlias = Literal["file", "file-replace"]
"""The tag of a file's entry: kept where it exists when it is unpacked, or replaced."""

FileFilter: TypeAlias = Callable[[str], bool | FileMode]
"""Called with the source path of each candidate: the argument with the names below it, ``./f`` for a bare file.

False leaves it out (a directory with all below it), ``"file"`` and ``"file-replace"`` fix the tag of its entry, true
takes the mode of the whole archive. Directories given as arguments are not asked for."""

_dropped: Final = re.compile(
    r"(?:\.(?:git.*|svn|cvsignore)|CVS|compiled|doc)\Z|.*~\Z|#.*#\Z|\.#|.*\.plt\Z", re.DOTALL
).match
"""What ``std-filter`` of Racket 8.7 drops, which is less than its manual says: ``docs`` and ``doc.txt`` stay."""


def std_filter(path: str) -> bool:
    """Racket's default filter: false for version control, backup and compiled files, ``doc`` and ``*.plt``.

    Only the last component counts. The source of the rule is ``std-filter`` of ``setup/pack``.

    >>> [std_filter(name) for name in ("a.rkt", "docs", "doc", "a.rkt~", ".gitignore", "a/compiled/")]
    [True, True, False, False, False, False]
    """
    return _dropped(path.rstrip("/").rpartition("/")[2]) is None


def include_compiled(path: str) -> bool:
    """The filter of ``raco pack --collect --include-compiled``: all names that end in ``compiled`` are taken too."""
    return path.endswith("compiled") or std_filter(path)


def excluding(patterns: Sequence[str], file_filter: FileFilter, *, directory: str = "") -> FileFilter:
    """A filter that leaves out, besides what ``file_filter`` does, what matches one of the patterns.

    The patterns are those of ``.gitignore`` (see :func:`pltpack.patterns.excluder`), relative to ``directory``, that of
    the walk (``""``: the current one).
    """
    excluded = excluder(patterns)
    root = os.fsencode(directory)

    def decide(path: str) -> bool | FileMode:
        relative = path.removeprefix("./")
        # Whether it is a directory only matters to patterns that end in a slash: ask the disk last.
        if excluded(relative) or (excluded(relative + "/") and os.path.isdir(os.path.join(root, path.encode()))):
            return False
        return file_filter(path)

    return decide
