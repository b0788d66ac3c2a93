"""Says at the end of the run how many archives were judged, and how many of the disagreements were reported."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have counted, a line for each format."""
    counts: dict[str, dict[str, int]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            format, archives, what = (*name.split(" "), "", "")[:3]
            if report.when == "call" and archives == "archives":
                counts.setdefault(format, {})[what] = number
    for format, found in sorted(counts.items()):
        terminalreporter.write_line(
            f"{format}: {found['generated']:,} archives generated, {found['disagreements']:,} disagreements among "
            f"the readers, {found['reported']:,} of them reported by verify; {found['refused']:,} refused"
        )
