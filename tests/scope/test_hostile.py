"""Packages that mean harm: each is refused before anything is written into the scope."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.errors import PltError
from tests.scope.scopes import FORCE, make_package, picture, scope_in

Maker = Callable[[Path], Path]


def zipped(*members: tuple[str, bytes, int]) -> Maker:
    """An archive of members: their names, data and modes."""

    def make(folder: Path) -> Path:
        file = folder / "x.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data, mode in members:
                info = zipfile.ZipInfo(name)
                info.create_system, info.external_attr = 3, mode << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        return file

    return make


def tarred(name: str, kind: bytes, target: str = "") -> Maker:
    """A tar archive with one member of a kind."""

    def make(folder: Path) -> Path:
        file = folder / "x.tgz"
        with tarfile.open(file, "w:gz") as archive:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
            main = tarfile.TarInfo("main.rkt")
            main.size = 1
            archive.addfile(main, io.BytesIO(b"\n"))
        return file

    return make


FILE = stat.S_IFREG | 0o644
HOSTILE: dict[str, Maker] = {
    "upwards": zipped(("../x.rkt", b"", FILE)),
    "upwards further in": zipped(("a/../../x.rkt", b"", FILE)),
    "an absolute path": zipped(("/etc/x.rkt", b"", FILE)),
    "two things of one name": zipped(("a", b"1", FILE), ("a/b", b"2", FILE)),
    "a device": tarred("x", tarfile.CHRTYPE),
    "a link outwards": tarred("x", tarfile.SYMTYPE, "../../../etc/passwd"),
    "a link to an absolute path": tarred("x", tarfile.SYMTYPE, "/etc/passwd"),
    "a bomb": zipped(("zeros", bytes(300 << 20), FILE)),
    "a name for the area of a transaction": zipped((".pltpack-0/x", b"", FILE)),
    "info that never ends": zipped(
        ("info.rkt", b"#lang info\n(define f (lambda () (f)))\n(define deps (f))\n", FILE), ("../y", b"", FILE)
    ),
    "info that is none, and a name outwards": zipped(("info.rkt", b"#lang racket\n", FILE), ("../y", b"", FILE)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    archive = HOSTILE[name](source)
    good = make_package(source / "good.zip")
    with scope_in(tmp_path) as scope:
        before = picture(tmp_path)
        with pytest.raises(PltError):
            scope.apply(scope.plan(install=[str(good), str(archive)], options=FORCE))
        assert picture(tmp_path) == before
        assert not scope.packages


def test_two_packages_that_claim_one_collection(tmp_path: Path) -> None:
    claims = {"info.rkt": '#lang info\n(define collection "games")\n'}
    archives = [str(make_package(tmp_path / f"{name}.zip", "1.0", "", **claims)) for name in ("a", "b")]
    with scope_in(tmp_path) as scope:
        with pytest.raises(PltError, match="packages conflict"):
            scope.apply(scope.plan(install=archives))
        assert not scope.packages
        scope.apply(scope.plan(install=archives[:1]))
        before = picture(tmp_path)
        with pytest.raises(PltError, match="packages conflict"):
            scope.apply(scope.plan(install=archives[1:]))
        assert picture(tmp_path) == before
