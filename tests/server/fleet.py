"""A catalog server as several processes, with nginx in front of them as docs/server.md has it, and a bucket behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PROGRAM = str(Path(sysconfig.get_path("scripts"), "pltpack"))
DOCS = (Path(__file__).parents[2] / "docs" / "server.md").read_text("utf-8")

_MAIN = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root;
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; text/css css; }}
  access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
{settings}
}}
"""


class Process:
    """A process that has told by its first line that it works; its log is in a file."""

    def __init__(self, arguments: list[str], log: Path, environment: Mapping[str, str] = {}) -> None:
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **environment}
            )
        assert self._process.stdout is not None
        self.line = self._process.stdout.readline().decode().strip()
        assert self.line, f"it has not started: {log.read_text()}"

    def end(self) -> None:
        """Have it end as an operator does; it must do so well."""
        self._process.send_signal(signal.SIGTERM)
        code = self._wait()
        assert code == 0, f"{code}: {self._log.read_text()}"

    def kill(self) -> None:
        """Have it be gone at once."""
        self._process.kill()
        self._wait()

    def _wait(self) -> int:
        assert self._process.stdout is not None
        try:
            return self._process.wait(120)
        finally:
            self._process.stdout.close()

    @property
    def runs(self) -> bool:
        return self._process.poll() is None


class Fleet:
    """Processes on one configuration: ``apps`` listen at sockets in a folder, ``workers`` do jobs."""

    def __init__(self, config: Path, sockets: Path) -> None:
        self.config = config
        self.sockets = sockets
        self.running: dict[str, Process] = {}

    def app(self, name: str) -> None:
        """Start a process that answers requests; it takes over the socket of one of the same name."""
        path = str(self.sockets / f"{name}.sock")
        self._start(name, "--socket", path, "--workers", "0")

    def worker(self, name: str) -> None:
        """Start a process that does jobs."""
        self._start(name, "--worker")

    def _start(self, name: str, *options: str) -> None:
        arguments = ["server", "run", "--config", str(self.config), *options]
        process = Process(arguments, self.sockets / f"{name}.log")
        self.running[name] = process

    def restart(self, name: str) -> None:
        """Have another process take the place of one, which is then told to end."""
        old = self.running[name]
        if "sock" in old.line:
            self.app(name)
            old.end()
        else:
            old.end()
            self.worker(name)

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.sockets.glob("*.log")))


@contextmanager
def fleet(config: Path) -> Iterator[Fleet]:
    """Processes that end with the block."""
    # The path of a socket is short.
    with TemporaryDirectory(prefix="pltpack-", dir="/tmp") as folder:
        found = Fleet(config, Path(folder))
        with contextlib.ExitStack() as stack:
            try:
                yield found
            finally:
                for process in found.running.values():
                    if process.runs:
                        stack.callback(process.end)


@contextmanager
def nginx(site: Path, sockets: Path) -> Iterator[str]:
    """nginx with the settings of the page, in front of two sockets; its URL.

    It is given a socket that listens already: nobody can take its port, and nobody has to wait for it.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed, and CI is set")
        pytest.skip("nginx is not installed")
    (settings,) = re.findall(r"```nginx\n(.*?)```", DOCS, re.DOTALL)
    with TemporaryDirectory(prefix="nginx-", dir="/tmp") as folder, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        address = "{}:{}".format(*listening.getsockname())
        for old, new in (
            ("127.0.0.1:9080", address),
            ("/run/pltpack/", f"{sockets}/"),
            ("/var/lib/pltpack/site", str(site)),
        ):
            assert old in settings
            settings = settings.replace(old, new)
        Path(folder, "nginx.conf").write_text(_MAIN.format(folder=folder, settings=settings))
        process = subprocess.Popen(
            [program, "-c", f"{folder}/nginx.conf", "-p", folder],
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
            pass_fds=[listening.fileno()],
            stderr=subprocess.DEVNULL,
        )
        listening.close()
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            code = process.wait(60)
        assert code == 0, Path(folder, "nginx.log").read_text()


def bucket_settings(endpoint: str) -> str:
    """The settings that publish to it."""
    keys = f'endpoint = "{endpoint}", allow_http = "true", region = "us-east-1"'
    return (
        f'[publish]\ntarget = "s3://bucket/prefix"\n'
        f'options = {{{keys}, access_key_id = "x", secret_access_key = "y"}}\n'
    )
