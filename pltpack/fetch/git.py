"""What works on repositories here: the ``git`` program, or dulwich."""

from __future__ import annotations

import shutil
from typing import Literal, TypeAlias

from pltpack.errors import FetchError
from pltpack.fetch.repository import Git
from pltpack.fetch.transport import NetworkPolicy

GitChoice: TypeAlias = Literal["auto", "program", "dulwich"]
"""What works on repositories: the program where there is one, or that one and no other."""


def open_git(choice: GitChoice = "auto", policy: NetworkPolicy = NetworkPolicy()) -> Git:
    """What works on repositories here. Raises :class:`~pltpack.errors.FetchError` if there is nothing."""
    program = shutil.which("git") if choice != "dulwich" else None
    if program is not None:
        from pltpack.fetch.git_program import GitProgram

        return GitProgram(program, policy)
    if choice != "program":
        from importlib.util import find_spec

        if find_spec("dulwich") is not None:
            from pltpack.fetch.git_dulwich import Dulwich

            return Dulwich(policy)
    raise FetchError("a repository needs git", hint="install the program git, or pip install 'pltpack[git]'")
