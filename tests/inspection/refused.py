"""Small packages that ``raco pkg install`` refuses or turns into something else, by what is odd about them."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

INFO = b'#lang info\n(define collection "vq")\n'
MAIN = b"#lang racket/base\n"


class _Pipe(io.RawIOBase):
    """A stream that cannot seek, as standard output is."""

    def __init__(self, sink: io.BufferedWriter) -> None:
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        return self._sink.write(data)


def _stored_descriptor(path: Path) -> None:
    with path.open("wb") as sink, zipfile.ZipFile(_Pipe(sink), "w", zipfile.ZIP_STORED) as output:
        output.writestr("info.rkt", INFO)
        output.writestr("main.rkt", MAIN)


def _zip64(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as output:
        for name, data in (("info.rkt", INFO), ("main.rkt", MAIN)):
            with output.open(name, "w", force_zip64=True) as member:
                member.write(data)


def _link_in_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as output:
        output.writestr("info.rkt", INFO)
        output.writestr("main.rkt", MAIN)
        link = zipfile.ZipInfo("again.rkt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        output.writestr(link, "main.rkt")


def plain_zip(path: Path) -> None:
    """A package with nothing odd in it."""
    with zipfile.ZipFile(path, "w") as output:
        output.writestr("info.rkt", INFO)
        output.writestr("main.rkt", MAIN)


def _tar(*members: tuple[str, bytes, bytes | str], mode: str = "w") -> Callable[[Path], None]:
    """A tar archive of names, kinds, and the data of files or the targets of links."""

    def write(path: Path) -> None:
        with tarfile.open(path, mode) as output:  # type: ignore[call-overload]  # the mode is a parameter
            for name, kind, what in members:
                member = tarfile.TarInfo(name)
                member.type = kind
                if isinstance(what, str):
                    member.linkname = what
                    output.addfile(member)
                else:
                    member.size = len(what)
                    output.addfile(member, io.BytesIO(what))

    return write


def _link(name: str, target: str) -> tuple[str, bytes, str]:
    return name, tarfile.SYMTYPE, target


_INFO = ("info.rkt", tarfile.REGTYPE, INFO)


def _omitting(field: str, value: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.mkdir()
        (path / "info.rkt").write_text(f'#lang info\n(define collection "vq")\n(define {field} {value})\n')

    return write


REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "stored with a descriptor": ("vq.zip", _stored_descriptor, "racket-refuses"),
    "ZIP64": ("vq.zip", _zip64, "racket-refuses"),
    "suffix in capitals": ("VQ.ZIP", plain_zip, "suffix"),
    "a tgz called zip": ("vq.zip", _tar(_INFO, mode="w:gz"), "suffix"),
    "a zip called tgz": ("vq.tgz", plain_zip, "suffix"),
    "a zip called plt": ("vq.plt", plain_zip, "suffix"),
    "a name with @": ("v@q.zip", plain_zip, "package-name"),
    "a link to nothing": ("vq.tgz", _tar(_INFO, _link("gone", "nowhere"), mode="w:gz"), "package"),
    "a link to itself": ("vq.tgz", _tar(_INFO, _link("l", "l"), mode="w:gz"), "package"),
    "two links in a circle": ("vq.tar", _tar(_INFO, _link("a", "b"), _link("b", "a")), "package"),
    "a link to the directory it is in": (
        "vq.tar",
        _tar(_INFO, ("d/f", tarfile.REGTYPE, b"x"), _link("d/l", ".")),
        "package",
    ),
    "a link with ..": ("vq.tar", _tar(_INFO, _link("d/l", "../info.rkt")), "package"),
    "a link that leads out without the top": (
        "vq.tar",
        _tar(("g/info.rkt", tarfile.REGTYPE, INFO), _link("g/s/l", "../../g/info.rkt")),
        "package",
    ),
    "a file called .": ("vq.tar", _tar(("g/.", tarfile.REGTYPE, b"x")), "unsafe-path"),
    "a directory of the oldest tar": ("vq.tar", _tar(_INFO, ("sub/", tarfile.AREGTYPE, b"")), "racket-refuses"),
    **{
        f"{field} {value}": ("vq", _omitting(field, value), "package")
        for field in ("compile-omit-paths", "compile-omit-files")
        for value in ('"tests"', "'(tests)", "'(\"\")", "'(\"/abs\")", "'(all)", "#t", "(list #rx#\"x\")")
    },
}  # fmt: skip
"""Name of the file, what writes it, and the code of the finding."""

OTHERWISE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a link in zip": ("vq.zip", _link_in_zip, "read-differently"),
    "a hard link": ("vq.tar", _tar(_INFO, ("h", tarfile.LNKTYPE, "info.rkt")), "ignored"),
}
"""What is installed as something else."""

FINE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "zip": ("vq.zip", plain_zip),
    "a tgz called tar": ("vq.tar", _tar(_INFO, mode="w:gz")),
    "a tar called tgz": ("vq.tgz", _tar(_INFO)),
    "a link to a file": ("vq.tgz", _tar(_INFO, _link("l", "info.rkt"), mode="w:gz")),
    "a link to a directory": ("vq.tar", _tar(_INFO, ("d/f", tarfile.REGTYPE, b"x"), _link("l", "d"))),
    "a link through a link": ("vq.tar", _tar(_INFO, _link("a", "info.rkt"), _link("b", "a"))),
    "compile-omit-paths all": ("vq", _omitting("compile-omit-paths", "'all")),
    "compile-omit-paths of strings": ("vq", _omitting("compile-omit-paths", '\'("tests" #rx"x")')),
}
"""What is not refused, although it looks like it."""
