"""Comparing packages of all formats."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.compare import Aspect, Comparison, compare, text_diff
from pltpack.errors import HeaderError, PackageError
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import Format
from tests.pkg.packages import TIME, write

FORMATS: tuple[Format, ...] = ("plt", "zip", "tgz", "tar", "dir")


def file(path: str, data: bytes = b"data\n", mode: int = 0o644) -> Entry:
    return Entry(path, "file", mode, TIME, len(data), BytesContent(data))


def folder(path: str, mode: int = 0o755) -> Entry:
    return Entry(path, "directory", mode, TIME)


MULTI = file("info.rkt", b"#lang info\n(define collection 'multi)\n")
BASE = [MULTI, folder("kit"), file("kit/main.rkt", b"#lang racket\n1\n"), file("kit/old.rkt"), folder("kit/empty")]
NEXT = [MULTI, folder("kit"), file("kit/main.rkt", b"#lang racket\n2\n"), file("kit/new.rkt")]


def differences(comparison: Comparison) -> tuple[list[str], list[str], list[tuple[str, tuple[Aspect, ...]]]]:
    changed = [(change.path, change.aspects) for change in comparison.changed]
    return sorted(comparison.added), sorted(comparison.removed), changed


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path / "a", tmp_path / "b"


@pytest.mark.parametrize("one", FORMATS)
@pytest.mark.parametrize("other", FORMATS)
def test_any_two_formats_show_the_same_differences(one: Format, other: Format, places: tuple[Path, Path]) -> None:
    a, b = write(BASE, one, places[0]), write(NEXT, other, places[1])
    expected = (
        ["kit/new.rkt"],
        ["kit/empty", "kit/old.rkt"],
        [("kit/main.rkt", ("content",))],
    )
    assert differences(compare(a, b, view="package")) == expected
    assert compare(a, a, view="package").equal
    assert compare(a, write(BASE, other, places[1] / ".."), view="package").equal


@pytest.mark.parametrize(
    ("one", "other", "aspects"),
    [("zip", "tgz", ("mode",)), ("zip", "dir", ("mode",)), ("zip", "plt", ()), ("plt", "tar", ())],
)
def test_permissions_are_compared_where_both_formats_have_them(
    one: Format, other: Format, aspects: tuple[str, ...], places: tuple[Path, Path]
) -> None:
    a = write([MULTI, file("run.sh", mode=0o644)], one, places[0])
    b = write([MULTI, file("run.sh", mode=0o755)], other, places[1])
    assert differences(compare(a, b)) == ([], [], [("run.sh", aspects)] if aspects else [])


def test_kinds_and_targets_of_links(places: tuple[Path, Path]) -> None:
    a = write([file("x"), Entry("to", "link", 0o755, TIME, target="x"), file("y")], "tar", places[0])
    b = write([file("x"), Entry("to", "link", 0o755, TIME, target="y"), folder("y")], "tgz", places[1])
    assert differences(compare(a, b)) == ([], [], [("to", ("target",)), ("y", ("kind",))])


def test_directories_that_are_only_implied_are_there(places: tuple[Path, Path]) -> None:
    a = write([folder("a"), folder("a/b"), file("a/b/c")], "zip", places[0])
    b = write([file("a/b/c")], "zip", places[1])
    assert compare(a, b).equal


def test_a_plt_is_compared_as_the_package_that_it_holds(places: tuple[Path, Path]) -> None:
    plt = places[0] / "kit.plt"
    with create_archive(plt, Header("kit")) as archive:
        archive.add_file(("collects", "kit", "main.rkt"), b"1", 1)
        archive.add_file(("doc", "kit", "kit.scrbl"), b"2", 1)
    generated = file("info.rkt", b"#lang setup/infotab\n(define collection (quote multi))\n")
    package = [generated, file("kit/main.rkt", b"1"), file("kit/kit.scrbl", b"2")]
    assert compare(plt, write(package, "zip", places[1])).equal
    assert differences(compare(plt, write(package, "tgz", places[1]), view="stored"))[0] == [
        "info.rkt", "kit", "kit/kit.scrbl", "kit/main.rkt",
    ]  # fmt: skip


def test_headers_of_two_plt_archives(places: tuple[Path, Path]) -> None:
    headers = Header("old", requires=((("mzscheme",), (370,)),)), Header("new", collections=(("kit",), ("kit", "sub")))
    paths = [place / "x.plt" for place in places]
    for path, header in zip(paths, headers, strict=True):
        with create_archive(path, header) as archive:
            archive.add_file(("collects", "x"), b"1", 1, replace=header.name == "new")
    comparison = compare(*paths)
    assert comparison.header == (
        ("name", "'old'", "'new'"),
        ("requires", "mzscheme 370", "nothing"),
        ("collections", "nothing", "kit, kit/sub"),
    )
    assert differences(comparison) == ([], [], [("collects/x", ("replace",))])


def test_two_files_that_would_be_one_in_the_package(tmp_path: Path) -> None:
    path = tmp_path / "x.plt"
    with create_archive(path, Header("x")) as archive:
        archive.add_file(("collects", "x"), b"1", 1)
        archive.add_file(("lib", "x"), b"2", 1)
    with pytest.raises(PackageError, match="x is there twice, when the package is put together"):
        compare(path, path, view="package")
    assert compare(path, path).equal


def test_a_header_of_no_known_shape_is_no_package() -> None:
    from pltpack.codec.header import Preamble
    from pltpack.codec.writer import ArchiveWriter

    sink = io.BytesIO()
    with ArchiveWriter(sink, Preamble(1, 2)) as archive:
        archive.add_file(("x",), b"1", 1)
    sink.seek(0)
    with pytest.raises(HeaderError, match="--as-stored"):
        compare(sink, sink, view="package")
    sink.seek(0)
    assert compare(sink, sink).equal


def test_a_text_diff_shows_lines_and_names_binary_files(places: tuple[Path, Path]) -> None:
    a = write([file("t", b"one\ntwo\n"), file("b", b"\xff\0"), file("same", b"x")], "zip", places[0])
    b = write([file("t", b"one\n2"), file("b", b"\xff\1"), file("same", b"x")], "tar", places[1])
    assert list(text_diff(a, b, compare(a, b), names=("old", "new"))) == [
        "--- old/t", "+++ new/t", "@@ -1,2 +1,2 @@", " one", "-two", "+2\n\\ No newline at end of file",
        "Binary files old/b and new/b differ",
    ]  # fmt: skip
