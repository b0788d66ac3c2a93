"""Servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pltpack.server.accounts import passwords
from tests.server.running import Running, running

_REAL = passwords._HASHER


@pytest.fixture(autouse=True, scope="session")
def quick_hashes() -> Iterator[None]:
    """Let passwords cost little: what they should cost is told by :func:`real_hasher`."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # type: ignore[misc]
    passwords._nobody.cache_clear()
    yield
    passwords._HASHER = _REAL  # type: ignore[misc]
    passwords._nobody.cache_clear()


@pytest.fixture
def real_hasher() -> PasswordHasher:
    """What makes hashes elsewhere."""
    return _REAL


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server with an empty catalog, whose jobs wait until a test does them."""
    with running(tmp_path) as found:
        yield found
