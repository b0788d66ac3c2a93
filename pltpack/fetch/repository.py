"""Git repositories: which commit a branch is, and the files of a commit; by the ``git`` program, or by dulwich."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeVar

from pltpack.dataclass import dataclass
from pltpack.errors import FetchError
from pltpack.fetch.credentials import Credentials, credentials_for
from pltpack.fetch.transport import shown
from pltpack.pkg.source import PackageSource, Repository

T = TypeVar("T")

COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class GitFile:
    """A file of a commit: its path, mode (``0o120000`` for a link, ``0o160000`` for another repository) and data."""

    path: bytes
    mode: int
    data: bytes


class Git(Protocol):
    """Works on remote repositories. ``credentials`` are sent to HTTP servers.

    Everything raises :class:`~pltpack.errors.FetchError`.
    """

    def references(self, url: str, credentials: Credentials | None) -> Mapping[str, str]:
        """The commit of each reference: ``HEAD``, ``refs/heads/x``, ``refs/tags/x`` (of a tag what it stands for)."""
        ...

    def commit(
        self, url: str, commit: str, reference: str | None, credentials: Credentials | None
    ) -> AbstractContextManager[Iterator[GitFile]]:
        """The files of a commit; ``reference`` is one that has it, if one is known."""
        ...


def repository_url(source: PackageSource) -> str:
    """The URL of the repository of a git source, without ``?path=`` and ``#branch``; credentials are kept."""
    repository = source.repository
    if repository is None:
        raise FetchError("the URL is not that of a repository", file=shown(source.text))
    user = source.url.user if source.url is not None and repository.host == source.url.host else None
    return address(repository, user)


def address(repository: Repository, user: str | None = None) -> str:
    """The URL of a repository."""
    from urllib.parse import quote

    if repository.transport == "file":
        return f"file:///{quote(repository.name)}"
    port = "" if repository.port is None else f":{repository.port}"
    login = "" if user is None else f"{quote(user, safe=':')}@"
    return f"{repository.transport}://{login}{repository.host or ''}{port}/{quote(repository.name)}"


def ssh_command(environment: Mapping[str, str]) -> str:
    """What runs for repositories over ssh: the user's choice for git, or the usual program, which may ask nothing."""
    return environment.get("GIT_SSH_COMMAND") or environment.get("GIT_SSH") or "ssh -o BatchMode=yes"


def find_commit(git: Git, url: str, branch: str | None, logins: Sequence[Credentials | None]) -> tuple[str, str | None]:
    """The commit that a branch, tag or commit of a repository is, and the reference that says so.

    A whole commit is taken for what it is; the beginning of one for the only reference that fits. Raises
    :class:`~pltpack.errors.FetchError`.
    """
    if branch is not None and COMMIT.fullmatch(branch):
        return branch, None
    known = first_that_works(url, logins, lambda login: git.references(url, login))
    name = branch or "HEAD"
    for candidate in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        if candidate in known:
            return known[candidate], candidate
    if re.fullmatch(r"[0-9a-f]{7,39}", name):
        found = {commit: reference for reference, commit in known.items() if commit.startswith(name)}
        if len(found) == 1:
            return next(iter(found.items()))
    branches = sorted(name.removeprefix("refs/heads/") for name in known if name.startswith("refs/heads/"))
    hint = f"its branches are {', '.join(branches[:10])}" if branches else "it has no branches"
    raise FetchError(f"the repository has no branch, tag or commit {name}", file=shown(url), hint=hint)


def first_that_works(url: str, logins: Sequence[Credentials | None], work: Callable[[Credentials | None], T]) -> T:
    """What ``work`` makes with the first credentials that it can use; as Racket, first without any."""
    failure: FetchError | None = None
    for login in logins or (credentials_for(url),):
        try:
            return work(login)
        except FetchError as error:
            failure = failure or error
    assert failure is not None
    raise failure
