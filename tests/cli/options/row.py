"""The rows of the tables of options: what a call does with an option that it does not do without."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from pltpack.archive import create_archive
from pltpack.codec.header import Header


@dataclass(frozen=True)
class Left:
    """What a call left behind: its exit code, what it printed, and the folder it ran in."""

    code: int
    out: str
    err: str
    folder: Path
    processes: int = 0
    """How many it started."""
    threads: int = 0
    """How many it started for the work (of two, one reads ahead)."""
    synced: bool = False
    """Whether it waited for all disks."""
    requests: list[str] = field(default_factory=list)
    """What the server was asked."""
    answer: str = ""
    """What the call itself answered as a server."""

    @property
    def document(self) -> Any:
        """The JSON document that it printed; ``None`` if it printed none."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None


Effect: TypeAlias = Callable[[Left], object]
"""True of what a call with the option leaves, and not of what it leaves without."""


@dataclass(frozen=True)
class Row:
    """One option of one command.

    ``line`` is a call without the option, ``given`` the option with its value, which is put behind. Both are split as a
    shell does. ``lacking`` stands there instead where the call without the option is another one; ``before`` makes
    what only this call needs; ``environment`` holds variables. A server is asked ``asks``, and interrupted then.
    """

    command: str
    option: str
    line: str
    given: str
    effect: Effect
    lacking: str = ""
    before: Callable[[Path], object] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    asks: str = ""


# Effects


def code(number: int) -> Effect:
    """The exit code."""
    return lambda left: left.code == number


def prints(*texts: str) -> Effect:
    """Texts on standard output, in a call that ends well or finds a difference."""
    return lambda left: left.code in (0, 1) and all(text in left.out for text in texts)


def silent(left: Left) -> bool:
    """Nothing is printed."""
    return left.code in (0, 1) and not left.out


def lacks(*texts: str) -> Effect:
    """Texts are not on standard output, in a call that ends well and prints something else."""
    return lambda left: left.code in (0, 1) and left.out and not any(text in left.out for text in texts)


def says(*texts: str) -> Effect:
    """Texts on standard error."""
    return lambda left: all(text in left.err for text in texts)


def refuses(*texts: str, code: int) -> Effect:
    """An error with its exit code, and words that tell the reason."""
    return lambda left: left.code == code and all(text in left.err for text in texts)


def writes(*names: str) -> Effect:
    """Files or directories are there after the call."""
    return lambda left: left.code in (0, 1, 3) and all((left.folder / name).exists() for name in names)


def spares(*names: str) -> Effect:
    """Files or directories are not there after a call that ends well."""
    return lambda left: left.code == 0 and not any((left.folder / name).exists() for name in names)


def holds(name: str, *data: bytes) -> Effect:
    """A file is there and holds some data."""
    return lambda left: (
        (left.folder / name).is_file() and all(part in (left.folder / name).read_bytes() for part in data)
    )


def tells(look: Callable[[Any], object]) -> Effect:
    """Something is true of the JSON document."""
    return lambda left: left.document is not None and look(left.document)


def differs(name: str, other: str) -> Effect:
    """A file holds not the same as another one, which is the one that the call without the option makes."""
    return lambda left: left.code == 0 and (left.folder / name).read_bytes() != (left.folder / other).read_bytes()


LIMITS: dict[str, tuple[str, str]] = {
    "--max-entries": ("1", "plt"),
    "--max-total-bytes": ("10", "plt"),
    "--max-file-bytes": ("1", "plt"),
    "--max-ratio": ("2", "ratio"),
    "--max-header-bytes": ("10", "plt"),
    "--max-entry-bytes": ("1", "plt"),
    "--max-depth": ("1", "plt"),
    "--max-path-bytes": ("1", "path"),
    "--max-path-depth": ("1", "path"),
}
"""The options of the limits: a value that is exceeded, and by which kind of archive."""


def limits(command: str, *, plt: str, path: str | None = None, ratio: str, code: int = 4) -> list[Row]:
    """Rows for the limits of a command, which then refuses what else it takes.

    ``plt`` is a call with a ``.plt`` archive, ``path`` one where paths are looked at (``None``: there is none),
    ``ratio`` one with ``zeros.plt`` or ``zeros.zip``, which only that row makes.
    """
    lines = {"plt": plt, "path": path, "ratio": ratio}
    return [
        Row(
            command,
            option,
            lines[kind] or "",
            f"{option} {value}",
            partial(_limited, option, code),
            before=zeros if kind == "ratio" else None,
        )
        for option, (value, kind) in LIMITS.items()
        if lines[kind] is not None
    ]


def _limited(option: str, code: int, left: Left) -> bool:
    return left.code == code and option in left.err + left.out


def zeros(folder: Path) -> None:
    """Archives that are much larger unpacked than packed."""
    noise = random.Random(3)
    data = b"".join(noise.randbytes(10).hex().encode() + bytes(1000) for _ in range(3000))
    with create_archive(folder / "zeros.plt", Header("zeros")) as output:
        output.add_file(("zeros",), data, len(data))
    with zipfile.ZipFile(folder / "zeros.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("zeros", data)
