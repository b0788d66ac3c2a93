"""What the name and the attributes of a zip entry mean to programs that do not take them as they are."""

from __future__ import annotations

import re
import stat
from typing import Final
from zipfile import ZipInfo

from pltpack.formats.judgement import Judgement

_UNIX: Final = 3
_DOS: Final = 0
_NEWEST: Final = 46
"""The version of the format, times ten, up to which Info-ZIP reads on."""
_UTF8: Final = 1 << 11
_DOS_DIRECTORY: Final = 0x10
_VERSION: Final = re.compile(r";[0-9]*\Z")
"""The version of a file of VMS, behind its name."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class InfoZipNames:
    """What Info-ZIP calls the entries: without control characters and the numbers of versions that VMS knows."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._plain: set[str] = set()
        self._changed: dict[str, str] = {}

    def add(self, name: str) -> None:
        """Tell a name that Info-ZIP changes; one that becomes that of another entry changes its content."""
        called = _VERSION.sub("", _CONTROL.sub("", name))
        if called == name:
            self._plain.add(name)
        else:
            self._changed[called] = name
            self._judgement.differs("Info-ZIP", f"it calls the entry {called!r}", name, minor=True)

    def check(self) -> None:
        """When all names are known."""
        for called in self._plain.intersection(self._changed):
            self._judgement.differs("Info-ZIP", f"it takes the entry for {called!r}", self._changed[called])


def check_name(info: ZipInfo, name: str, judgement: Judgement) -> None:
    """Tell where a program takes the entry for another one than its ``name``, the bytes of which are UTF-8, says."""
    unix = info.create_system == _UNIX
    if not name.isascii() and not info.flag_bits & _UTF8:
        others = "Python's zipfile" if unix else "Info-ZIP, bsdtar and Python's zipfile"
        judgement.differs(others, "nothing says that its name is UTF-8", name, minor=unix)
    elif not name.isascii() and info.create_system == _DOS:
        reason = "it was made on DOS or Windows, and so its name is not taken for UTF-8"
        judgement.differs("Info-ZIP", reason, name, minor=True)
    if info.extract_version > _NEWEST:
        judgement.differs("Info-ZIP", "it asks for a newer version of the program", name, minor=True)
    if "\\" in name and not unix:
        judgement.differs("Info-ZIP and bsdtar", "its name has backslashes, which they take for slashes", name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK and not unix:
        reason = "its attributes are those of a link, and not of a system that has links"
        judgement.differs("Info-ZIP", reason, name)
    like_directory = info.external_attr & _DOS_DIRECTORY and (not kind or not unix)
    if not name.endswith("/") and (kind == stat.S_IFDIR or like_directory):
        judgement.differs("Info-ZIP and bsdtar", "its attributes are those of a directory, its name is not", name)
    if name.endswith("/") and kind in (stat.S_IFREG, stat.S_IFLNK):
        judgement.differs("one or the other program", "its name is that of a directory, its attributes are not", name)
