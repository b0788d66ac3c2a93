"""Repositories by dulwich, where there is no ``git`` program: smart HTTP, ``git://``, ssh by its program, the disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from pltpack.errors import FetchError
from pltpack.fetch.credentials import Credentials
from pltpack.fetch.repository import GitFile, ssh_command
from pltpack.fetch.transport import NetworkPolicy, shown, without_credentials

if TYPE_CHECKING:
    from subprocess import Popen

    from dulwich.client import GitClient, SubprocessSSHVendor
    from dulwich.objects import Commit
    from dulwich.protocol import Protocol
    from dulwich.repo import MemoryRepo
    from urllib3 import BaseHTTPResponse, PoolManager

_LINK_OR_FILE: Final = 0o100000


class Dulwich:
    """Speaks git's protocols itself."""

    def __init__(self, policy: NetworkPolicy = NetworkPolicy()) -> None:
        self._policy = policy

    def references(self, url: str, credentials: Credentials | None) -> Mapping[str, str]:
        """The commit of each reference, see :class:`~pltpack.fetch.repository.Git`."""
        with self._client(url, credentials) as (client, path):
            answered = client.get_refs(path)
            found: dict[str, str] = {}
            for name, commit in answered.refs.items():
                text = name.decode("utf-8", "replace")
                if commit is not None and (text.endswith("^{}") or text not in found):
                    found[text.removesuffix("^{}")] = commit.decode("ascii")
            return found

    @contextlib.contextmanager
    def commit(
        self, url: str, commit: str, reference: str | None, credentials: Credentials | None
    ) -> Iterator[Iterator[GitFile]]:
        """The files of a commit, see :class:`~pltpack.fetch.repository.Git`."""
        from dulwich.objects import Commit, ObjectID, Tag
        from dulwich.repo import MemoryRepo

        del reference  # a commit can be asked for by its name alone

        name = ObjectID(commit.encode("ascii"))

        def wanted(refs: object, depth: int | None = None) -> list[ObjectID]:
            del refs, depth  # it is known already what is wanted
            return [name]

        store = MemoryRepo()
        with self._client(url, credentials) as (client, path):
            client.fetch(path, store, determine_wants=wanted, depth=1)
            found = store[name]
            while isinstance(found, Tag):
                found = store[found.object[1]]
        if not isinstance(found, Commit):
            raise FetchError(f"{commit} is no commit of the repository", file=shown(url))
        yield self._files(store, found)

    def _files(self, store: MemoryRepo, commit: Commit) -> Iterator[GitFile]:
        from dulwich.object_store import iter_tree_contents

        for entry in iter_tree_contents(store.object_store, commit.tree):
            mode, path = entry.mode or _LINK_OR_FILE, entry.path or b""
            repository = mode == 0o160000
            yield GitFile(path, mode, b"" if repository else store.object_store[entry.sha].as_raw_string())

    @contextlib.contextmanager
    def _client(self, url: str, credentials: Credentials | None) -> Iterator[tuple[GitClient, bytes]]:
        import urllib3
        from dulwich.client import SSHGitClient, StrangeHostname, get_transport_and_path
        from dulwich.errors import GitProtocolError, NotGitRepository, ObjectMissing

        pool, answers = _pool(self._policy.timeout)
        vendor, started = _ssh()
        opened: list[Protocol] = []
        try:
            client: GitClient
            if url.startswith("ssh://"):
                # The user's name is a part of the address, and programs of ssh take no passwords.
                parts = urlsplit(url)
                user = None if parts.username is None else unquote(parts.username)
                command = ssh_command(os.environ)
                client = SSHGitClient(
                    parts.hostname or "", port=parts.port, username=user, vendor=vendor, ssh_command=command, quiet=True
                )
                path = unquote(parts.path)
            else:
                plain = without_credentials(url)
                client, path = get_transport_and_path(
                    plain,
                    quiet=True,
                    username=credentials.user if credentials else None,
                    password=credentials.password if credentials else None,
                    pool_manager=pool if plain.startswith("http") else None,
                )
            opened = _watched(client)
            yield client, path.encode() if isinstance(path, str) else path
        except (GitProtocolError, NotGitRepository, ObjectMissing, StrangeHostname, KeyError, ValueError) as error:
            raise FetchError(
                f"the repository cannot be read: {error or type(error).__name__}", file=shown(url)
            ) from None
        except (TimeoutError, urllib3.exceptions.HTTPError, OSError) as error:
            raise FetchError(f"no answer: {error}", file=shown(url)) from None
        finally:
            for answer in answers:
                answer.close()
            pool.clear()
            for process in started:
                _end(process)
            for protocol in opened:
                protocol.close()


def _watched(client: GitClient) -> list[Protocol]:
    """All connections that the client opens from now on: dulwich leaves those open on which it is told of an error."""
    from dulwich.client import TraditionalGitClient

    opened: list[Protocol] = []
    if isinstance(client, TraditionalGitClient):
        connect = client._connect

        def connected(*arguments: Any, **options: Any) -> tuple[Protocol, Any, Any]:
            made = connect(*arguments, **options)
            opened.append(made[0])
            return made

        client._connect = connected  # type: ignore[method-assign]  # of this one client
    return opened


def _ssh() -> tuple[SubprocessSSHVendor, list[Popen[bytes]]]:
    """What runs programs of ssh, and all that it has started: dulwich leaves those that do not answer."""
    from dulwich.client import SubprocessSSHVendor, SubprocessWrapper

    started: list[Popen[bytes]] = []

    class Vendor(SubprocessSSHVendor):
        def run_command(self, *arguments: Any, **options: Any) -> SubprocessWrapper:
            wrapper = super().run_command(*arguments, **options)
            started.append(wrapper.proc)
            return wrapper

    return Vendor(), started


def _end(process: Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait()


def _pool(timeout: float) -> tuple[PoolManager, list[BaseHTTPResponse]]:
    """Connections, and all answers that come over them: dulwich leaves those open that it cannot use."""
    import urllib3

    answers: list[BaseHTTPResponse] = []

    class Pool(urllib3.PoolManager):
        def urlopen(  # type: ignore[override]  # as the class above has it
            self, method: str, url: str, redirect: bool = True, **options: Any
        ) -> BaseHTTPResponse:
            answer = super().urlopen(method, url, redirect, **options)
            answers.append(answer)
            return answer

    return Pool(timeout=timeout), answers
