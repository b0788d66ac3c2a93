"""The lines that let a shell work in an environment, and let it leave."""

from __future__ import annotations

import shlex
from typing import Final, Literal, TypeAlias

from pltpack.lock.places.environment import ADDON, Environment

Shell: TypeAlias = Literal["sh", "fish", "powershell"]
SHELLS: Final[tuple[Shell, ...]] = ("sh", "fish", "powershell")

_SH: Final = """\
if [ -n "${{RACKET_ENV_OLD_PATH+x}}" ]; then deactivate_racket; fi
RACKET_ENV_OLD_PATH="$PATH"
if [ -n "${{{addon}+x}}" ]; then RACKET_ENV_OLD_ADDON="${addon}"; fi
PATH={programs}:"$PATH"
{addon}={directory}
export PATH {addon}
deactivate_racket() {{
    PATH="$RACKET_ENV_OLD_PATH"
    export PATH
    if [ -n "${{RACKET_ENV_OLD_ADDON+x}}" ]; then {addon}="$RACKET_ENV_OLD_ADDON"; export {addon}
    else unset {addon}; fi
    unset RACKET_ENV_OLD_PATH RACKET_ENV_OLD_ADDON
    unset -f deactivate_racket
}}
"""
_FISH: Final = """\
if functions -q deactivate_racket; deactivate_racket; end
set -g RACKET_ENV_OLD_PATH $PATH
if set -q {addon}; set -g RACKET_ENV_OLD_ADDON ${addon}; end
set -gx PATH {programs} $PATH
set -gx {addon} {directory}
function deactivate_racket
    set -gx PATH $RACKET_ENV_OLD_PATH
    if set -q RACKET_ENV_OLD_ADDON; set -gx {addon} $RACKET_ENV_OLD_ADDON; else; set -e {addon}; end
    set -e RACKET_ENV_OLD_PATH
    set -e RACKET_ENV_OLD_ADDON
    functions -e deactivate_racket
end
"""
_POWERSHELL: Final = """\
if (Test-Path Function:Exit-RacketEnv) {{ Exit-RacketEnv }}
$global:RacketEnvOldPath = $env:PATH
$global:RacketEnvOldAddon = $env:{addon}
$env:PATH = {programs} + [IO.Path]::PathSeparator + $env:PATH
$env:{addon} = {directory}
function global:Exit-RacketEnv {{
    $env:PATH = $global:RacketEnvOldPath
    $env:{addon} = $global:RacketEnvOldAddon
    Remove-Variable -Scope Global RacketEnvOldPath, RacketEnvOldAddon
    Remove-Item Function:Exit-RacketEnv
}}
"""


def activation(environment: Environment, shell: Shell) -> str:
    """What a shell is to read: ``eval "$(raco-pkg activate)"``.

    ``deactivate_racket`` (in PowerShell ``Exit-RacketEnv``) has everything as it was.
    """
    text, quoted = {"sh": (_SH, shlex.quote), "fish": (_FISH, _fish), "powershell": (_POWERSHELL, _powershell)}[shell]
    return text.format(
        addon=ADDON, directory=quoted(str(environment.directory)), programs=quoted(str(environment.programs))
    )


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\u2019", "\u2019\u2019").replace("\u2018", "\u2018\u2018") + "'"
