"""What the tests of sites have in common."""

from __future__ import annotations

import obstore
import pytest
from obstore.store import MemoryStore


@pytest.fixture(scope="session", autouse=True)
def loop_of_stores() -> None:
    """obstore has one loop of events for the whole process from the first call on: no test left that open."""
    obstore.put(MemoryStore(), "x", b"")
