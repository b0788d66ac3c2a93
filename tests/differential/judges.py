"""Other programs that unpack archives, asked what is in one: Racket, GNU tar, bsdtar, Info-ZIP and Python."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

Tree: TypeAlias = dict[str, str]
"""Paths with what is there: ``directory``, ``link TARGET``, or a digest of a file's data."""

Verdict: TypeAlias = Tree | None
"""``None``: the program says that something is wrong."""

ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
RACKET = "Racket"


def tree(directory: Path) -> Tree:
    """What is below a directory."""
    found: Tree = {}
    pending = [directory]
    while pending:
        for entry in os.scandir(pending.pop()):
            path = str(Path(entry.path).relative_to(directory))
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                found[path] = "directory"
                pending.append(Path(entry.path))
            elif stat.S_ISLNK(mode):
                found[path] = f"link {os.readlink(entry.path)}"
            elif stat.S_ISREG(mode):
                found[path] = digest(Path(entry.path).read_bytes())
            else:
                found[path] = "special"
    return found


def digest(data: bytes) -> str:
    """What stands for the data of a file."""
    return hashlib.sha256(data).hexdigest()[:16]


def _run(*command: str, good: tuple[int, ...] = (0,)) -> bool:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT)
    return done.returncode in good


def gnu_tar(archive: Path, into: Path) -> bool:
    """GNU tar."""
    options = ("--no-same-owner", "--no-same-permissions", "--touch")
    return _run("tar", *options, "-C", str(into), "-xf", str(archive))


def bsdtar(archive: Path, into: Path) -> bool:
    """libarchive's tar, which reads zip, too."""
    return _run("bsdtar", "--no-same-owner", "-m", "-C", str(into), "-xf", str(archive))


def info_zip(archive: Path, into: Path) -> bool:
    """Info-ZIP's unzip; 1 stands for warnings."""
    return _run("unzip", "-qq", "-o", "-d", str(into), str(archive), good=(0, 1))


def python_tar(archive: Path, into: Path) -> bool:
    """The module ``tarfile``."""
    try:
        with tarfile.open(archive) as opened:
            opened.extractall(into, filter="data")
    except (tarfile.TarError, OSError, ValueError, LookupError, EOFError):
        return False
    return True


def python_zip(archive: Path, into: Path) -> bool:
    """The module ``zipfile``."""
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(into)
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, LookupError, EOFError, zlib.error, struct.error):
        return False
    return True


TAR_JUDGES: dict[str, Callable[[Path, Path], bool]] = {
    "GNU tar": gnu_tar,
    "bsdtar": bsdtar,
    "Python's tarfile": python_tar,
}
ZIP_JUDGES: dict[str, Callable[[Path, Path], bool]] = {
    "Info-ZIP": info_zip,
    "bsdtar": bsdtar,
    "Python's zipfile": python_zip,
}


def verdicts(archives: Sequence[tuple[str, Path]], place: Path, racket: str) -> list[dict[str, Verdict]]:
    """What each program makes of each archive, a format and a path; uses ``place``."""
    racket_says = _racket(archives, place / "racket", racket)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(_judged, archives, (place / f"other{number}" for number in range(len(archives)))))
    for said, of_racket in zip(found, racket_says, strict=True):
        said[RACKET] = of_racket
    return found


def _judged(named: tuple[str, Path], into: Path) -> dict[str, Verdict]:
    """What all but Racket make of an archive."""
    format, archive = named
    said: dict[str, Verdict] = {}
    for name, judge in (ZIP_JUDGES if format == "zip" else TAR_JUDGES).items():
        into.mkdir()
        said[name] = tree(into) if judge(archive, into) else None
        shutil.rmtree(into)
    return said


def _racket(archives: Sequence[tuple[str, Path]], place: Path, racket: str) -> list[Verdict]:
    """All archives in one process."""
    places = [place / str(number) for number in range(len(archives))]
    for into in places:
        into.mkdir(parents=True)
    questions = [
        {"format": format, "archive": str(archive), "into": str(into)}
        for (format, archive), into in zip(archives, places, strict=True)
    ]
    done = subprocess.run(
        [racket, str(Path(__file__).with_name("judge.rkt"))],
        input=json.dumps(questions),
        capture_output=True,
        env=ENVIRONMENT,
        encoding="utf-8",
        check=True,
    )
    answers = json.loads(done.stdout)
    said = [None if answer else tree(into) for answer, into in zip(answers, places, strict=True)]
    shutil.rmtree(place)
    return said
