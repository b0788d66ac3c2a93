"""A lock file read: its text is a stranger's until every part of it was checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from pltpack.errors import LimitError, LockError
from pltpack.lock.values import FORMAT, Lock, LockedPackage

LARGEST: Final = 32 << 20
"""Bytes; a block has about 700, so that is for more packages than there are."""

_CONFLICT: Final = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)
_PATH: Final = re.compile(r" - at `\$([^`]*)`")
_PACKAGE: Final = re.compile(r"\.package\[(\d+)\]")


def read_lock(file: Path) -> Lock:
    """The lock in a file.

    Raises :class:`~pltpack.errors.LockError` for what is no lock, or one with the marks of a merge that was not brought
    to its end; :class:`~pltpack.errors.LimitError` and ``OSError``.
    """
    with file.open("rb") as stream:
        text = stream.read(LARGEST + 1)
    return parse_lock(text, file=str(file))


def parse_lock(text: bytes, *, file: str | None = None) -> Lock:
    """The lock in a text; ``file`` is what messages call it. Raises as :func:`read_lock`."""
    if len(text) > LARGEST:
        raise LimitError(f"it is larger than {LARGEST >> 20} MiB, and no lock file", file=file)
    if (mark := _CONFLICT.search(text)) is not None:
        line = text.count(b"\n", 0, mark.start()) + 1
        raise LockError(
            f"line {line}: it is in the middle of a merge: both sides stand in it",
            file=file,
            hint="take one side (git checkout --theirs racket.lock), then run raco-pkg lock",
        )
    try:
        table = tomllib.loads(text.decode())
    except UnicodeDecodeError as error:
        raise LockError(f"it is not UTF-8: {error.reason} at byte {error.start}", file=file) from None
    except tomllib.TOMLDecodeError as error:
        raise LockError(f"it is not TOML: {error}", file=file) from None
    except (RecursionError, ValueError) as error:
        raise LockError(f"it is not TOML that is meant to be read: {error}", file=file) from None
    return lock_of(table, file=file)


def lock_of(table: object, *, file: str | None = None) -> Lock:
    """The lock in a table, as :mod:`tomllib` gives it. Raises :class:`~pltpack.errors.LockError`."""
    version = table.get("lock-version") if isinstance(table, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise LockError(
            f"its format is version {version}, and this pltpack knows {FORMAT}",
            file=file,
            hint="install a newer pltpack",
        )
    try:
        lock = msgspec.convert(table, Lock)
    except msgspec.ValidationError as error:
        raise LockError(_located(str(error), table), file=file) from None
    for problem in _problems(lock):
        raise LockError(problem, file=file)
    return lock


def _located(message: str, table: object) -> str:
    """The message of the checker, with the package that it is about by name."""
    found = _PATH.search(message)
    plain = _PATH.sub("", message).replace("Object", "the table").replace("Expected", "there should be")
    if found is None:
        return plain
    path = found[1]
    name = None
    if (block := _PACKAGE.match(path)) is not None and isinstance(table, dict):
        package = table["package"][int(block[1])]
        name = package.get("name") if isinstance(package, dict) else None
        path = path[block.end() :]
    where = [f"package {name!r}"] if isinstance(name, str) else []
    where += [path.lstrip(".")] if path.lstrip(".") else []
    return f"{', '.join(where)}: {plain}" if where else plain


def _problems(lock: Lock) -> list[str]:
    """What the shapes of the values do not say: blocks that contradict each other, or lack something."""
    problems: list[str] = []
    blocks: dict[str, list[LockedPackage]] = {}
    for package in lock.packages:
        problems.extend(f"package {package.name!r}: {problem}" for problem in _incomplete(package))
        blocks.setdefault(package.name, []).append(package)
    for name, several in blocks.items():
        if len(several) > 1 and any(sum(one.is_for(target) for one in several) > 1 for target in lock.targets):
            problems.append(f"package {name!r}: there are two blocks of it for the same Racket and platform")
    return problems


def _incomplete(package: LockedPackage) -> list[str]:
    if package.linked:
        return []
    if package.content is None:
        return ["it has no content, the SHA-256 of its files"]
    if package.type in ("file", "file-url") and package.sha256 is None:
        return ["it has no sha256, which an archive needs"]
    return []
