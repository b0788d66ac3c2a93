"""The twin of ``install.rkt``: the same jobs done by pltpack.

Arguments: the directory, the collections of the real installation, a configuration directory, and if need be the
number of a user to become.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

from pltpack.errors import ConflictError, HeaderError, PltError, RequirementError
from pltpack.racket.installation import Installation
from pltpack.unpacker.install import install

PLACES = ("add", "main", "here")


def begin(top: Path, before: dict[str, str | None]) -> None:
    for place in PLACES:
        if os.access(top / place, os.W_OK):
            for path in (top / place).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in before.items():
        path = top / name
        if text is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def run(top: Path, installation: Installation, archive: dict[str, Any]) -> dict[str, Any]:
    try:
        done = install(
            archive["file"],
            installation=installation,
            directory=top / "here",
            force=archive["force"],
            all_users=archive["all-users"],
        )
    except (PltError, OSError) as error:
        return {"error": category(error), "collections": [], "kept": 0, "warned": False}
    return {
        "error": None,
        "collections": [list(collection) for collection in done.collections],
        "kept": len(done.kept),
        "warned": bool(done.warnings),
    }


def category(error: Exception) -> str:
    match error:
        case RequirementError():
            return "missing" if error.installed is None else "version"
        case ConflictError():
            return "conflict"
        case HeaderError():
            return "corrupt"
        case OSError():
            return "system"
        case _:
            return type(error).__name__


def tree(top: Path) -> dict[str, tuple[str | None, int]]:
    return {
        str(path.relative_to(top)): (
            None if path.is_dir() else path.read_bytes().decode("latin-1"),
            stat.S_IMODE(path.stat().st_mode),
        )
        for place in PLACES
        for path in (top / place).rglob("*")
    }


def main() -> None:
    top, collects, config = map(Path, sys.argv[1:4])
    installation = Installation.discover(
        addon_dir=top / "add", collects_dir=top / "main/collects", search=[collects], config_dir=config
    )
    jobs = json.load(sys.stdin)
    if len(sys.argv) > 4:
        # Whatever is imported later may be out of the other user's reach.
        for archive in jobs[0]["archives"]:
            run(top, installation, archive)
        for path in (top / "here").iterdir():
            shutil.rmtree(path)
        become(int(sys.argv[4]))
    answers = []
    for job in jobs:
        begin(top, job["before"])
        answers.append({"results": [run(top, installation, one) for one in job["archives"]], "tree": tree(top)})
    json.dump(answers, sys.stdout)


def become(user: int) -> None:
    """Go on as another, ordinary user."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


if __name__ == "__main__":
    main()
