"""Counts the comparisons with the real Racket, and says at the end of the run how many there were."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_PROPERTY = "comparisons with Racket"

Compared = Callable[[int], None]
"""Called with the number of comparisons that were made."""


@pytest.fixture
def compared(request: pytest.FixtureRequest) -> Compared:
    """Counts comparisons: the number of values, archives, trees or listings held against Racket's."""

    def count(number: int) -> None:
        request.node.user_properties.append((_PROPERTY, number))

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sum over all tests."""
    total = sum(
        number
        for report in terminalreporter.getreports("passed")
        for name, number in report.user_properties
        if report.when == "call" and name == _PROPERTY
    )
    if total:
        terminalreporter.write_line(f"{total} comparisons with the real Racket")
