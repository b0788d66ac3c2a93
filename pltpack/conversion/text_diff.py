"""Two texts line by line, as a unified diff, in bounded time.

The lines are compared by ``difflib``, whose time can grow with the cube of their number. So its work is counted: when
there has been enough, what is left to compare counts as replaced, which is a true diff still, only a longer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Final

WORK: Final = 5_000_000
"""Pairs of lines that are compared before what is left counts as replaced."""

_CONTEXT: Final = 3


class TextDiff:
    """Makes diffs; all that one of them makes share ``work``, see :data:`WORK`."""

    def __init__(self, *, work: int = WORK) -> None:
        self.work = work

    def lines(self, old: Sequence[str], new: Sequence[str], left: str, right: str) -> Iterator[str]:
        """The lines of a unified diff, without line ends; ``left`` and ``right`` are the names of the texts."""
        matcher = _Matcher(self, old, new)
        for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
            if number == 0:
                yield f"--- {left}"
                yield f"+++ {right}"
            first, last = group[0], group[-1]
            yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
            for kind, start, stop, new_start, new_stop in group:
                if kind == "equal":
                    yield from (f" {line}" for line in old[start:stop])
                    continue
                yield from (f"-{line}" for line in old[start:stop])
                yield from (f"+{line}" for line in new[new_start:new_stop])


class _Matcher(SequenceMatcher[str]):
    """Compares what is not the same at the start and at the end of two texts, as long as there is work left."""

    b2j: dict[str, list[int]]
    """Where each line stands in the new text."""

    def __init__(self, diff: TextDiff, old: Sequence[str], new: Sequence[str]) -> None:
        self._diff = diff
        shorter = min(len(old), len(new))
        self._start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
        most = shorter - self._start
        self._end = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
        self._sizes = len(old), len(new)
        self._old = old[self._start : len(old) - self._end]
        super().__init__(None, self._old, new[self._start : len(new) - self._end])
        same = (len(self.b2j.get(line, ())) + 1 for line in self._old)
        self._costs = list(accumulate(same, initial=0))

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        ahi = len(self._old) if ahi is None else ahi
        cost = self._costs[ahi] - self._costs[alo]
        if cost > self._diff.work:
            return Match(alo, blo, 0)
        self._diff.work -= cost
        return super().find_longest_match(alo, ahi, blo, bhi)

    def get_matching_blocks(self) -> list[Match]:
        """The blocks of the whole texts."""
        start = self._start
        inner = [Match(a + start, b + start, size) for a, b, size in super().get_matching_blocks()[:-1]]
        old, new = self._sizes
        blocks = [Match(0, 0, start), *inner, Match(old - self._end, new - self._end, self._end)]
        return [*(block for block in _joined(blocks) if block.size), Match(old, new, 0)]


def _joined(blocks: Sequence[Match]) -> list[Match]:
    """The blocks, those as one that follow each other at once."""
    joined = [blocks[0]]
    for block in blocks[1:]:
        before = joined[-1]
        if (before.a + before.size, before.b + before.size) == (block.a, block.b):
            joined[-1] = Match(before.a, before.b, before.size + block.size)
        else:
            joined.append(block)
    return joined


def _range(start: int, stop: int) -> str:
    """Lines as the head of a hunk gives them: the first, counted from one, and how many, if not one."""
    if stop - start == 1:
        return str(start + 1)
    return f"{start + (stop > start)},{stop - start}"
