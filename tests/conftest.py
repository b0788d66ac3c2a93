"""Fixtures that every test folder shares."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def racket() -> str:
    """The path of the real ``racket``; without one the test is skipped, or fails where ``CI`` is set."""
    found = shutil.which("racket")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Racket is not installed, and CI is set")
        pytest.skip("Racket is not installed")
    return found
