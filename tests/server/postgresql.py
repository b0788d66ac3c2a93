"""Debian's PostgreSQL in a folder of a test, which stops with it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest


def programs() -> Path:
    """Where its programs are; without them the test is skipped, or fails where ``CI`` is set."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI is set")
        pytest.skip("PostgreSQL is not installed")
    return Path(initdb).parent


@dataclass(frozen=True)
class Cluster:
    """A server that listens at a socket alone, as the tests need it: nothing is synced."""

    url: str
    control: list[str]
    options: str
    settings: dict[str, Any]

    def start(self) -> None:
        subprocess.run([*self.control, "-o", self.options, "start"], check=True, **self.settings)

    def stop(self) -> None:
        """Have it be gone as by a kill."""
        subprocess.run([*self.control, "-m", "immediate", "stop"], check=True, **self.settings)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server."""
    with cluster() as found:
        yield found.url


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server that can be stopped and started."""
    place = programs()
    # The path of a socket is short.
    with TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        data = Path(folder, "data")
        user: dict[str, Any] = {}
        if os.geteuid() == 0:  # as root it does not start
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        initdb = [
            str(place / "initdb"),
            "-D",
            str(data),
            "-U",
            "pltpack",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, **quiet, **user)
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        control = [str(place / "pg_ctl"), "-D", str(data), "-w", "-l", f"{folder}/log"]
        url = f"postgresql://pltpack@/postgres?host={quote(folder, safe='')}"
        found = Cluster(url, control, options, {**quiet, **user})
        found.start()
        try:
            yield found
        finally:
            found.stop()
