"""``raco-pkg activate``: the lines with which a shell works in an environment."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..console import usage_error, write_line
from . import lock_options as lo
from .run import meant


def activate(
    shell: Annotated[
        str,
        typer.Option(
            "--shell", metavar="SHELL", help="sh (also for bash and zsh), fish or powershell (default: by SHELL)."
        ),
    ] = "",
    env: lo.Env = None,
) -> None:
    """Print what a shell has to read so that racket and raco work in the project's environment.

    deactivate_racket (in PowerShell Exit-RacketEnv) ends that.

    \b
    eval "$(raco-pkg activate)"
    raco-pkg activate --shell fish | source
    raco-pkg activate --shell powershell | Out-String | Invoke-Expression
    """
    from pltpack.lock.places.activate import SHELLS, activation

    name = shell or _usual()
    found = next((one for one in SHELLS if one == name), None)
    if found is None:
        usage_error(f"--shell is one of {', '.join(SHELLS)}")
    write_line(activation(meant(env), found).rstrip("\n"))


def _usual() -> str:
    """The shell that the user has."""
    name = os.path.basename(os.environ.get("SHELL", ""))
    return "fish" if name == "fish" else "powershell" if name in ("pwsh", "powershell") else "sh"
