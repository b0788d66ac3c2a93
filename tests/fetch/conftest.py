"""A cache and a fetcher of the test's own, a server, and repositories made by the real git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.transport import NetworkPolicy
from tests.servers import Server, serving

QUICK = NetworkPolicy(timeout=5, pause=0)

MakeFetcher: TypeAlias = Callable[..., Fetcher]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def fetcher(cache: Cache) -> Iterator[MakeFetcher]:
    """``fetcher(offline=True)``: one that works with the test's cache."""
    made = []

    def make(**options: object) -> Fetcher:
        made.append(Fetcher(**{"cache": cache, "policy": QUICK, **options}))  # type: ignore[arg-type]  # as they come
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "site").mkdir(exist_ok=True)
    with serving(tmp_path / "site") as running:
        yield running


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with nothing of the user's."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z",
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=master", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
