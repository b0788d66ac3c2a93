"""Files that are named to be written: what may be replaced there without being asked twice."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pltpack.errors import EntryExistsError

if TYPE_CHECKING:
    from pltpack.formats.formats import Format

Kind: TypeAlias = "Format | Literal['html']"
"""What is written: an archive, or a page."""

_NAMES: Final = {
    "plt": "a .plt archive",
    "zip": "a zip archive",
    "tgz": "a tgz archive",
    "tar": "a tar archive",
    "html": "a page",
}
_HEAD: Final = 4096
_PAGE: Final = (b"<!doctype html", b"<html")


def check_output(path: str, kind: Kind, *, inputs: Iterable[str] = (), force: bool) -> None:
    """See that nothing is lost that nobody asked to replace.

    Raises :class:`~pltpack.errors.EntryExistsError` for a file that is there and of another kind than what would be
    written, and for one of the ``inputs`` of the same call; not with ``force``. Files without content and what is no
    regular file may always be written to.
    """
    if force or path == "-" or kind == "dir" or path.startswith("/dev/"):
        return
    try:
        status = os.stat(path)
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode):
        return
    for name in inputs:
        if _is(status, name):
            raise EntryExistsError("it is what is read here", file=path, hint="-f replaces it")
    found = _kind(path)
    if found != kind and status.st_size:
        what = f"is {_NAMES[found]}" if found else f"is not {_NAMES[kind]}"
        raise EntryExistsError(f"it is there, and {what}", file=path, hint="-f replaces it")


def _is(status: os.stat_result, name: str) -> bool:
    try:
        return os.path.samestat(status, os.stat(name))
    except OSError:
        return False


def _kind(path: str) -> Kind | None:
    from pltpack.formats.recognise import by_content

    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        head = stream.read(_HEAD)
    if head.lstrip().lower().startswith(_PAGE):
        return "html"
    return by_content(head)
