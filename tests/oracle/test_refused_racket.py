"""What ``raco pkg install`` really refuses, and what it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.inspection.refused import FINE, REFUSED
from tests.oracle.conftest import Compared

pytestmark = pytest.mark.racket


def installs(racket: str, place: Path, path: Path) -> bool:
    """Whether the real command takes the package, into an add-on directory of its own."""
    raco = shutil.which("raco", path=str(Path(racket).parent))
    assert raco is not None
    named = [] if "@" in path.name else ["--name", "vq"]
    source = f"./{path.name}" if path.is_dir() else path.name
    command = [raco, "pkg", "install", "--no-setup", "--copy", *named, source]
    environment = {**os.environ, "PLTADDONDIR": str(place / "addon")}
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, check=False)
    return done.returncode == 0


def test_every_kind(racket: str, tmp_path: Path, compared: Compared) -> None:
    kinds = {kind: (name, write) for kind, (name, write, _) in REFUSED.items()} | FINE
    places = {kind: tmp_path / str(number) for number, kind in enumerate(kinds)}

    def ask(kind: str) -> bool:
        name, write = kinds[kind]
        places[kind].mkdir()
        write(places[kind] / name)
        return installs(racket, places[kind], places[kind] / name)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = dict(zip(kinds, pool.map(ask, kinds), strict=True))
    assert {kind for kind, installed in answers.items() if installed} == set(FINE)
    compared(len(answers))
