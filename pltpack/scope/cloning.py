"""Clones of git repositories, brought up to date by the program ``git``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.errors import FetchError, PackageError
from pltpack.pkg.source import PackageSource, parse_source
from pltpack.scope.plan.values import PullMode, Wish

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_BRANCH: Final = re.compile(r"[^-\s][^\s~^:?*\[\\]*")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of a clone: whether it was made, and whether it has the commit now."""

    created: bool
    merged: bool


def holds(directory: Path, commit: str) -> bool:
    """Whether a clone has a commit in what is checked out there."""
    if not (directory / ".git").exists() or not _COMMIT.fullmatch(commit) or shutil.which("git") is None:
        return False
    command = ["git", "merge-base", "--is-ancestor", commit, "HEAD"]
    done = subprocess.run(command, cwd=directory, env=_environment(), capture_output=True, check=False)
    return done.returncode == 0


def pull(wish: Wish, commit: str, mode: PullMode, tell: Callable[[str], None]) -> Pulled:
    """Have a commit in the clone that a wish names: made if its directory is empty or missing, else fetched and merged.

    Raises :class:`~pltpack.errors.FetchError` for a command that fails, and :class:`~pltpack.errors.PackageError` where
    the merge fails and ``mode`` does not tolerate that; then the clone is as git leaves it.
    """
    assert wish.clone is not None
    source = parse_source(wish.source, type="clone", name=wish.name, strict=False)
    url, branch = _url(source), source.repository.branch if source.repository is not None else None
    if not _COMMIT.fullmatch(commit):
        raise PackageError(f"{commit!r} is no commit", file=wish.source)
    directory = wish.clone
    created = not directory.exists() or not any(directory.iterdir())
    revision = [branch] if branch is not None and _BRANCH.fullmatch(branch) else []
    if created:
        directory.mkdir(parents=True, exist_ok=True)
        tell(f"Cloning remote repository {url}\n to {directory}")
        _git(
            ["clone", *(["-b", *revision] if revision and not _COMMIT.fullmatch(revision[0]) else []), url, "."],
            directory,
            tell,
        )
    elif not (directory / ".git").exists():
        reason = "it is neither empty nor a clone; name another directory"
        raise PackageError("Git command failed", details=(f"  directory: {directory}",), hint=reason)
    else:
        tell(f"Fetching from remote repository {url}")
        _git(["fetch", url, *revision], directory, tell)
    tell(f"Merging commits at {directory}")
    command = ["rebase", "--onto", commit] if mode == "rebase" else ["merge", "--ff-only", commit]
    try:
        _git(command, directory, tell)
    except FetchError as error:
        if mode == "try":
            tell(error.message)
            return Pulled(created, merged=False)
        raise PackageError(
            "pulling commits to clone failed;",
            details=(
                " fix clone manually or use `--pull try' or `--pull rebase'",
                f"  clone: {directory}",
                f"  target commit: {commit}",
                *error.details[1:],
            ),
        ) from None
    return Pulled(created, merged=True)


def _url(source: PackageSource) -> str:
    from pltpack.fetch.repository import repository_url

    return repository_url(source)


def _git(arguments: Sequence[str], directory: Path, tell: Callable[[str], None]) -> None:
    program = shutil.which("git")
    if program is None:
        raise FetchError("a clone needs the program git", file=str(directory))
    tell(f"git {' '.join(arguments)}")
    done = subprocess.run(
        [program, *arguments],
        cwd=directory,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    for line in done.stdout.splitlines():
        tell(line)
    if done.returncode:
        error = FetchError("Git command failed")
        error.details = (f"  directory: {directory}", *(f"  {line}" for line in done.stderr.splitlines()))
        raise error


def _environment() -> dict[str, str]:
    """Git asks no questions, and only speaks to servers by what a package source can name."""
    return {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "http:https:git:ssh:file",
        "LC_ALL": "C.UTF-8",
    }
