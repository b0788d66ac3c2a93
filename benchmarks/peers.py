"""Who does the same work: pltpack's commands, Racket's, and the usual Unix tools."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Final, TypeAlias

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
    """SHA-256 of the raw stream of an archive, decoded by ``base64`` and ``gzip``."""
    digest = hashlib.sha256()
    with (
        subprocess.Popen(["base64", "-d", archive], stdout=subprocess.PIPE) as text,
        subprocess.Popen(["gzip", "-dc"], stdin=text.stdout, stdout=subprocess.PIPE) as inflater,
    ):
        assert inflater.stdout is not None
        while block := inflater.stdout.read(1 << 18):
            digest.update(block)
    return digest.hexdigest()
