"""``--setup``: raco setup, after a change, where there is a Racket."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from ..console import DIFFERENT, complain

if TYPE_CHECKING:
    from pltpack.scope.commit import Applied
    from pltpack.scope.scope import Scope


def set_up(
    scope: Scope,
    applied: Applied,
    *,
    jobs: int | None = None,
    docs: bool = True,
    recompile_only: bool = False,
    fail_fast: bool = False,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run raco setup for what was changed; its output goes where ours goes. Without Racket say what to run later.

    Nothing is run if all that changed are marks of packages. Errors of raco setup leave the packages installed; the
    exit code is 1 then.
    """
    from pltpack.scope.setup import collections_to_set_up, later, setup_command

    if not applied.plan.of("install", "replace", "remove"):
        return
    collections = collections_to_set_up(applied.plan, scope)
    command = setup_command(
        scope.places,
        scope.installation,
        collections,
        jobs=jobs,
        docs=docs,
        recompile_only=recompile_only,
        fail_fast=fail_fast,
    )
    if command is None:
        complain(f"there is no Racket here: run later, where there is one: {later(None, collections)}")
        return
    if subprocess.run(command, check=False, env=environ).returncode:
        complain("packages installed, although setup reported errors")
        raise typer.Exit(DIFFERENT)
