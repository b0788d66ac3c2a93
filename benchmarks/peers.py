"""Who does the same work: pltpack's commands, Racket's, and the usual Unix tools."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.floor import PARTS
from benchmarks.measuring import Command, FailedError
from benchmarks.workloads import Workload

Programs: TypeAlias = Path
"""The folder that our commands are in."""

WORKS: Final = ("pack", "unpack", "list")

RACO: Final = {"pack": "raco pack", "unpack": "raco unpack", "list": "raco unpack -l"}
"""Racket's command for each kind of work."""
UNIX: Final = {"pack": "tar c, gzip, base64", "unpack": "base64 -d, tar xz", "list": "base64 -d, tar tz"}
"""The pipeline that does it for tar."""
OURS: Final = {"pack": "raco-pack", "unpack": "raco-unpack", "list": "raco-unpack -l"}

_FLOOR: Final = Path(__file__).with_name("floor.py")
_ARCHIVES: Final = 8


def packers(programs: Programs, workload: Workload, scratch: Path) -> list[Command]:
    """The commands that pack; ours first."""

    def command(name: str, product: str, *pipeline: tuple[str, ...], to_output: bool = False) -> Command:
        made = scratch / product
        return Command(name, pipeline, workload.folder, made, made if to_output else scratch / "output")

    ours, paths = str(programs / "raco-pack"), workload.names
    return [
        command(OURS["pack"], "ours.plt", (ours, str(scratch / "ours.plt"), *paths)),
        command("raco-pack --fast", "fast.plt", (ours, "--fast", str(scratch / "fast.plt"), *paths)),
        command(RACO["pack"], "raco.plt", ("raco", "pack", str(scratch / "raco.plt"), *paths)),
        command(UNIX["pack"], "tar.b64", ("tar", "-c", "-f", "-", *paths), ("gzip", "-n"), ("base64",), to_output=True),
    ]


def pack_with(programs: Programs, workload: Workload, scratch: Path, *options: str) -> Command:
    """Our command with options of its own."""
    product = scratch / "ours.plt"
    arguments = (str(programs / "raco-pack"), *options, str(product), *workload.names)
    return Command(" ".join(("raco-pack", *options)), (arguments,), workload.folder, product, scratch / "output")


def unpack_with(programs: Programs, archives: Sequence[Path], scratch: Path, *options: str) -> Command:
    """Our command for several archives at once, with options of its own."""
    target = scratch / "unpacked"
    arguments = (str(programs / "raco-unpack"), *options, *map(str, archives))
    return Command(" ".join(("raco-unpack", *options)), (arguments,), target, target, scratch / "output")


def several_archives(
    programs: Programs, workload: Workload, scratch: Path, produce: Callable[[Command], Path]
) -> list[Path]:
    """The workload in several archives of about the same size: every directory below its directories in one of them."""
    below = sorted(
        str(path.relative_to(workload.folder))
        for name in workload.names
        for path in (workload.folder / name).iterdir()
        if path.is_dir()
    )
    archives = []
    for number in range(_ARCHIVES):
        part = replace(workload, names=tuple(below[number::_ARCHIVES]))
        archives.append(produce(pack_with(programs, part, scratch)).rename(scratch / f"part-{number}.plt"))
    return archives


def parts(programs: Programs, workload: Workload, archive: Path, scratch: Path) -> list[Command]:
    """The parts of the work that cannot be left out, as ``floor.py`` does them."""
    stream, sizes = scratch / "given.raw", scratch / "sizes.json"
    with open(stream, "wb") as raw:
        for block in raw_stream(archive):
            raw.write(block)
    tree = {
        os.path.relpath(directory, workload.folder): {
            name: os.path.getsize(os.path.join(directory, name)) for name in names
        }
        for directory, _, names in os.walk(workload.folder)
        if directory != str(workload.folder)
    }
    sizes.write_text(json.dumps(tree))
    subjects = {"deflate": stream, "deflate-fast": stream, "inflate": archive, "files": sizes}
    target = scratch / "unpacked"
    return [
        Command(
            title,
            ((str(programs / "python"), str(_FLOOR), part, str(subjects.get(part, "-"))),),
            target,
            target,
            scratch / "output",
        )
        for part, (title, _) in PARTS.items()
    ]


def unpackers(programs: Programs, archive: Path, tarball: Path, scratch: Path) -> list[Command]:
    """The commands that unpack; ours first."""
    target = scratch / "unpacked"

    def command(name: str, *pipeline: tuple[str, ...]) -> Command:
        return Command(name, pipeline, target, target, scratch / "output")

    return [
        command(OURS["unpack"], (str(programs / "raco-unpack"), str(archive))),
        command(RACO["unpack"], ("raco", "unpack", str(archive))),
        command(UNIX["unpack"], ("base64", "-d", str(tarball)), ("tar", "-xz")),
    ]


def listers(programs: Programs, archive: Path, tarball: Path, scratch: Path) -> list[Command]:
    """The commands that list; ours first."""
    output = scratch / "output"

    def command(name: str, *pipeline: tuple[str, ...]) -> Command:
        return Command(name, pipeline, scratch, output, output)

    return [
        command(OURS["list"], (str(programs / "raco-unpack"), "-l", str(archive))),
        command(RACO["list"], ("raco", "unpack", "-l", str(archive))),
        command(UNIX["list"], ("base64", "-d", str(tarball)), ("tar", "-tz")),
    ]


def check_same_tree(one: Path, other: Path) -> None:
    """Raises :class:`FailedError` if two trees differ."""
    found = subprocess.run(["diff", "-r", one, other], capture_output=True, text=True, check=False)
    if found.returncode:
        raise FailedError(f"{one} and {other} differ:\n{found.stdout[:2000]}")


def raw_digest(archive: Path) -> str:
    """SHA-256 of the raw stream of an archive."""
    digest = hashlib.sha256()
    for block in raw_stream(archive):
        digest.update(block)
    return digest.hexdigest()


def raw_stream(archive: Path) -> Iterator[bytes]:
    """The raw stream of an archive, decoded by ``base64`` and ``gzip``."""
    with (
        subprocess.Popen(["base64", "-d", archive], stdout=subprocess.PIPE) as text,
        subprocess.Popen(["gzip", "-dc"], stdin=text.stdout, stdout=subprocess.PIPE) as inflater,
    ):
        assert inflater.stdout is not None
        while block := inflater.stdout.read(1 << 18):
            yield block
