"""Archives and directories as packages."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError, PackageError, UnsafePathError
from pltpack.pkg.checksum import checksum_path
from pltpack.pkg.create import create_package
from pltpack.pkg.modules import module_paths
from pltpack.pkg.staging import open_package
from pltpack.racket.info.info import Info, parse_info
from tests.formats.trees import build

MULTI = {
    "info.rkt": '#lang info\n(define collection \'multi)\n(define version "1.2")\n'
    '(define deps \'("base" ("x" #:version "2.0")))\n',
    "one/main.rkt": "",
    "one/old.ss": "",
    "one/sub/info.rkt": "#lang info\n",
    "two/m.scrbl": "",
    "two/a b.rkt": "",
    "top.rkt": "",
    "tests/t.rkt": "",
}
MODULES = ("one/main.rkt", "one/old.rkt", "tests/t.rkt", "two/m.scrbl")


@pytest.mark.parametrize("format", ["zip", "tgz", "plt", "dir"])
def test_the_same_in_every_format(format: str, tmp_path: Path) -> None:
    build(tmp_path / "kit", MULTI)
    package = tmp_path / "kit"
    made = None
    if format != "dir":
        made = create_package(package, format=format)  # type: ignore[arg-type]
        package = made.path
    staged = open_package(package)
    assert (staged.name, staged.collection, staged.format) == ("kit", None, format)
    assert staged.metadata.version == "1.2"
    assert staged.modules == MODULES
    assert [dependency.source for dependency in staged.dependencies] == ["base", "x"]
    assert staged.collections == ("one", "tests", "two")
    assert {entry.path for entry in staged.entries if entry.kind == "file"} == set(MULTI)
    assert (staged.checksum, staged.checksum_confirmed) == (made and made.checksum, made is not None)
    assert staged.problems == ()


def archive(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name in names:
            zipped.writestr(name, "")
    return path


@pytest.mark.parametrize(
    ("names", "top", "content"),
    [
        (("a/", "a/b.rkt"), "a", ["b.rkt"]),
        (("a/b.rkt",), "a", ["b.rkt"]),
        (("a/a/b.rkt",), "a", ["a/b.rkt"]),
        (("b.rkt",), None, ["b.rkt"]),
        (("a/b.rkt", ".hidden"), None, [".hidden", "a/b.rkt"]),
        (("a/b.rkt", "c/d"), None, ["a/b.rkt", "c/d"]),
    ],
)
def test_a_single_top_directory_is_dropped(
    names: tuple[str, ...], top: str | None, content: list[str], tmp_path: Path
) -> None:
    staged = open_package(archive(tmp_path / "p.zip", *names))
    assert staged.top == top
    assert sorted(entry.path for entry in staged.entries if entry.kind == "file") == content


def test_a_plt_without_info_is_multi(tmp_path: Path) -> None:
    build(tmp_path / "kit", MULTI)
    (tmp_path / "kit" / "info.rkt").rename(tmp_path / "kit" / "info.ss")
    made = create_package(tmp_path / "kit", format="plt")
    assert open_package(made.path).collection is None


def test_checksums(tmp_path: Path) -> None:
    package = archive(tmp_path / "p.zip", "a.rkt", "b")
    assert not open_package(package).checksum_confirmed
    checksum = open_package(package).checksum or ""
    checksum_path(package).write_text(checksum)
    assert open_package(package).checksum_confirmed
    checksum_path(package).write_text(checksum + "\n")
    with pytest.raises(PackageError, match="CHECKSUM"):
        open_package(package)
    assert not open_package(package, check=False).checksum_confirmed


@pytest.mark.parametrize(("file", "name"), [("a.b.zip", None), ("p.ZIP", None), ("p", None), ("ok.tar.gz", "ok")])
def test_names(file: str, name: str | None, tmp_path: Path) -> None:
    package = tmp_path / file
    if file.endswith("gz"):
        with tarfile.open(package, "w:gz") as tar:
            tar.addfile(tarfile.TarInfo("a.rkt"))
        assert open_package(package).name == name
        return
    archive(package, "a.rkt")
    with pytest.raises(PackageError):
        open_package(package)


def test_a_name_may_be_given(tmp_path: Path) -> None:
    staged = open_package(archive(tmp_path / "a.b.zip", "x.rkt", "y"), name="ab")
    assert (staged.name, staged.collection, staged.modules) == ("ab", "ab", ("ab/x.rkt",))


def test_broken_info_counts_as_missing(tmp_path: Path) -> None:
    build(
        tmp_path / "p",
        {"info.rkt": "#lang info\n(define", "info.ss": "#lang info\n(define collection 'multi)", "a.rkt": ""},
    )
    staged = open_package(tmp_path / "p")
    assert (staged.info, staged.collection, staged.modules) == (None, "p", ("p/a.rkt",))
    assert staged.problems[0].startswith("info.rkt cannot be used")


def test_links(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("a.rkt"))
        for name, target, type in (("b.rkt", "a.rkt", tarfile.SYMTYPE), ("d/c.rkt", "../a.rkt", tarfile.SYMTYPE),
                                   ("e.rkt", "nothing", tarfile.SYMTYPE), ("f.rkt", "f.rkt", tarfile.SYMTYPE),
                                   ("h.rkt", "a.rkt", tarfile.LNKTYPE)):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.type, info.linkname = type, target
            tar.addfile(info)
    staged = open_package(tmp_path / "p.tgz")
    assert staged.modules == ("p/a.rkt", "p/b.rkt", "p/d/c.rkt")
    assert [problem.partition(" ")[0] for problem in staged.problems] == ["h.rkt:", "d/c.rkt", "e.rkt", "f.rkt"]


def test_links_in_zip_are_files_for_racket(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as zipped:
        zipped.writestr("a.rkt", "")
        link = zipfile.ZipInfo("l.rkt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        zipped.writestr(link, "a.rkt")
    assert [(entry.path, entry.kind, entry.size) for entry in open_package(tmp_path / "p.zip").entries] == [
        ("a.rkt", "file", 0), ("l.rkt", "file", 5),
    ]  # fmt: skip


def test_hostile_and_damaged_archives(tmp_path: Path) -> None:
    with pytest.raises(UnsafePathError):
        open_package(archive(tmp_path / "up.zip", "../x"))
    with pytest.raises(LimitError):
        open_package(archive(tmp_path / "many.zip", *map(str, range(9))), limits=Limits(entries=5))
    (tmp_path / "bad.tgz").write_bytes(b"\x1f\x8b\x08\0")
    (tmp_path / "bad.zip").write_bytes(b"PK")
    for name in ("bad.tgz", "bad.zip"):
        with pytest.raises(FormatError):
            open_package(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        open_package(tmp_path / "missing.zip")


def info(text: str) -> Info:
    return parse_info(b"#lang info\n" + text.encode())


def test_modules_of_packages_without_sources() -> None:
    files = ["a/compiled/x_rkt.zo", "a/compiled/y_ss.zo", "a/compiled/info_rkt.zo", "a/d/compiled/z_scrbl.zo",
             "b/compiled/w_rkt.zo", "compiled/t_rkt.zo", "a/x_rkt.zo", "a/compiled/other.zo"]  # fmt: skip
    virtual = info("(define assume-virtual-sources #t)")
    assert module_paths(files, None, {"a": virtual, "": virtual}) == ("a/d/z.rkt", "a/x.rkt", "a/y.rkt")
    assert module_paths(files, "c", {"a/d": virtual}) == ("c/a/d/z.rkt",)
    assert module_paths(files, None, {"a": info("(define assume-virtual-sources #f)")}) == ()
