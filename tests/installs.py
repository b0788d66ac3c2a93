"""Installs a wheel as users do, by pip, pipx and uv, each into clean places, and tries it: ``installs.py WHEEL``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("pltpack", "raco-pack", "raco-unpack", "unpack", "raco-pkg")


def installed(wheel: Path, place: Path, environment: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Install it in each way; gives the name of the way, and the folder of the programs."""
    tools = place / "tools"
    subprocess.run([sys.executable, "-m", "venv", tools], check=True)
    subprocess.run([tools / "bin/pip", "install", "-q", "pipx", "uv"], check=True)
    clean = place / "clean"
    subprocess.run([sys.executable, "-m", "venv", clean], check=True)
    subprocess.run([clean / "bin/pip", "install", "-q", wheel], check=True)
    yield "pip", clean / "bin"
    subprocess.run([tools / "bin/pipx", "install", "--quiet", wheel], env=environment, check=True)
    yield "pipx", Path(environment["PIPX_BIN_DIR"])
    subprocess.run(
        [tools / "bin/uv", "tool", "install", "-q", "--python", sys.executable, wheel], env=environment, check=True
    )
    yield "uv tool", Path(environment["UV_TOOL_BIN_DIR"])


def tried(folder: Path, work: Path) -> None:
    """Every program answers, and an archive goes through them."""
    for name in PROGRAMS:
        subprocess.run([folder / name, "--version"], check=True, capture_output=True)
        subprocess.run([folder / name, "--help"], check=True, capture_output=True)
    work.mkdir()
    for command in (
        ["raco-pkg", "new", "kit"],
        ["raco-pack", "kit.plt", "kit"],
        ["raco-pkg", "create", "kit"],
        ["pltpack", "verify", "kit.plt", "kit.zip"],
        ["raco-unpack", "kit.plt", "--dest", "out"],
        ["pltpack", "catalog", "build", "site", "kit.zip"],
    ):
        subprocess.run([folder / command[0], *command[1:]], cwd=work, check=True, capture_output=True)
    assert (work / "out/kit/main.rkt").is_file()
    assert (work / "site/catalog/pkgs-all").is_file()


def main(wheel: Path) -> None:
    """Try each way, and say so."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment = {**os.environ, "HOME": str(place / "home")}
        for variable in ("PIPX_HOME", "PIPX_BIN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "PIPX_MAN_DIR"):
            environment[variable] = str(place / variable.lower())
        for way, programs in installed(wheel.resolve(), place, environment):
            tried(programs, place / f"work-{way.replace(' ', '-')}")
            print(f"{way}: installed, all programs answer", flush=True)
        assert (place / "clean/share/man/man1/pltpack.1").is_file()
        assert list((place / "pipx_man_dir").rglob("pltpack.1")), "pipx has not linked the manual"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
