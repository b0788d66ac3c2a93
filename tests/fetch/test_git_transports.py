"""Repositories over ``git://``, from git's own daemon, and over ssh, whose program stands in for the other host."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.errors import FetchError
from pltpack.fetch.git import GitChoice
from tests.fetch.conftest import MakeFetcher, git
from tests.fetch.test_git import BOTH, commit, repository

__all__ = ["repository"]

HOME = """#!/bin/sh
printf '%s\\n' "$@" > "$0.asked"
for last; do :; done
exec sh -c "$last"
"""
"""What runs on the other host, asked by the last argument, runs here."""


@pytest.fixture
def daemon(repository: Path) -> Iterator[str]:
    """The URL of a repository that ``git daemon`` serves."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["git", "daemon", "--verbose", "--export-all", "--reuseaddr", "--informative-errors"]
    command += [f"--base-path={repository.parent}", "--listen=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            assert "Ready to rumble" in line, line
            yield f"git://127.0.0.1:{port}/r.git"
        finally:
            process.terminate()


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that is taken for ssh; what it was asked is in ``ssh.asked`` beside it."""
    program = tmp_path / "ssh"
    program.write_text(HOME)
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    return program


@pytest.mark.parametrize("choice", BOTH)
@pytest.mark.parametrize(("end", "name"), [("", "master"), ("#side", "side"), ("#v1", "master")])
def test_git_daemon(
    choice: GitChoice, end: str, name: str, daemon: str, repository: Path, fetcher: MakeFetcher
) -> None:
    found = fetcher(git=choice).fetch(daemon + end)
    assert (found.name, found.kind, found.checksum) == ("r", "directory", commit(repository, name))
    assert (found.path / "lib" / "main.rkt").is_file()
    assert fetcher(git=choice).checksum(daemon + end) == found.checksum
    assert fetcher(git=choice).fetch(daemon + end).cached


@pytest.mark.parametrize("choice", BOTH)
def test_a_folder_and_a_commit_of_git_daemon(
    choice: GitChoice, daemon: str, repository: Path, fetcher: MakeFetcher
) -> None:
    side = commit(repository, "side")
    found = fetcher(git=choice).fetch(f"{daemon}?path=lib#{side}")
    assert (found.name, found.checksum, [path.name for path in found.path.iterdir()]) == ("lib", side, ["main.rkt"])


@pytest.mark.parametrize("choice", BOTH)
def test_what_git_daemon_does_not_have(choice: GitChoice, daemon: str, fetcher: MakeFetcher) -> None:
    with pytest.raises(FetchError):
        fetcher(git=choice).fetch(daemon.replace("r.git", "none.git"))
    with pytest.raises(FetchError, match=r"no branch, tag or commit none.*master"):
        fetcher(git=choice).fetch(f"{daemon}#none")


@pytest.mark.parametrize("choice", BOTH)
def test_no_daemon(choice: GitChoice, fetcher: MakeFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FetchError):
        fetcher(git=choice).fetch(f"git://127.0.0.1:{port}/r.git")


@pytest.mark.parametrize("choice", BOTH)
@pytest.mark.parametrize("scheme", ["ssh", "git+ssh"])
def test_ssh(choice: GitChoice, scheme: str, ssh: Path, repository: Path, fetcher: MakeFetcher) -> None:
    found = fetcher(git=choice).fetch(f"{scheme}://git@host.example:2222{repository}?path=lib#side")
    assert (found.name, found.checksum) == ("lib", commit(repository, "side"))
    assert (found.path / "main.rkt").read_text() == "two\n"
    asked = Path(f"{ssh}.asked").read_text().splitlines()
    assert {"git@host.example", "2222"} <= set(asked)
    assert "git-upload-pack" in asked[-1]


@pytest.mark.parametrize("choice", BOTH)
def test_ssh_that_fails(choice: GitChoice, ssh: Path, repository: Path, fetcher: MakeFetcher) -> None:
    ssh.write_text("#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n")
    with pytest.raises(FetchError) as caught:
        fetcher(git=choice).fetch(f"ssh://git@host.example{repository}")
    assert "host.example" in str(caught.value)


@pytest.mark.parametrize("choice", BOTH)
def test_ssh_asks_nobody(
    choice: GitChoice, tmp_path: Path, repository: Path, fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user has no command of ssh for git, the usual one is told that nobody can answer."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(HOME)
    (folder / "ssh").chmod(0o755)
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    found = fetcher(git=choice).fetch(f"ssh://host.example{repository}")
    assert found.checksum == git(repository, "rev-parse", "HEAD")
    assert "BatchMode=yes" in (folder / "ssh.asked").read_text().splitlines()
