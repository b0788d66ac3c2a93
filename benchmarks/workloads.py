"""What is packed and unpacked: inputs made from the installed Racket and from nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack import std_filter

MIB: Final = 1 << 20

_RACKET_PLACES: Final = '(for-each (lambda (d) (printf "~a\\n" d)) (list (find-collects-dir) (find-pkgs-dir)))'


@dataclass(frozen=True, slots=True)
class Workload:
    """A folder with things to pack: ``names`` in ``folder``."""

    name: str
    title: str
    folder: Path
    names: tuple[str, ...]
    files: int
    size: int
    """Bytes of all files."""


def racket_tree(folder: Path, *, quick: bool) -> Workload:
    """The collections and packages that come with Racket: what its own filter leaves of them."""
    for source in _racket_places()[:1] if quick else _racket_places():
        _copy(source, folder / source.name)
    return _measured("racket", "Racket's collections" if quick else "Racket's collections and packages", folder)


def tiny_files(folder: Path, count: int) -> Workload:
    """Many files of a line each, a thousand in a directory."""
    for first in range(0, count, 1000):
        directory = folder / "tiny" / f"d{first // 1000:03}"
        directory.mkdir(parents=True)
        for number in range(first, min(first + 1000, count)):
            (directory / f"f{number:06}.txt").write_bytes(b"This is file number %d.\n" % number)
    return _measured("tiny-files", f"{count:,} tiny files", folder)


def big_file(folder: Path, size: int) -> Workload:
    """One file of program text: the sources of Racket's collections over and over."""
    text = [path.read_bytes() for path in sorted(_racket_places()[0].rglob("*.rkt")) if std_filter(path.name)]
    folder.mkdir(parents=True)
    left = size
    with open(folder / "big.txt", "wb") as output:
        while left:
            for part in text:
                left -= output.write(part[:left])
    return _measured("big-file", f"one file of {size // MIB:,} MiB", folder)


def incompressible(folder: Path, size: int) -> Workload:
    """One file of noise."""
    folder.mkdir(parents=True)
    with open(folder / "noise.bin", "wb") as output:
        for _ in range(size // MIB):
            output.write(os.urandom(MIB))
    return _measured("noise", f"one file of {size // MIB:,} MiB that cannot be compressed", folder)


def hello(folder: Path) -> Workload:
    """One tiny file: what is measured is how long the programs take to start."""
    (folder / "hello").mkdir(parents=True)
    (folder / "hello" / "main.rkt").write_text('#lang racket/base\n(display "Hello")\n')
    return _measured("start-up", "one tiny file", folder)


WORKLOADS: Final[dict[str, tuple[int, Callable[[Path, bool], Workload]]]] = {
    "racket": (7, lambda folder, quick: racket_tree(folder, quick=quick)),
    "tiny-files": (3, lambda folder, quick: tiny_files(folder, 5_000 if quick else 100_000)),
    "big-file": (3, lambda folder, quick: big_file(folder, (32 if quick else 2048) * MIB)),
    "noise": (5, lambda folder, quick: incompressible(folder, (16 if quick else 128) * MIB)),
    "start-up": (15, lambda folder, _: hello(folder)),
}
"""How often each is measured unless told otherwise, and how it is made: small if the second argument says so."""


def _racket_places() -> list[Path]:
    program = ["racket", "-l", "racket/base", "-l", "setup/dirs", "-e", _RACKET_PLACES]
    places = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split("\n")[:2]
    return [Path(place).resolve() for place in places]


def _copy(source: Path, target: Path) -> None:
    """Copy a tree as archives hold it: links followed, what Racket leaves out left out, and nothing but files."""

    def unwanted(directory: str, names: list[str]) -> set[str]:
        return {name for name in names if not std_filter(name) or not os.access(os.path.join(directory, name), os.R_OK)}

    shutil.copytree(source, target, ignore=unwanted)


def _measured(name: str, title: str, folder: Path) -> Workload:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    names = tuple(sorted(path.name for path in folder.iterdir()))
    return Workload(name, title, folder, names, len(sizes), sum(sizes))
