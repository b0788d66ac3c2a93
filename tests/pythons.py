"""Runs the tests on every Python that can be had here, with the oldest and with the newest dependencies allowed.

``python tests/pythons.py [--lowest] [PYTHON...] [-- PYTEST-ARGUMENT...]``. Without PYTHON it is every minor version
from 3.11 on that lies on the search path, in pyenv's folder or in uv's; the oldest runs with the oldest dependencies,
too. Each gets an environment of its own, which is thrown away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
OLDEST: Final = (3, 11)


def candidates() -> Iterator[Path]:
    """Executables that may be Pythons, the likelier ones first."""
    home = Path.home()
    yield Path(sys.executable)
    for minor in range(OLDEST[1], OLDEST[1] + 10):
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
    for folder in (
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python")),
    ):
        yield from sorted(folder.glob("*/bin/python3"))


def pythons() -> dict[tuple[int, int], Path]:
    """One executable for each minor version, by their versions."""
    found: dict[tuple[int, int], Path] = {}
    for path in candidates():
        told = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if told.returncode == 0:
            major, minor = map(int, told.stdout.split())
            if (major, minor) >= OLDEST:
                found.setdefault((major, minor), path)
    return dict(sorted(found.items()))


def tested(python: Path, *, lowest: bool, arguments: list[str]) -> bool:
    """Install the project for a Python, and run the tests; says whether they passed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        subprocess.run([python, "-m", "venv", environment], check=True)
        pip: list[str | Path] = [
            environment / "bin/python",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        if lowest:
            subprocess.run([*pip, "uv>=0.9"], check=True)
            pip = [environment / "bin/uv", "pip", "install", "-q", "--resolution", "lowest-direct", "--python",
                   environment / "bin/python"]  # fmt: skip
        subprocess.run([*pip, "-e", ".[test,dev,docs]"], cwd=ROOT, check=True)
        done = subprocess.run(
            [environment / "bin/python", "-m", "pytest", "-q", *arguments],
            cwd=ROOT,
            check=False,
            env={**os.environ, "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        )
        return done.returncode == 0


def main(words: list[str]) -> int:
    """Returns the exit code: 0 if all passed."""
    at = words.index("--") if "--" in words else len(words)
    words, arguments = words[:at], words[at + 1 :]
    chosen = {word for word in words if not word.startswith("-")}
    found = {version: path for version, path in pythons().items() if not chosen or f"3.{version[1]}" in chosen}
    if not found:
        print(f"no such Python here: {', '.join(sorted(chosen))}", file=sys.stderr)
        return 2
    results = []
    for version, path in found.items():
        kinds = [True] if "--lowest" in words else [False, True] if version == min(found) and not chosen else [False]
        for lowest in kinds:
            called = f"Python {version[0]}.{version[1]}, {'oldest' if lowest else 'newest'} dependencies"
            print(f"== {called} ({path})", flush=True)
            results.append((tested(path, lowest=lowest, arguments=arguments), called))
    for passed, called in results:
        print(f"{'passed' if passed else 'FAILED'}: {called}")
    return 0 if all(passed for passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
