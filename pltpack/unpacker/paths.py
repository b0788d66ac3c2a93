"""From the path list of an entry to a path that is safe to write, or a refusal with its reason."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from pltpack.codec.entries import SAME, UP, PathList, PathSymbol, display_path
from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.errors import LimitError, UnsafePathError
from pltpack.transaction.paths import AREA_PREFIX, SafePath, is_reserved
from pltpack.transaction.portability import NAME_LENGTH, name_traps, windows_objection

Platform: TypeAlias = Literal["posix", "windows"]

_SEPARATOR: Final = {"posix": re.compile("/"), "windows": re.compile(r"[/\\]")}
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN: Final = re.compile(r"[\w-][\w .+-]{0,60}", re.ASCII)
_STAYS: Final = (SAME, ".")
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class PathPolicy:
    """Which paths may be written."""

    platform: Platform = "posix"
    """Whose rules hold: on ``windows`` backslashes separate, and device names and the like are refused."""
    sanitize: bool = False
    """Make an unsafe path safe instead of refusing it: ``..``, roots and drives dropped, separators honoured."""
    portable: bool = False
    """Refuse also what is a trap on other systems; see :func:`~pltpack.transaction.portability.portability_traps`."""
    path_bytes: int = 4096
    """The longest path, UTF-8 bytes with separators."""
    path_depth: int = 256
    """The most names in a path."""

    @classmethod
    def within(cls, limits: Limits, *, sanitize: bool = False, portable: bool = False) -> PathPolicy:
        """The policy of this platform with the lengths that ``limits`` allows."""
        platform: Platform = "windows" if os.name == "nt" else "posix"
        return cls(platform, sanitize, portable, path_bytes=limits.path_bytes, path_depth=limits.path_depth)


class PathGuard:
    """Judges one path after the other; remembers the directories it has found harmless: they come again and again."""

    def __init__(self, policy: PathPolicy = PathPolicy()) -> None:
        self.policy = policy
        self._strict = policy.portable or policy.platform == "windows"
        self._harmless: set[str | PathSymbol] = set()

    def __call__(self, path: PathList) -> SafePath:
        """The safe path: ``same`` and ``.`` dropped, every other element a plain name; may be empty.

        Raises :class:`~pltpack.errors.UnsafePathError` (``paths`` holds the path and the reason) or
        :class:`~pltpack.errors.LimitError`.
        """
        known = self._harmless.issuperset(path[:-1])
        safe = path if known and path and self._is_plain(path[-1]) else self._examined(path)
        policy = self.policy
        # Four bytes a character is the most that UTF-8 needs, so most paths are never encoded here.
        length = sum(map(len, safe)) + len(safe)  # type: ignore[arg-type]  # all are strings now
        if length * 4 > policy.path_bytes and len("/".join(safe).encode()) > policy.path_bytes:  # type: ignore[arg-type]
            raise _too_long(path, f"{policy.path_bytes} bytes", "--max-path-bytes")
        if len(safe) > policy.path_depth:
            raise _too_long(path, f"{policy.path_depth} names", "--max-path-depth")
        return safe  # type: ignore[return-value]  # only strings are plain or harmless

    def file(self, path: PathList) -> SafePath:
        """The same for a file, which needs a name."""
        safe = self(path)
        if not safe:
            raise _refusal(path, "names the directory itself, which cannot be a file")
        return safe

    def _is_plain(self, element: str | PathSymbol) -> bool:
        """Whether a name needs no closer look."""
        return isinstance(element, str) and not self._strict and _PLAIN.fullmatch(element) is not None

    def _examined(self, path: PathList) -> SafePath:
        elements = _cleaned(path, self.policy) if self.policy.sanitize else path
        names: list[str] = []
        for index, element in enumerate(elements):
            if element in _STAYS:
                continue
            reason = None if self._is_plain(element) else objection(element, self.policy, first=index == 0)
            if reason is not None or isinstance(element, PathSymbol):
                raise _refusal(path, reason or "is not a name")
            names.append(element)
        if len(self._harmless) > _REMEMBERED:
            self._harmless.clear()
        self._harmless.update(names[:-1])
        return tuple(names)


def objection(element: str | PathSymbol, policy: PathPolicy, *, first: bool = False) -> str | None:
    """Why an element of a path list may not be written, as the end of a sentence about the path; ``None`` if it may."""
    if isinstance(element, PathSymbol):
        return "leads upwards (the symbol up)" if element is UP else None
    pieces = _SEPARATOR[policy.platform].split(element)
    if ".." in pieces:
        return "leads upwards (..)"
    if not element:
        return "has an empty element"
    if "\0" in element:
        return "holds a NUL character"
    if not pieces[0] or (policy.platform == "windows" and _DRIVE.match(element)):
        return "is absolute" if first else f"has the absolute element {element!r}"
    if len(pieces) > 1:
        return f"has the element {element!r} with a separator in it"
    if is_reserved(element):
        return f"has a name that begins with {AREA_PREFIX}, which is kept for unpacking itself"
    if _SURROGATE.search(element):
        return "is not valid Unicode"
    if len(element) * 4 > NAME_LENGTH and len(element.encode()) > NAME_LENGTH:
        return f"has a name of more than {NAME_LENGTH} bytes"
    if policy.platform == "windows" and (reason := windows_objection(element)):
        return f"cannot be written: {reason}"
    if policy.portable and (traps := name_traps(element)):
        return f"is not portable: {traps[0]}"
    return None


def _cleaned(path: PathList, policy: PathPolicy) -> Iterator[str | PathSymbol]:
    """The elements of a path with what leads out of the directory left out."""
    for element in path:
        if isinstance(element, PathSymbol):
            continue
        text = element.replace("\0", "")
        if policy.platform == "windows":
            text = _DRIVE.sub("", text, count=1)
        for piece in _SEPARATOR[policy.platform].split(text):
            if piece not in ("", ".", ".."):
                yield piece


def _too_long(path: PathList, most: str, option: str) -> LimitError:
    return LimitError(
        f"the path {display_path(path)[:40]!r}... has more than {most}", hint=f"{option} raises the limit"
    )


def _refusal(path: PathList, reason: str) -> UnsafePathError:
    shown = display_path(path)
    return UnsafePathError(
        f"the path {shown!r} {reason}",
        paths=[(shown, reason)],
        hint="--sanitize drops the unsafe parts of paths" if shown else None,
    )
