"""A ``racket`` executable read, never run: the directories built into it, and what lies around it.

A Racket executable carries its collection directories and its configuration directory as text behind the marks
``coLLECTs dIRECTORy:`` and ``coNFIg dIRECTORy:``, and its kind behind ``bINARy tYPe:``, so that installers can
patch them. Relative directories start at the executable's own, links followed.
"""

from __future__ import annotations

import mmap
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.errors import InstallationError
from pltpack.racket.origin import Located, Origin, Source
from pltpack.racket.simplify import simplify

SCAN_LIMIT: Final = 64 << 20
"""How many bytes of an executable are searched for the marks."""

_VM: Final[Mapping[bytes, str]] = {b"s": "cs", b"3": "bc", b"c": "cgc"}
_NAMES: Final = ("racket", "Racket.exe", "racket.exe")
_ABSENT_DLL: Final = "<"
_MACH_O: Final = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_FRAMEWORK: Final = re.compile(rb"(@executable_path/)?([^\0]*?)G?Racket\.framework")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is built into an executable.

    ``collects`` are the collection directories, the main one first; ``config`` the configuration directory;
    ``dll`` (Windows, macOS) the directory of its libraries; each as it is written, ``None`` without the mark. ``vm``
    is ``cs``, ``bc`` or ``cgc``.
    """

    collects: tuple[str, ...] | None = None
    config: str | None = None
    dll: str | None = None
    vm: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an installation has its parts. ``embedded`` are further collection directories that the executable
    puts before the main one."""

    executable: Path | None = None
    vm: str | None = None
    collects: Located[Path] | None = None
    embedded: tuple[Path, ...] = ()
    config: Located[Path] | None = None
    dll: Path | None = None


def find_layout(racket: Path | None, environ: Mapping[str, str]) -> Layout:
    """The layout around an executable, below an installation directory, or around the ``racket`` on ``PATH``.

    With nothing given and nothing on ``PATH`` the layout is empty. Raises
    :class:`~pltpack.errors.InstallationError` if what is given is no installation.
    """
    if racket is None:
        found = shutil.which("racket", path=environ.get("PATH", ""))
        return _around(Path(found).absolute()) if found else Layout()
    if not racket.exists():
        raise InstallationError("no such executable or installation directory", file=str(racket))
    executable = _executable_in(racket) if racket.is_dir() else racket
    layout = _around(simplify(executable.absolute())) if executable else Layout()
    if layout.collects is None and racket.is_dir():
        layout = _guess(simplify(racket.absolute()), layout.executable)
    if layout.collects is None:
        raise InstallationError(
            "not a Racket installation: no collection directory found",
            file=str(racket),
            hint="give --racket the racket executable or the directory that holds collects, bin/racket or"
            " share/racket/collects",
        )
    return layout


def read_marks(executable: Path) -> Marks:
    """The marks in the first :data:`SCAN_LIMIT` bytes of a file. Raises ``OSError``."""
    with executable.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return Marks()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            collects = _text_behind(data, b"coLLECTs dIRECTORy:", b"\0\0")
            config = _text_behind(data, b"coNFIg dIRECTORy:", b"\0")
            kind = _text_behind(data, b"bINARy tYPe:", b"\0")
            dll = _framework_directory(data) or _wide_text_behind(data, "dLl dIRECTORy:")
    return Marks(
        collects=None if collects is None else tuple(os.fsdecode(part) for part in collects.split(b"\0")),
        config=None if config is None else os.fsdecode(config),
        dll=None if dll is None or dll.startswith(_ABSENT_DLL) else dll,
        vm=_VM.get(kind[-1:]) if kind else None,
    )


def beside(executable: Path, relative: str) -> Path | None:
    """A directory given relative to an executable: where it exists beside the file that the executable, if it is
    a link, leads to in the end, or else beside a link nearer by (Racket's ``find-executable-path``)."""
    for place in reversed(list(_link_chain(executable))):
        candidate = place.parent / relative
        if candidate.exists():
            return candidate
    return None


def _link_chain(executable: Path) -> Iterator[Path]:
    for _ in range(40):  # as many links as Linux follows
        yield executable
        if not executable.is_symlink():
            return
        executable = executable.parent / executable.readlink()


def _around(executable: Path) -> Layout:
    marks = read_marks(executable)
    if marks.collects is None:
        # a wrapper script or launcher: what it starts is not known, where it lies may tell
        return _guess(executable.parent, executable)
    built_in = Origin(Source.EXECUTABLE, file=executable)
    directories = [path for text in marks.collects if text and (path := _complete(executable, text))]
    config = None if marks.config is None else _complete(executable, marks.config)
    return Layout(
        executable=executable,
        vm=marks.vm,
        collects=Located(directories[0], built_in) if directories else None,
        embedded=tuple(directories[1:]),
        config=None if config is None else Located(config, built_in),
        dll=None if marks.dll is None else simplify(executable.parent / marks.dll),
    )


def _complete(executable: Path, text: str) -> Path | None:
    path = Path(text) if Path(text).is_absolute() else beside(executable, text)
    return None if path is None else simplify(path)


def _executable_in(directory: Path) -> Path | None:
    """The executable of an installation directory: in ``bin`` on Unix and macOS, in itself on Windows."""
    candidates = (place / name for place in (directory / "bin", directory) for name in _NAMES)
    return next((path for path in candidates if path.is_file()), None)


def _guess(directory: Path, executable: Path | None) -> Layout:
    """The layout of a directory (an installation, its ``bin``, a source tree) by the places usual for it."""
    for base in (directory, directory.parent):
        for collects, configs in (
            ("collects", ("etc",)),
            ("racket/collects", ("racket/etc",)),
            ("share/racket/collects", ("etc/racket", "../etc/racket")),
        ):
            if (base / collects / "racket").is_dir():
                found = Origin(Source.FOUND, file=base)
                config = next((base / name for name in configs if (base / name).is_dir()), None)
                return Layout(
                    executable=executable,
                    collects=Located(base / collects, found),
                    config=None if config is None else Located(config, found),
                )
    return Layout(executable=executable)


def _text_behind(data: mmap.mmap, mark: bytes, end: bytes) -> bytes | None:
    start = data.find(mark, 0, SCAN_LIMIT)
    if start < 0:
        return None
    start += len(mark)
    stop = data.find(end, start, start + 4096)
    return None if stop < 0 else data[start:stop]


def _framework_directory(data: mmap.mmap) -> str | None:
    """Where a macOS executable loads the Racket framework from, as its load commands say; ``.`` for beside itself."""
    found = _FRAMEWORK.search(data[: 1 << 16]) if data[:4] in _MACH_O else None
    if found is None or not (found[1] or found[2]):
        return None
    return os.fsdecode(found[2]) or "."


def _wide_text_behind(data: mmap.mmap, mark: str) -> str | None:
    """Text in UTF-16, as Windows executables keep the directory of their libraries."""
    if data[:2] != b"MZ":
        return None
    start = data.find(mark.encode("utf-16-le"), 0, SCAN_LIMIT)
    if start < 0:
        return None
    start += 2 * len(mark)
    text = data[start : start + 2048].decode("utf-16-le", errors="replace")
    return text.partition("\0")[0]
