"""Installers made for tests, in the format of the original's: a head for the shell, and a tgz behind it."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pltpack.distribution.installer.cksum import Cksum

HEAD = """#!/bin/sh

 # An installer of {name}, made by a test.
 # sh FILE FOLDER unpacks it.

 DISTNAME="{name}"
 TARGET="racket"
 BINSUM="{checksum}"
 ORIGSIZE="{size}K"
 RELEASED="no"
BINSTARTLINE="15"

mkdir -p "$1" && tail -n +"$BINSTARTLINE" "$0" | tar xzf - -C "$1"
exit
"""
"""The head has 14 lines, so that the archive begins with the fifteenth."""

Members = Mapping[str, bytes | str | tuple[str, ...]]
"""Paths and data; a text is the target of a link, a tuple gives a type of tar and a target."""


def tgz(members: Members, *, level: int = 6) -> bytes:
    """A tgz with these members; a path that ends with a slash is a directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, data in members.items():
            info = tarfile.TarInfo(path.rstrip("/"))
            info.mode = 0o755 if path.endswith("/") or "bin/" in path else 0o644
            info.mtime = 1_600_000_000
            if path.endswith("/"):
                info.type = tarfile.DIRTYPE
            elif isinstance(data, str):
                info.type, info.linkname = tarfile.SYMTYPE, data
            elif isinstance(data, tuple):
                info.type, info.linkname = data[0].encode(), data[1]
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return gzip.compress(buffer.getvalue(), level, mtime=0)


def shell_installer(payload: bytes, *, name: str = "Racket v8.7") -> bytes:
    """A self-extracting installer of an archive."""
    check = Cksum()
    check.update(payload)
    head = HEAD.format(name=name, checksum=check.value, size=len(payload) // 1024)
    assert head.count("\n") == 14
    return head.encode() + payload


SMALL: Members = {
    "README": b"read me\n",
    "bin/": b"",
    "bin/racket": b"#!/bin/sh\n",
    "collects/": b"",
    "collects/racket/": b"",
    "collects/racket/base.rkt": b"",
    "lib/link": "../README",
}


def with_top(members: Members, top: str = "racket") -> Members:
    """The same members in one directory."""
    return {f"{top}/": b"", **{f"{top}/{path}": data for path, data in members.items()}}


COLLECTS = ("racket", "compiler", "file", "info", "info-domain", "json", "net", "pkg", "planet", "raco", "reader",
            "realm", "s-exp", "setup", "syntax", "version", "xml", "data", "ffi", "openssl", "launcher", "dynext", "db",
            "acks")  # fmt: skip


def racket_tree(racket: Path, folder: Path) -> Path:
    """The tree of an installation in a directory of its own, made from the files of the one of this machine.

    An executable holds the places of its collections and settings, which an installer's are relative to it; byte code
    lies beside the sources.
    """
    (folder / "bin").mkdir(parents=True)
    program = racket.resolve().read_bytes()
    for mark, place in ((b"coLLECTs dIRECTORy:", b"../collects"), (b"coNFIg dIRECTORy:", b"../etc")):
        start = program.index(mark) + len(mark)
        program = program[:start] + place + b"\0\0" + program[start + len(place) + 2 :]
    (folder / "bin/racket").write_bytes(program)
    (folder / "bin/racket").chmod(0o755)
    (folder / "README").write_text("Racket, put together by a test.\n")
    source, compiled = Path("/usr/share/racket/collects"), Path("/usr/lib/racket/compiled/usr/share/racket/collects")
    for name in COLLECTS:
        shutil.copytree(source / name, folder / "collects" / name)
        if (compiled / name).is_dir():
            shutil.copytree(compiled / name, folder / "collects" / name, dirs_exist_ok=True)
    # The packages that the smallest of all installations has.
    (folder / "share/pkgs").mkdir(parents=True)
    for name in ("base", "racket-lib"):
        shutil.copytree(f"/usr/share/racket/pkgs/{name}", folder / "share/pkgs" / name)
    records = " ".join(
        f'("{name}" . #s(pkg-info (catalog "{name}") "{"0" * 40}" #f))' for name in ("base", "racket-lib")
    )
    (folder / "share/pkgs/pkgs.rktd").write_text(f"#hash({records})")
    (folder / "share/links.rktd").write_text('((root (#"pkgs" #"base")) (root (#"pkgs" #"racket-lib")))')
    return folder


def tar_of(folder: Path) -> bytes:
    """A tgz of what is in a folder, made by the program ``tar``."""
    names = sorted(path.name for path in folder.iterdir())
    run = subprocess.run(["tar", "-C", folder, "-cf", "-", *names], capture_output=True, check=True)
    return gzip.compress(run.stdout, 1, mtime=0)
