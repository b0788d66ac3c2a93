"""The time that a document says it was made at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from pltpack.errors import PltError
from pltpack.lock.values import Lock

_LATEST = 253402300799
"""The last second of the year 9999."""


def made_at(lock: Lock, environ: Mapping[str, str] = os.environ) -> datetime:
    """The time that ``SOURCE_DATE_EPOCH`` says or, so that the same lock gives the same bytes, when it was made.

    Raises ``PltError`` for what is no time.
    """
    given = environ.get("SOURCE_DATE_EPOCH")
    if given:
        if not (given.isascii() and given.isdecimal() and len(given) < 16 and int(given) <= _LATEST):
            raise PltError(f"SOURCE_DATE_EPOCH is {given!r}", hint="it is a number of seconds since 1970")
        return datetime.fromtimestamp(int(given), UTC)
    try:
        return datetime.strptime(lock.asked, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise PltError(f"the lock file was made at {lock.asked!r}, which is no time") from None
