"""What packages say of themselves, where it cannot be evaluated or is of the wrong type."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pltpack.formats.entries import BytesContent, Entry
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.modules import module_paths
from pltpack.pkg.strip.moved import _own_rpath
from pltpack.racket.info.info import parse_info


@pytest.mark.parametrize(
    ("definitions", "problem"),
    [
        ('(define version (path->string (collection-path "x")))', "collection-path"),
        ('(define collection (path->string (collection-path "x")))', "collection cannot be evaluated"),
        ("(define deps (list (build-path \"a\")))", "deps holds"),
        ("(define deps (list car))", "deps holds"),
        ("(define implies '(5))", "implies is not a list of package names"),
    ],
)  # fmt: skip
def test_problems(definitions: str, problem: str) -> None:
    metadata = read_metadata("p", parse_info(f"#lang info\n{definitions}\n".encode()))
    assert len(metadata.problems) == 1
    assert problem in metadata.problems[0]
    assert (metadata.collection, metadata.version, metadata.dependencies) == ("p", "0.0", ())


def test_dependencies() -> None:
    info = parse_info(
        b'#lang info\n(define deps \'("a" ("b.zip") ("c" "1.0") ("d" #:platform #rx"x" #:version "2.0")))\n'
        b"(define implies '(core \"b\"))\n(define collection 'use-pkg-name)\n"
    )
    metadata = read_metadata("p", info)
    assert metadata.problems == ()
    assert [(one.source, one.version) for one in metadata.dependencies] == [
        ("a", None), ("b.zip", None), ("c", "1.0"), ("d", "2.0"),
    ]  # fmt: skip


def test_virtual_sources_that_cannot_be_evaluated() -> None:
    info = parse_info(b'#lang info\n(define assume-virtual-sources (collection-path "x"))\n')
    assert module_paths(["a/compiled/x_rkt.zo"], None, {"a": info}) == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x7fELF..$ORIGIN:/opt/lib\0..", b"\x7fELF..$ORIGIN" + bytes(10) + b".."),
        (b"\x7fELF..$ORIGIN:/opt/library\0", b"\x7fELF..$ORIGIN:/opt/library\0"),
        (b"text $ORIGIN:/opt/lib\0", b"text $ORIGIN:/opt/lib\0"),
    ],
)
def test_search_path_of_installed_libraries(data: bytes, expected: bytes) -> None:
    entry = Entry("libx.so", "file", 0o755, 0, len(data), BytesContent(data))
    assert _own_rpath(entry, SimpleNamespace(lib_dir="/opt/lib")).read() == expected  # type: ignore[arg-type]
