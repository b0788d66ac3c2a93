"""pltpack as its users have it: an installed copy, not the checkout that a development environment points to."""

from __future__ import annotations

import compileall
import shutil
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import Final

_CHECKOUT: Final = Path(__file__).resolve().parents[1]

_SCRIPT: Final = """#!{python}
import sys
from {module} import {function}
if __name__ == "__main__":
    sys.exit({function}())
"""


def install(folder: Path) -> Path:
    """Make an environment with a copy of the checkout beside the libraries of this one; returns where its programs are.

    Starting a program from an editable install costs ten milliseconds that no user pays.
    """
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # A directory named in a .pth file is searched, but the .pth files in it, editable installs, do not count.
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    for source, name in (("pltpack", "pltpack"), ("cli", "pltpack_cli")):
        shutil.copytree(_CHECKOUT / source, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(packages / name, quiet=1)
    with open(_CHECKOUT / "pyproject.toml", "rb") as settings:
        scripts = tomllib.load(settings)["project"]["scripts"]
    for name, target in scripts.items():
        module, _, function = target.partition(":")
        script = programs / name
        script.write_text(_SCRIPT.format(python=programs / "python", module=module, function=function))
        script.chmod(0o755)
    return programs
