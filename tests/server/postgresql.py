"""Debian's PostgreSQL in a folder of a test, which stops with it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server that listens at a socket alone."""
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
        subprocess.run([*control, "-o", options, "start"], check=True, **quiet, **user)
        try:
            yield f"postgresql://pltpack@/postgres?host={quote(folder, safe='')}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet, **user)
