"""Names that are harmless here and traps on another system; pure functions, the same on every platform."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

WINDOWS_PATH_LENGTH: Final = 260
"""Characters of a whole path that older Windows programs can open (MAX_PATH)."""

NAME_LENGTH: Final = 255
"""Bytes of one name on the usual Unix file systems, UTF-16 units of one name on Windows and macOS."""

_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(?:[.:].*)?", re.I | re.S
)
_ORDINARY: Final = (
    r"(?![CPANLcpanl](?i:on|rn|ux|ul|om[0-9]|pt[0-9])(?:[./]|\Z))[A-Za-z0-9_][A-Za-z0-9_+.-]{0,61}+(?<![.])(?![^/])"
)
is_ordinary: Final = re.compile(f"{_ORDINARY}(?:/{_ORDINARY})*+", re.A).fullmatch
"""Matches paths of the names that most have: they are safe, and mean the same everywhere."""

_WINDOWS_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\]')
_SHORT_NAME: Final = re.compile(r"[^.]{1,6}~[0-9]{1,4}(?:\.[^.]{0,3})?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BIDI: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def windows_objection(name: str) -> str | None:
    """Why Windows cannot hold ``name`` as it is, or would take it for something else; ``None`` if it can.

    >>> windows_objection("aux.rkt")
    "'aux.rkt' is a device on Windows"
    """
    if _DEVICE.fullmatch(name):
        return f"{name!r} is a device on Windows"
    if bad := _WINDOWS_FORBIDDEN.search(name):
        return f"{name!r} holds {bad[0]!r}, which Windows does not allow in a name"
    if bad := _CONTROL.search(name):
        return f"{name!r} holds a control character, which Windows does not allow in a name"
    if name.endswith((".", " ")):
        return f"{name!r} ends with a dot or a space, which Windows drops"
    return None


def name_traps(name: str) -> list[str]:
    """What one name means elsewhere that it does not mean here, a sentence each; empty for a plain name."""
    traps = [objection] if (objection := windows_objection(name)) else []
    if _SHORT_NAME.fullmatch(name):
        traps.append(f"{name!r} looks like the short form of another name on Windows")
    if _CONTROL.search(name):
        traps.append(f"{name!r} holds a control character")
    if _BIDI.search(name):
        traps.append(f"{name!r} holds a character that changes the direction of text, so it may look like another name")
    if not unicodedata.is_normalized("NFC", name):
        traps.append(f"{name!r} is not in normal form C: macOS may not keep it as it is")
    if name.startswith("~"):
        traps.append(f"{name!r} begins with a tilde, which shells take for a home directory")
    if name.startswith("-"):
        traps.append(f"{name!r} begins with a hyphen, which commands take for an option")
    if max(len(name.encode("utf-8", "replace")), len(name.encode("utf-16-le", "surrogatepass")) // 2) > NAME_LENGTH:
        traps.append(f"{name[:20]!r}... is longer than {NAME_LENGTH} bytes")
    return traps


def portability_traps(path: Sequence[str]) -> list[str]:
    """What could go wrong with a relative path on another system, a sentence each; empty if nothing.

    >>> portability_traps(("src", "nul", "x."))
    ["'nul' is a device on Windows", "'x.' ends with a dot or a space, which Windows drops"]
    """
    traps = [trap for name in path if not is_ordinary(name) for trap in name_traps(name)]
    length = len("/".join(path))
    if length > WINDOWS_PATH_LENGTH:
        traps.append(f"the path has {length} characters, more than the {WINDOWS_PATH_LENGTH} of older Windows programs")
    return traps


def folded(name: str) -> str:
    """What is left of a name on a disk that tells neither case nor Unicode spellings apart.

    >>> folded("Stra\\u00dfe") == folded("STRASSE")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name).casefold()).casefold()


def folded_path(text: str) -> str:
    """What is left of a path with ``/`` between its names."""
    return text.lower() if text.isascii() else "/".join(map(folded, text.split("/")))


def collisions(paths: Iterable[Sequence[str]]) -> list[list[str]]:
    """Groups of paths, directories on the way included, that are one on a disk that folds names.

    Each group holds the differing spellings, ``/`` between names, sorted; groups in order of first appearance. Of a
    colliding directory only the directory itself is listed, not again what is in it.
    """
    places = _Tree()
    spelled = _Tree()
    spellings: dict[int, dict[int, str]] = {}
    for path in paths:
        place = spelling = 0
        for name in path:
            place, spelling = places.below(place, folded(name)), spelled.below(spelling, name)
            spellings.setdefault(place, {})[spelling] = name
    return [
        sorted("/".join(spelled.path(number)) for number in group)
        for group in spellings.values()
        if len(set(group.values())) > 1
    ]


class _Tree:
    """Numbers paths, 0 is the empty one; a path costs as much as its last name, however deep it lies."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._nodes: list[tuple[int, str]] = [(0, "")]

    def below(self, parent: int, name: str) -> int:
        """The number of the path that ends with ``name`` and goes on from ``parent``."""
        node = (parent, name)
        number = self._numbers.setdefault(node, len(self._nodes))
        if number == len(self._nodes):
            self._nodes.append(node)
        return number

    def path(self, number: int) -> list[str]:
        """The names in a path."""
        names: list[str] = []
        while number:
            number, name = self._nodes[number]
            names.append(name)
        return names[::-1]
