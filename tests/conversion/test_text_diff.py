"""Unified diffs: as ``difflib`` makes them, true for any texts, and in bounded time."""

from __future__ import annotations

import difflib
import random
import re
import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.conversion.text_diff import TextDiff

texts = st.lists(st.sampled_from(["a", "b", "c", "", "-a", "+b"]), max_size=30)


def applied(old: Sequence[str], diff: Sequence[str]) -> list[str]:
    """The new text that a diff makes of the old one; everything in it is held against the old one."""
    made: list[str] = []
    at = 0
    for line in diff[2:]:
        if line.startswith("@@"):
            hunk = re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line)
            assert hunk is not None
            start = int(hunk[1]) - (hunk[2] != "0")
            made += old[at:start]
            at = start
        elif line.startswith("+"):
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            made += [line[1:]] if line.startswith(" ") else []
            at += 1
    return [*made, *old[at:]]


@given(texts, texts, st.sampled_from([0, 10, 1000]))
def test_a_diff_is_true_however_little_work_is_done(old: list[str], new: list[str], work: int) -> None:
    diff = list(TextDiff(work=work).lines(old, new, "old", "new"))
    assert bool(diff) == (old != new)
    assert diff[:2] in ([], ["--- old", "+++ new"])
    assert applied(old, diff) == new


@pytest.mark.parametrize("seed", range(20))
def test_a_change_here_and_there_is_shown_as_difflib_shows_it(seed: int) -> None:
    dice = random.Random(seed)
    old = [f"line {number}" for number in range(500)]
    new = [line for line in old if dice.random() < 0.98]
    for _ in range(5):
        new.insert(dice.randrange(len(new)), "new")
    assert list(TextDiff().lines(old, new, "a", "b")) == list(difflib.unified_diff(old, new, "a", "b", lineterm=""))


def pair(kind: str, size: int) -> tuple[list[str], list[str]]:
    """The lines of two texts of about ``size`` bytes each."""
    dice = random.Random(5)
    match kind:
        case "few different lines":
            old, new = ([dice.choice("abcdefgh") for _ in range(size // 2)] for _ in range(2))
        case "all different":
            old, new = ([f"{side}{number:10}" for number in range(size // 12)] for side in "ab")
        case "empty lines":
            old, new = [""] * size, [""] * (size - 1)
        case "some often":
            old, new = ([str(dice.randrange(150)) for _ in range(size // 4)] for _ in range(2))
        case "one change":
            old, new = ([*["x"] * (size // 4), side, *["x"] * (size // 4)] for side in "ab")
        case _:
            numbers = [str(number) for number in range(10**8, 10**8 + size // 10)]
            old, new = (dice.sample(numbers, len(numbers)) for _ in range(2))
    return old, new


@pytest.mark.parametrize(
    "kind", ["few different lines", "all different", "empty lines", "some often", "one change", "shuffled"]
)
def test_large_texts_take_bounded_work(kind: str) -> None:
    """Texts of 600 KB; the calls of functions are counted, and inside of them the work."""
    size = 600_000
    old, new = pair(kind, size)
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    diff = TextDiff()
    sys.setprofile(count)
    try:
        lines = list(diff.lines(old, new, "a", "b"))
    finally:
        sys.setprofile(None)
    assert diff.work >= 0
    assert calls < 10 * size
    assert applied(old, lines) == new
    if kind in ("empty lines", "one change"):
        assert len(lines) < 12


def test_many_texts_share_the_work() -> None:
    dice = random.Random(5)
    diff = TextDiff(work=10_000)
    for _ in range(20):
        old, new = ([str(dice.randrange(30)) for _ in range(150)] for _ in range(2))
        assert applied(old, list(diff.lines(old, new, "a", "b"))) == new
    assert 0 <= diff.work < 10_000
