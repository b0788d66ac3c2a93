"""``--setup``: raco setup, after a change, where there is a Racket."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import typer

from pltpack.dataclass import dataclass

from ..bundles import bundled
from ..console import DIFFERENT, complain
from . import scope_options as o

if TYPE_CHECKING:
    from pltpack.scope.commit import Applied
    from pltpack.scope.scope import Scope

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Setup:
    """Whether raco setup is run after a change, and how; ``jobs`` is also how many downloads there are at once."""

    setup: bool = False
    no_setup: bool = False
    jobs: int | None = None
    no_docs: bool = False
    recompile_only: bool = False
    fail_fast: bool = False

    def after(self, scope: Scope, applied: Applied | None) -> None:
        """Run raco setup for what was changed, if it is asked for, and the environment does not forbid it as for raco
        pkg (``PLT_PKG_NOSETUP``)."""
        if applied is not None and self.setup and not self.no_setup and not os.environ.get("PLT_PKG_NOSETUP"):
            set_up(scope, applied, self)


NO_SETUP: Final = Setup()

_OPTIONS: Final = {
    "setup": (o.Setup, False),
    "no_setup": (o.NoSetup, False),
    "jobs": (o.Jobs, None),
    "no_docs": (o.NoDocs, False),
    "recompile_only": (o.RecompileOnly, False),
}


def setting_up(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of raco setup in the place of its parameter ``setup``."""
    return bundled(command, "setup", Setup, _OPTIONS)


def setting_up_or_failing(command: Callable[P, R]) -> Callable[P, R]:
    """The same with ``--fail-fast``."""
    return bundled(command, "setup", Setup, {**_OPTIONS, "fail_fast": (o.FailFast, False)})


def set_up(scope: Scope, applied: Applied, how: Setup = NO_SETUP, *, environ: Mapping[str, str] | None = None) -> None:
    """Run raco setup for what was changed; its output goes where ours goes. Without Racket say what to run later.

    Nothing is run if all that changed are marks of packages. Errors of raco setup leave the packages installed; the
    exit code is 1 then.
    """
    import subprocess

    from pltpack.scope.setup import collections_to_set_up, later, setup_command

    if not applied.plan.of("install", "replace", "remove"):
        return
    collections = collections_to_set_up(applied.plan, scope)
    command = setup_command(
        scope.places,
        scope.installation,
        collections,
        jobs=how.jobs,
        docs=not how.no_docs,
        recompile_only=how.recompile_only,
        fail_fast=how.fail_fast,
    )
    if command is None:
        complain(f"there is no Racket here: run later, where there is one: {later(None, collections)}")
        return
    if subprocess.run(command, check=False, env=environ).returncode:
        complain("packages installed, although setup reported errors")
        raise typer.Exit(DIFFERENT)
