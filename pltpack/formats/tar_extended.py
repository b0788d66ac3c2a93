"""What the headers in front of a member say of it: pax records, and the long names of GNU tar.

Readers agree where there is one header for the names of a member. Of several in a row each takes another for the one
that counts, and so with what only some of them understand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pltpack.errors import FormatError, LimitError
from pltpack.formats.judgement import Judgement
from pltpack.formats.tar_header import MalformedRecordsError, TarHeader, pax_records, shown

PAX: Final = b"x"
GLOBAL: Final = b"g"
_SOLARIS: Final = b"X"
_NAME: Final = b"L"
_LINK: Final = b"K"
EXTENDED: Final = (PAX, GLOBAL, _SOLARIS, _NAME, _LINK)

LONGEST: Final = 1 << 18
"""Bytes of an extended header."""
_LONGEST_SIZE: Final = 20
"""Digits of the size of a file."""
_MOST_GLOBALS: Final = 100
"""Fields of all extended headers that are for the whole archive."""
NOT_SPARSE: Final = "make the archive without --sparse"

_SPARSE: Final = b"GNU.sparse."
_FOR_SOME: Final = (b"SCHILY.realsize", b"SUN.holesdata")
_TIME: Final = re.compile(rb"([0-9]{1,18})(?:\.([0-9]*+))?+")
_OWNERS: Final = (b"uid", b"gid")
_MOST_OWNER: Final = (1 << 32) - 1


@dataclass(slots=True)
class Extended:
    """What is known of the next member before its own header."""

    headers: int = 0
    """How many there were, those for the whole archive aside."""
    pax: bool = False
    path: bytes | None = None
    target: bytes | None = None
    size: int | None = None
    """Negative if it is no number."""
    mtime: int | None = None
    other_time: bool = False
    """Whether it says a time that is no number of whole seconds from 1970 on."""


class ExtendedHeaders:
    """Takes the extended headers as they come; :meth:`take` gives what they say of the member behind them."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._next = Extended()
        self._globals: set[bytes] = set()
        self._global_last = False

    @property
    def pending(self) -> bool:
        """Whether a member has to follow."""
        return self._next.headers > 0

    def end(self) -> None:
        """No member follows."""
        if self.pending:
            raise FormatError("the tar archive is damaged: it ends behind an extended header")
        if self._global_last:
            reason = "it ends behind a header for the whole archive"
            self._judgement.differs("Python's tarfile", reason, minor=True)

    def take(self) -> Extended:
        """What is said of the member that stands here."""
        found, self._next = self._next, Extended()
        self._global_last = False
        return found

    def add(self, header: TarHeader, data: bytes, padding: bytes) -> None:
        """Take a header with its content and what fills its last block.

        Raises :class:`FormatError` (sparse files), :class:`~pltpack.errors.AmbiguityError`, :class:`LimitError`.
        """
        name = shown(header.name)
        if any(padding):
            self._judgement.differs("Racket", "more follows the content of an extended header", name)
        if header.kind == GLOBAL:
            if self.pending:
                self._judgement.differs("Racket", "a header for the whole archive follows one for a member", name)
            self._global_last = True
            self._add_global(data, name)
            return
        self._check_row(header, name)
        self._next.headers += 1
        if header.kind in (PAX, _SOLARIS):
            self._next.pax = True
            self._add_records(data, name)
            return
        value = self._long_name(data, name)
        if header.kind == _NAME:
            self._next.path = value
        else:
            self._next.target = value

    def _check_row(self, header: TarHeader, name: str) -> None:
        known = self._next
        if header.kind == _SOLARIS:
            readers = "GNU tar, bsdtar and Python's tarfile"
            self._judgement.differs(readers, "an extended header is of the Solaris kind, which Racket skips", name)
        elif known.pax or (known.headers and header.kind == PAX):
            self._judgement.differs("one or the other program", "two extended headers name one member", name)
        elif (known.path if header.kind == _NAME else known.target) is not None:
            self._judgement.differs("one or the other program", "one member has two long names", name)

    def _records(self, data: bytes, name: str) -> list[tuple[bytes, bytes]]:
        found = []
        try:
            for record in pax_records(data):
                found.append(record)
        except MalformedRecordsError as error:
            self._judgement.differs("one or the other program", f"an extended header is malformed: {error}", name)
        return found

    def _add_records(self, data: bytes, name: str) -> None:
        for key, value in self._records(data, name):
            if key.startswith(_SPARSE):
                raise FormatError("it is stored as a sparse file", entry=name, hint=NOT_SPARSE)
            if key in _FOR_SOME:
                self._judgement.differs("bsdtar", f"the field {shown(key)} gives it another content", name)
            elif key in (b"path", b"linkpath") and not value:
                self._judgement.differs("Racket", f"the field {shown(key)} is empty", name)
            elif key == b"path":
                self._next.path = value
            elif key == b"linkpath":
                self._next.target = value
            elif key == b"size":
                self._next.size = int(value) if value.isdigit() and len(value) <= _LONGEST_SIZE else -1
            elif key == b"mtime":
                if match := _TIME.fullmatch(value):
                    self._next.mtime = int(match[1])
                    self._next.other_time = bool((match[2] or b"").strip(b"0"))
                else:
                    self._next.other_time = True
                    self._judgement.differs(
                        "GNU tar and Python's tarfile", "its time is not a number", name, minor=True
                    )
            elif key in _OWNERS and not (value.isdigit() and len(value) <= _LONGEST_SIZE and int(value) <= _MOST_OWNER):
                self._judgement.differs("GNU tar", "its owner is not a number, or too large", name, minor=True)

    def _add_global(self, data: bytes, name: str) -> None:
        for key, _ in self._records(data, name):
            if key.startswith(_SPARSE) or key in (b"path", b"linkpath", b"size", *_FOR_SOME):
                reason = f"a header for the whole archive has the field {shown(key)}, which Racket passes over"
                self._judgement.differs("GNU tar, bsdtar and Python's tarfile", reason, name)
            self._globals.add(key)
        if len(self._globals) > _MOST_GLOBALS:
            raise LimitError(f"the headers for the whole archive have more than {_MOST_GLOBALS} fields")

    def _long_name(self, data: bytes, name: str) -> bytes:
        value, _, rest = data.partition(b"\0")
        if any(rest) or not value:
            self._judgement.differs("one or the other program", "a long name does not end where its header says", name)
        return value
