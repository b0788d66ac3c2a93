"""The version of an installation, found in its files without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final

from pltpack.errors import SettingError
from pltpack.racket.origin import Located, Origin, Source

_VERSION: Final = re.compile(r"[0-9]+(?:\.[0-9]+){1,3}")
_BYTECODE: Final = re.compile(rb"#~(.)([0-9.]+)", re.DOTALL)
_HEADER_VERSION: Final = re.compile(r"#\s*define\s+MZSCHEME_VERSION_([XYZW])\s+([0-9]+)")


def checked_version(text: str, said_by: str) -> str:
    """A version as Racket writes it (``8.7``, ``8.10.0.3``), or a :class:`~pltpack.errors.SettingError` that names
    where it was given."""
    if not _VERSION.fullmatch(text):
        raise SettingError(f"{said_by}: {text!r} is not a Racket version", hint="a version looks like 8.7 or 8.10.0.3")
    return text


def version_key(text: str) -> tuple[int, ...]:
    """Versions in their order: ``8.9`` before ``8.10``."""
    return tuple(int(part) for part in text.split("."))


def installed_version(collects: Path, roots: Sequence[str], headers: Sequence[Path]) -> Located[str] | None:
    """The version of the installation with these main collections, or ``None``.

    Asked in this order: the prefix of the compiled ``racket/base``, below any compiled-file root (``.`` for beside
    the sources); the C headers; the source of the version in a source tree.
    """
    for compiled in _compiled_files(collects / "racket", roots):
        version = bytecode_version(compiled)
        if version:
            return Located(version, Origin(Source.FOUND, file=compiled))
    sources = collects.parent / "src" / "version" / "racket_version.h"
    for header in (*(directory / "schvers.h" for directory in headers), sources):
        version = _header_version(header)
        if version:
            return Located(version, Origin(Source.FOUND, file=header))
    return None


def newest_version_folder(addon: Path) -> Located[str] | None:
    """The newest version that has a folder in the add-on directory."""
    if not isinstance(addon, Path) or not addon.is_dir():
        return None
    names = [entry.name for entry in addon.iterdir() if _VERSION.fullmatch(entry.name) and entry.is_dir()]
    if not names:
        return None
    return Located(max(names, key=version_key), Origin(Source.FOUND, file=addon))


def bytecode_version(file: Path) -> str | None:
    """The version in the prefix of a ``.zo`` file: ``#~``, then a length byte and the version."""
    try:
        with file.open("rb") as stream:
            prefix = stream.read(32)
    except OSError:
        return None
    found = _BYTECODE.match(prefix)
    if found is None:
        return None
    text = found[2].decode("ascii")[: found[1][0]]
    return text if len(text) == found[1][0] and _VERSION.fullmatch(text) else None


def reroot(path: PurePath, root: str) -> PurePath:
    """Racket's ``reroot-path``: a whole path below another root, the drive as one more element."""
    drive = path.drive.rstrip(":").strip("\\").replace("\\", "/")
    return type(path)(root, drive, *path.parts[1:])


def _compiled_files(directory: Path, roots: Sequence[str]) -> Iterator[Path]:
    for root in roots:
        absolute = type(directory)(root).is_absolute()
        compiled = Path(reroot(directory, root) if absolute else directory / root) / "compiled"
        yield compiled / "base_rkt.zo"
        if compiled.is_dir():
            # one folder for each virtual machine, as source builds have them
            yield from sorted(compiled.glob("*/base_rkt.zo"))


def _header_version(file: Path) -> str | None:
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return None
    parts = dict(_HEADER_VERSION.findall(text))
    if not {"X", "Y"} <= parts.keys():
        return None
    numbers = [parts["X"], parts["Y"], parts.get("Z", "0"), parts.get("W", "0")]
    while len(numbers) > 2 and numbers[-1] == "0":
        numbers.pop()
    return ".".join(numbers)
