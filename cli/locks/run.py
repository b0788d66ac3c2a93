"""``raco-pkg run``: a program in an environment."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ..console import usage_error
from ..packages import scope_options as o
from ..packages.scoped import Where
from . import lock_options as lo

if TYPE_CHECKING:
    from pltpack.lock.places.environment import Environment


def run(
    program: Annotated[list[str], typer.Argument(metavar="PROG ARG...", help="What to run, behind --.")],
    env: lo.Env = None,
    file: lo.File = lo.LOCK,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Take the packages as they are.")] = False,
    offline: o.Offline = False,
) -> None:
    """Run a program with the packages of the project's environment.

    What racket.lock says is put there first, if it has changed. The environment is .racket here or in a directory
    above, unless --env names one.

    \b
    raco-pkg run -- racket main.rkt
    raco-pkg run -- raco test .
    raco-pkg run --env ../other/.racket -- drracket
    """
    found = meant(env)
    lock = file if file != lo.LOCK else found.directory.parent / file
    if not no_sync and lock.exists():
        _bring_up_to_date(found, lock, offline=offline)
    variables = found.variables()
    place = shutil.which(program[0], path=variables["PATH"])
    if place is None:
        usage_error(f"there is no program {program[0]} on PATH")
    _become(place, program, variables)


def meant(env: Path | None) -> Environment:
    """The environment that is meant."""
    from pltpack.lock.places.environment import find_environment, read_environment

    found = find_environment(Path.cwd()) if env is None else read_environment(env)
    if found is None:
        where = "here or above" if env is None else f"in {env}"
        usage_error(f"there is no environment {where}: make one with raco-pkg env")
    return found


def _bring_up_to_date(environment: Environment, file: Path, *, offline: bool) -> None:
    from pltpack.scope.access import Access

    from .sync import synced
    from .target import opened_target

    known = Where().discover()
    where = Where(racket_version=None if known.known_version is not None else environment.version)
    with opened_target(where, environment, Access(offline=offline), quiet=True) as scope:
        synced(scope, file, environment, mode=lo.link_mode(""), quiet=True, trash=False)


def _become(place: str, program: list[str], variables: dict[str, str]) -> NoReturn:
    """Be the program from now on; its exit code is ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(place, program, variables)
    import subprocess

    raise typer.Exit(subprocess.run([place, *program[1:]], env=variables, check=False).returncode)
