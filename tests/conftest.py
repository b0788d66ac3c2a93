"""Fixtures that every test folder shares."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes, or is made, is no matter of a test: other work on the machine would decide.
settings.register_profile("patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where transactions of the tests, and of all processes that they start, write down what is theirs."""
    before = os.environ.get("XDG_STATE_HOME")
    home = tmp_path_factory.mktemp("state")
    os.environ["XDG_STATE_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Have signals heard by the processes that tests start: what a shell starts with ``&`` ignores Ctrl-C, and with
    ``nohup`` the end of the terminal, and so would all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def ending() -> Iterator[None]:
    """SIGHUP ends the process unless somebody handles it, as it does where nobody has started it with ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session", autouse=True)
def tracker(interruptible: None) -> None:
    """Have the process that Python starts for others to share things there from the beginning: it stays to the end."""
    del interruptible
    resource_tracker.ensure_running()


@pytest.fixture(scope="module", autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """What a module of tests opens is closed at its end: descriptors, and connections to servers that are gone."""
    before = _descriptors()
    yield
    if new := _descriptors() - before:
        gc.collect()
        new &= _descriptors()
    assert not new, f"still open: {sorted(new)}"


def _descriptors() -> set[tuple[str, str]]:
    found = set()
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError):
            found.add((number, os.readlink(f"/proc/self/fd/{number}")))
    return found


@pytest.fixture(scope="session")
def racket() -> str:
    """The path of the real ``racket``; without one the test is skipped, or fails where ``CI`` is set."""
    return _installed("racket", "Racket")


@pytest.fixture(scope="session")
def git() -> str:
    """The same for ``git``."""
    return _installed("git", "git")


def _installed(program: str, called: str) -> str:
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{called} is not installed, and CI is set")
        pytest.skip(f"{called} is not installed")
    return found
