"""How it goes with a source: a state, and what each look at it makes of that. Pure; the time and chance are passed in.

``new`` is a source that nobody has looked at; then it is ``ok`` (there was something new), ``unchanged`` or ``failed``.
After a failure the next look comes the later, the more there were; what is known of the package stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["new", "ok", "unchanged", "failed"]

LONGEST: Final = 24 * 3600
"""Seconds to the next look at a source that fails, at most."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of a source. Times are seconds since 1970: ``since`` when it began to fail, ``checked`` the last
    look, ``due`` the next one. ``code`` and ``message`` tell the failure; ``etag`` is what its server called it."""

    state: State = "new"
    failures: int = 0
    code: str | None = None
    message: str | None = None
    since: int | None = None
    checked: int | None = None
    due: int = 0
    etag: str | None = None

    def is_stale(self, now: int, days: int) -> bool:
        """Whether it has failed for so long that people should know."""
        return self.since is not None and now - self.since >= days * 86400


def succeeded(*, now: int, changed: bool, hours: int, chance: float, etag: str | None = None) -> Check:
    """After a look that went well. ``hours`` lie between two of them, ``chance`` (0 to 1) spreads them by a tenth."""
    pause = hours * 3600 * (0.95 + 0.1 * chance)
    return Check(state="ok" if changed else "unchanged", checked=now, due=now + int(pause), etag=etag)


def failed(
    check: Check, code: str, message: str, *, now: int, base: int, chance: float, wait: int | None = None
) -> Check:
    """After a look that failed: the next one comes in ``base`` seconds, twice that after each further failure, a day
    at most, and up to half of that later by ``chance`` (0 to 1). ``wait`` is what the server asked for, and is kept to
    within that day.
    """
    number = check.failures + 1
    pause = min(LONGEST, base * 2 ** min(check.failures, 20))
    pause = min(LONGEST, int(pause * (1 + chance / 2)))
    if wait is not None:
        pause = min(LONGEST, max(pause, wait))
    return replace(
        check,
        state="failed",
        failures=number,
        code=code,
        message=message,
        since=now if check.since is None else check.since,
        checked=now,
        due=now + pause,
    )
