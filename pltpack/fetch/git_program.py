"""Repositories by the ``git`` program: all transports, ssh and credential helpers of the user included."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pltpack.errors import FetchError
from pltpack.fetch.credentials import Credentials
from pltpack.fetch.repository import GitFile, ssh_command
from pltpack.fetch.transport import NetworkPolicy, shown, without_credentials

if TYPE_CHECKING:
    from pltpack.fetch.guarded import Guard

_SAFE: Final = (
    "protocol.ext.allow=never",
    "core.hooksPath=/dev/null",
    "fetch.recurseSubmodules=no",
    "transfer.fsckObjects=true",
    "gc.auto=0",
    "maintenance.auto=false",
)
"""No program of the repository's or of a URL's choice is run, and nothing that is malformed is taken."""
_MOST_MESSAGE: Final = 300


class GitProgram:
    """Runs a ``git``. Credentials go through its environment, which other users cannot see.

    With a ``guard``, for URLs of strangers, no settings and credentials of the user count, there are no proxies and no
    redirects, and connections go to the addresses that it has looked at, over HTTPS (or HTTP with ``plain``)."""

    def __init__(
        self, program: str, policy: NetworkPolicy = NetworkPolicy(), *, guard: Guard | None = None, plain: bool = False
    ) -> None:
        self._program = program
        self._policy = policy
        self._guard = guard
        self._plain = plain

    def references(self, url: str, credentials: Credentials | None) -> Mapping[str, str]:
        """The commit of each reference, see :class:`~pltpack.fetch.repository.Git`."""
        plain = _checked(url)
        text = self._run(["ls-remote", "--", plain], url, credentials).decode("utf-8", "replace")
        found: dict[str, str] = {}
        for line in text.splitlines():
            commit, tab, name = line.partition("\t")
            if tab and (name.endswith("^{}") or name not in found):
                found[name.removesuffix("^{}")] = commit
        return found

    @contextlib.contextmanager
    def commit(
        self, url: str, commit: str, reference: str | None, credentials: Credentials | None
    ) -> Iterator[Iterator[GitFile]]:
        """The files of a commit, see :class:`~pltpack.fetch.repository.Git`."""
        plain = _checked(url)
        with tempfile.TemporaryDirectory(prefix="pltpack-git-") as folder:
            store = Path(folder) / "repository"
            self._run(["init", "-q", "--bare", str(store)], url, None)
            self._fetch(store, plain, url, commit, reference, credentials)
            yield self._files(store, commit, url)

    def _fetch(
        self, store: Path, plain: str, url: str, commit: str, reference: str | None, credentials: Credentials | None
    ) -> None:
        """Get the commit, and as little else as the server allows."""
        fetch = ["-C", str(store), "fetch", "-q", "--no-write-fetch-head"]
        ways = [[*fetch, "--no-tags", "--depth=1", "--", plain, commit]]
        if reference is not None:
            ways.append([*fetch, "--no-tags", "--depth=1", "--", plain, f"+{reference}:refs/wanted"])
        ways.append([*fetch, "--", plain, "+refs/*:refs/all/*"])
        failure: FetchError | None = None
        for way in ways:
            try:
                self._run(way, url, credentials)
                self._run(["-C", str(store), "cat-file", "-e", f"{commit}^{{commit}}"], url, None)
            except FetchError as error:
                failure = error
            else:
                return
        assert failure is not None
        raise failure

    def _files(self, store: Path, commit: str, url: str) -> Iterator[GitFile]:
        listing = self._run(["-C", str(store), "ls-tree", "-r", "-z", "--full-tree", commit], url, None)
        rows = []
        for line in listing.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                permissions, kind, name = head.split(b" ")
                rows.append((int(permissions, 8), kind, name, path))
        command = [self._program, "-C", str(store), "cat-file", "--batch"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(None)
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                for mode, kind, name, path in rows:
                    if kind == b"blob":
                        process.stdin.write(name + b"\n")
                        process.stdin.flush()
                        yield GitFile(path, mode, _object(process.stdout, url))
                    else:
                        yield GitFile(path, mode, b"")
            finally:
                process.stdin.close()
                process.kill()

    def _run(self, arguments: Sequence[str], url: str, credentials: Credentials | None) -> bytes:
        options = [part for setting in _SAFE for part in ("-c", setting)]
        command = [self._program, *options, *arguments]
        seconds = max(int(self._policy.timeout), 1)
        environment = _environment(credentials)
        if self._guard is not None:
            options, environment = [*options, *self._guarded(url)], _strangers(environment, plain=self._plain)
            command = [self._program, *options, *arguments]
        environment |= {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": str(seconds)}
        if os.name == "posix":
            # What git writes in one file, a pack above all, is no larger than an answer may be.
            blocks = max(self._policy.largest // 512, 1)
            command = ["sh", "-c", f'ulimit -f {blocks} && exec "$0" "$@"', *command]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=environment,
                timeout=self._policy.longest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FetchError(
                f"the repository took longer than {self._policy.longest:g} seconds", file=shown(url)
            ) from None
        if done.returncode:
            raise FetchError(f"git failed: {_message(done.stderr, credentials)}", file=shown(url))
        return done.stdout

    def _guarded(self, url: str) -> list[str]:
        """Settings by which git connects to addresses that were looked at, and to no others."""
        from pltpack.fetch.guarded import allowed_addresses

        assert self._guard is not None
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            addresses = allowed_addresses(parts.hostname or "", port, self._guard)
        except socket.gaierror as error:
            raise FetchError(f"no answer: {error.strerror}", file=shown(url), hint="try again later") from None
        pinned = f"{parts.hostname}:{port}:{','.join(addresses)}"
        return ["-c", "http.followRedirects=false", "-c", f"http.curloptResolve={pinned}"]


def _strangers(environment: dict[str, str], *, plain: bool) -> dict[str, str]:
    """An environment in which nothing of the user is given away."""
    kept = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
    return kept | {
        "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ALLOW_PROTOCOL": "http:https" if plain else "https",
    }


def _object(stream: IO[bytes], url: str) -> bytes:
    head = stream.readline().split()
    if len(head) != 3:
        raise FetchError("git lost an object of the repository", file=shown(url))
    size = int(head[2])
    data = stream.read(size)
    stream.read(1)
    if len(data) != size:
        raise FetchError("git ended before the repository did", file=shown(url))
    return data


def _environment(credentials: Credentials | None) -> dict[str, str]:
    """The user's environment, in which git asks nothing, speaks English, and finds the credentials."""
    environment = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    if not environment.get("GIT_SSH"):
        environment["GIT_SSH_COMMAND"] = ssh_command(environment)
    if credentials is not None:
        code = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode("ascii")
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {code}",
        }
    return environment


def _checked(url: str) -> str:
    """The URL without a name and password, unless it is for ssh, where the name is part of the address."""
    if url.startswith("-"):
        raise FetchError("no repository has such a URL", file=url)
    return url if url.startswith("ssh://") else without_credentials(url)


def _message(text: bytes, credentials: Credentials | None) -> str:
    """What git says, in one line and without secrets."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    message = "; ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in lines if line)
    if credentials is not None and credentials.password:
        message = message.replace(credentials.password, "...")
    return message[:_MOST_MESSAGE] or "it does not say why"
