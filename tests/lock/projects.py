"""A project, a catalog of archives, and a home without any Racket."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from pltpack.lock.make import Ways, make_lock, wanted_before
from pltpack.lock.values import Lock
from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.plan.asked import wishes_of
from tests.scope.scopes import catalog, make_package


@dataclass
class Project:
    """A folder with everything: ``packages/`` (archives), ``catalog/``, ``game/`` (the project), ``home/``."""

    folder: Path
    version: str = "8.7"
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("packages", "catalog/pkg", "game", "home"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def game(self) -> Path:
        return self.folder / "game"

    def publish(self, name: str, version: str = "1.0", deps: str = "", **files: str) -> Path:
        """Have a package in the catalog, instead of the one before."""
        archive = make_package(self.folder / "packages" / f"{name}.zip", version, deps, **files)
        catalog(self.folder / "catalog", [archive])
        return archive

    def installation(self) -> Installation:
        environ = {"HOME": str(self.folder / "home"), "PATH": ""}
        return Installation.discover(version=self.version, environ=environ)

    def access(self, *, offline: bool = False) -> Access:
        place = str(self.folder / "catalog")
        return Access(catalogs=(place,), cache=self.folder / "cache", offline=offline, tell=self.told.append)

    def ways(self, **more: object) -> Ways:
        return Ways(self.installation(), self.access(), platforms=("x86_64-linux",), clock=0, **more)  # type: ignore[arg-type]

    def lock(self, *sources: str, **more: object) -> Lock:
        return make_lock(wishes_of(sources), self.game, self.ways(**more))

    def again(self, lock: Lock, *update: str, upgrade: bool = False) -> Lock:
        """What is locked where this is locked already."""
        ways = Ways(self.installation(), self.access(), clock=1)
        wanted = wanted_before(lock, self.game)
        return make_lock(wanted, self.game, ways, previous=lock, update=update, upgrade=upgrade)


def versions(lock: Lock) -> dict[str, str]:
    """The versions of the packages in a lock."""
    return {package.name: package.version for package in lock.packages}


def repository(place: Path, files: dict[str, str]) -> str:
    """A repository with one commit, which is returned; scripts may be run."""
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text)
        (place / name).chmod(0o755 if text.startswith("#!") else 0o644)
    who = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    for role in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{role}_NAME": "n", f"GIT_{role}_EMAIL": "e@example.org", f"GIT_{role}_DATE": "1600000000 +0000"}
    said = ""
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["rev-parse", "HEAD"]):
        run = subprocess.run(
            ["git", *command], cwd=place, check=True, capture_output=True, text=True, env={**os.environ, **who}
        )
        said = run.stdout.strip()
    return said
