"""Setting up what was installed: the one thing that the real Racket has to do."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pltpack.codec.header import CollectionPath
from pltpack.errors import InstallationError
from pltpack.racket.installation import Installation
from pltpack.racket.origin import Located, Source


def run_setup(
    collections: Iterable[CollectionPath], installation: Installation, *, output: IO[str] | None = None
) -> None:
    """Run ``raco setup`` of an installation on collections, with the directories that the installation was given.

    What it prints goes to ``output``, an open file (default: standard output). Without collections nothing is run.
    Raises :class:`~pltpack.errors.InstallationError` if there is no executable or it reports an error, and ``OSError``.
    """
    names = ["/".join(collection) for collection in collections]
    if not names:
        return
    command = [str(racket_of(installation)), *_flags(installation), "-l-", "raco", "setup", "-l", *names]
    status = subprocess.run(command, env=dict(installation.environ), stdout=output, check=False).returncode
    if status:
        raise InstallationError(f"raco setup of {', '.join(names)} failed with exit status {status}")


def racket_of(installation: Installation) -> Path:
    """The executable that can set up collections. Raises :class:`~pltpack.errors.InstallationError` without one."""
    if installation.executable is None:
        raise InstallationError("there is no Racket to set up collections with", hint="name one with --racket DIR")
    return installation.executable


def _flags(installation: Installation) -> list[str]:
    """The options of ``racket`` for what was given otherwise than by the environment."""
    given: dict[str, Located[object] | None] = {
        "-A": installation.addon,
        "-G": installation.main_config,
        "-X": installation.main_collects,
    }
    flags: list[str] = []
    for flag, located in given.items():
        if located is not None and located.origin.source is Source.OPTION:
            flags += [flag, str(located.value)]
    for directory in installation.last_collects:
        flags += ["-S", str(directory)]
    return flags if installation.user_paths else [*flags, "-U"]
