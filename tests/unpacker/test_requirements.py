"""Requirements and conflicts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from pltpack.codec.header import Header, Version
from pltpack.errors import ConflictError, RequirementError
from pltpack.racket.collections import CollectionIndex
from pltpack.unpacker.requirements import requirement_problems, version_in_info
from tests.unpacker.installations import collection, installation

VERSIONS: list[tuple[str | None, Version, bool]] = [
    ("(define version '(2 5 4 7))", (), True),
    ("(define version '(2 5 4 7))", (2,), True),
    ("(define version '(2 5 4 7))", (2, 5, 4, 7), True),
    ("(define version '(2 5 4 7))", (2.0, 5), True),
    ("(define version '(5/2))", (2.5,), True),
    ("(define version '(2 5 4 7))", (3,), False),
    ("(define version '(2 5 4 7))", (1,), False),
    ("(define version '(2 5 4 7))", (2, 6), False),
    ("(define version '(2 5 4 7))", (Fraction(5, 2),), False),
    ("(define version '(2 5 4 7))", (2, 5, 4, 7, 0), False),
    ("(define version '(1 #t x))", (1, 1), False),
    ('(define name "x")', (), True),
    ('(define name "x")', (1,), False),
    (None, (), True),
    (None, (1,), False),
    ('(define version "1.2")', (), True),
    ('(define version "1.2")', (1,), False),
    ("(define version 1)", (1,), False),
    ("(define version '(1)) (define other (car '()))", (1,), False),
    ("(define version '(1)) (((", (1,), False),
    ("(define version '(1)) (((", (), True),
]


def problems(header: Header, root: Path, *, force: bool = False) -> list[RequirementError | ConflictError | str]:
    found = installation(root)
    return list(requirement_problems(header, CollectionIndex(found), version_in_info(found), force=force))


@pytest.mark.parametrize(("info", "required", "met"), VERSIONS)
def test_versions(info: str | None, required: Version, met: bool, tmp_path: Path) -> None:
    collection(tmp_path, "c", info)
    header = Header("x", requires=((("c",), required),))
    found = problems(header, tmp_path)
    assert len(found) == (not met)
    assert all(isinstance(problem, RequirementError) for problem in found)
    warnings = problems(header, tmp_path, force=True)
    assert len(warnings) == (not met)
    assert all(isinstance(warning, str) for warning in warnings)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        (("c",), True),
        (("c", "sub"), True),
        (("c", "file"), False),
        (("c/sub",), True),
        (("c", "..", "c"), True),
        (("d",), False),
        (("c", "d"), False),
        (("",), False),
        (("/c",), False),
        (("c\0",), False),
    ],
)
def test_presence(path: tuple[str, ...], there: bool, tmp_path: Path) -> None:
    directory = collection(tmp_path, "c")
    (directory / "sub").mkdir()
    (directory / "file").touch()
    required = problems(Header("x", requires=((path, ()),)), tmp_path)
    assert [type(problem) for problem in required] == ([] if there else [RequirementError])
    conflicting = problems(Header("x", conflicts=(path,)), tmp_path)
    assert [type(problem) for problem in conflicting] == ([ConflictError] if there else [])


def test_order_and_force(tmp_path: Path) -> None:
    collection(tmp_path, "c", "(define version '(1))")
    header = Header("x", requires=((("no",), ()), (("c",), (1,)), (("c",), (2,))), conflicts=(("no",), ("c",)))
    first, second, third = problems(header, tmp_path)
    assert isinstance(first, RequirementError)
    assert (first.collection, first.installed) == (("no",), None)
    assert isinstance(second, RequirementError)
    assert (second.required, second.installed) == ((2,), (1,))
    assert isinstance(third, ConflictError)
    assert third.collection == ("c",)
    forced = problems(header, tmp_path, force=True)
    assert [type(problem) for problem in forced] == [str, str, ConflictError]


def test_messages(tmp_path: Path) -> None:
    collection(tmp_path, "c", "(define version '(1 2))")
    header = Header("x", requires=((("no", "sub"), ()), (("c",), (2, 0))), conflicts=(("c",),))
    texts = [str(problem) for problem in problems(header, tmp_path)]
    for text, parts in zip(
        texts,
        [("no/sub", "not installed", "--force"), ("(2 0)", "(1 2)", " c,"), (str(tmp_path), "--no-check")],
        strict=True,
    ):
        assert all(part in text for part in parts)
