"""The real ``raco pkg`` as the client of a catalog."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

RACO = shutil.which("raco") or "raco"
RACKET = shutil.which("racket") or "racket"


class Client:
    """``raco pkg`` with an add-on directory of its own; ``environment`` is added to that of the tests."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.environment = {
            **os.environ,
            "PLTADDONDIR": str(folder / "addon"),
            "HOME": str(folder),
            **environment,
        }

    def raco(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [RACO, "pkg", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )

    def install(self, catalog: str, *names: str, auto: str = "--auto") -> subprocess.CompletedProcess[str]:
        return self.raco(
            "install", "--catalog", catalog, "--scope", "user", "--no-setup", "--batch", "--no-cache", auto, *names
        )

    def installed(self) -> dict[str, str]:
        """Names and checksums."""
        shown = self.raco("show", "--scope", "user", "--full-checksum", "--all").stdout
        return dict(re.findall(r"^ *(\S+?)\*? +([0-9a-f]{40}) ", shown, re.MULTILINE))

    def loads(self, module: str) -> bool:
        command = [RACKET, "-l", module]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0
