"""Finding archives in directories, by what is in the files and not by their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from pltpack.arguments import check_several
from pltpack.errors import SourceError
from pltpack.formats.formats import FORMATS
from pltpack.formats.recognise import by_content
from pltpack.regular import regular_stream

StrPath: TypeAlias = str | os.PathLike[str]

_HEAD: Final = 4096
_INFO: Final = "info.rkt"
_SUFFIXES: Final = tuple(suffix for traits in FORMATS.values() for suffix in traits.suffixes)


def discover(paths: Iterable[StrPath], *, recursive: bool = False) -> Iterator[str]:
    """The archives that are meant by ``paths``, in their order, those of a directory by their names.

    What is no directory is taken as it is. A directory stands for all archives below it, however deep: files whose
    content is that of one, and files that are called like one, so that damaged ones are not passed over. A directory
    that has an ``info.rkt``, or no archive in it, is a package itself, and stands for itself; ``recursive``: none is.

    Links to directories are not followed, pipes and devices not opened. A directory that cannot be read raises
    ``OSError``.
    """
    check_several("paths", paths)
    for given in paths:
        path = os.fspath(given)
        if not os.path.isdir(path) or (not recursive and os.path.isfile(os.path.join(path, _INFO))):
            yield path
        else:
            empty = True
            for found in _below(path):
                empty = False
                yield found
            if empty and not recursive:
                yield path


def is_archive(path: StrPath) -> bool:
    """Whether a path is that of a file which is an archive by its content, or by its name. Raises ``OSError``."""
    try:
        status = os.stat(path)
    except OSError:
        return False  # a link that leads nowhere, or no path at all
    if not stat.S_ISREG(status.st_mode):
        return False
    if os.fspath(path).endswith(_SUFFIXES):
        return True
    try:
        with regular_stream(path) as stream:
            return by_content(stream.read(_HEAD)) is not None
    except SourceError:
        return False  # no file any more


def _below(top: str) -> Iterator[str]:
    """All archives below a directory: its files, and then what is in its directories, by their names."""
    pending = [top]
    while pending:
        directory = pending.pop()
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        yield from (entry.path for entry in found if is_archive(entry.path))
        pending += [entry.path for entry in reversed(found) if entry.is_dir(follow_symlinks=False)]
