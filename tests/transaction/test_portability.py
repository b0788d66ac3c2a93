"""Names that are traps on other systems."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.transaction.portability import collisions, folded, portability_traps


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("con", "device"),
        ("NUL.txt", "device"),
        ("com\u00b9", "device"),
        ("LPT0", "device"),
        ("CONOUT$", "device"),
        ("a:b", "':'"),
        ("a\\b", "does not allow"),
        ("a?", "'?'"),
        ("end.", "dot or a space"),
        ("end ", "dot or a space"),
        ("PROGRA~1", "short form"),
        ("git~2.ex", "short form"),
        ("a\x1bb", "control character"),
        ("a\nb", "control character"),
        ("a\u202eb", "direction"),
        ("\u2066x", "direction"),
        ("e\u0301", "normal form C"),
        ("~root", "tilde"),
        ("-rf", "hyphen"),
        ("x" * 256, "longer than 255"),
        ("é" * 200, "longer than 255"),
    ],
)
def test_traps(name: str, says: str) -> None:
    traps = portability_traps(("dir", name))
    assert any(says in trap for trap in traps), traps


@pytest.mark.parametrize("name", ["main.rkt", ".gitignore", "a b", "É", "日本", "com", "x" * 255, "a-b", "b~", "co.n"])
def test_plain_names_are_no_traps(name: str) -> None:
    assert portability_traps((name,)) == []


def test_long_paths_are_a_trap() -> None:
    assert portability_traps(("x" * 130, "y" * 129)) == []
    assert "261 characters" in portability_traps(("x" * 130, "y" * 130))[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README", "readme"),
        ("Straße", "STRASSE"),
        ("\u00e9", "e\u0301"),
        ("\u212b", "\u00e5"),
        ("\ufb01le", "FILE"),
        ("\u03a3", "\u03c2"),
    ],
)
def test_folding_makes_equal_what_some_disk_takes_for_equal(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@settings(max_examples=300)
@given(st.text(max_size=6))
def test_folding_is_stable(name: str) -> None:
    once = folded(name)
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, name)) == once


def test_collisions_list_the_spellings_of_each_path() -> None:
    paths = [("a", "x"), ("A", "x"), ("a", "README"), ("A", "readme"), ("b", "x"), ("b", "x")]
    assert collisions(paths) == [["A", "a"], ["A/readme", "a/README"]]
    assert collisions([("a",), ("b",)]) == []
