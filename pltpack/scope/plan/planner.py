"""From what is asked to a plan: what is not known is found out, and questions are asked, until nothing is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pltpack.errors import BlockedError, PltError, UnknownPackageError
from pltpack.scope.plan.values import Content, Known, Plan, Question, Undecided, Unknown, Wish


class Sources(Protocol):
    """What says what is at a source; the one place where a plan meets the disk and the network."""

    def contents(self, wishes: Sequence[Wish]) -> Sequence[Content | Exception]:
        """What is at each source, fetched and checked; in the place of one that cannot be had, the error."""
        ...

    def checksums(self, wishes: Sequence[Wish]) -> Sequence[str | Exception | None]:
        """The checksum that each source has today; ``None`` where there is none to be had."""
        ...


Ask = Callable[[Question], bool]
"""Answers a question; raises :class:`~pltpack.errors.BlockedError` to give up."""


def make_plan(make: Callable[[Known], Plan], sources: Sources, ask: Ask | None = None) -> Plan:
    """Call ``make``, a pure function of what is known, until it has all that it needs.

    Without ``ask`` every question is answered with no. Raises what ``make`` and the sources raise: of several sources
    that fail, the first error.
    """
    known = Known()
    while True:
        try:
            return make(known)
        except Undecided as undecided:
            question = undecided.question
            known.answers[question.key] = ask(question) if ask is not None else False
        except Unknown as unknown:
            _find_out(unknown.needs.contents, unknown.needs.checksums, known, sources)


def _find_out(contents: Sequence[Wish], checksums: Sequence[Wish], known: Known, sources: Sources) -> None:
    for wish, checksum in zip(checksums, sources.checksums(checksums) if checksums else (), strict=True):
        if isinstance(checksum, UnknownPackageError):
            known.missing.add(wish.name)
        elif isinstance(checksum, Exception):
            raise checksum
        else:
            known.checksums[wish.key] = checksum
    for wish, content in zip(contents, sources.contents(contents) if contents else (), strict=True):
        if isinstance(content, Exception):
            raise content
        known.contents[wish.key] = content


def canceled() -> BlockedError:
    """The error for somebody who did not want to go on."""
    return BlockedError("canceled")


__all__ = ["Ask", "PltError", "Sources", "canceled", "make_plan"]
