"""Draws the pictures of the README from real runs: ``python docs/pictures.py``, or ``make pictures``.

``pictures/terminal.svg`` is what commands print, one after the other, in an empty folder. ``pictures/site.png`` is the
front page of a catalog that is built of the demo's packages; it takes Chromium, and is left as it is without one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE: Final = Path(__file__).parent / "pictures"
PROGRAMS: Final = Path(sys.executable).parent
WIDTH: Final = 92

SHOWN: Final = (
    "raco-pkg create -q quiz && pltpack verify quiz.zip",
    "pltpack catalog build site quiz.zip cards",
    "raco-pkg lock --catalog site/catalog quiz --racket-version 8.7",
    "raco-pkg sync --root image --racket-version 8.7",
    "pltpack planet rescue old --table old/owners.csv --into pkgs",
)

PACKAGES: Final = {
    "quiz/info.rkt": """#lang info
(define collection "quiz")
(define pkg-desc "Questions with one right answer, asked until they are known")
(define version "1.2")
(define license 'MIT)
(define deps '("cards"))
""",
    "quiz/main.rkt": "#lang racket/base\n(require cards)\n(provide card)\n",
    "cards/info.rkt": """#lang info
(define collection "cards")
(define pkg-desc "Cards with two sides, and decks of them")
(define version "0.9")
(define license 'MIT)
(define deps '())
""",
    "cards/main.rkt": "#lang racket/base\n(provide card)\n(struct card (front back))\n",
    "dice/info.rkt": """#lang info
(define collection "dice")
(define pkg-desc "Dice of any number of sides, honest and loaded")
(define version "2.0")
(define license '(Apache-2.0 OR MIT))
""",
    "dice/main.rkt": "#lang racket/base\n",
    "plotter/info.rkt": """#lang info
(define collection "plotter")
(define pkg-desc "Points and lines on paper")
(define version "0.1")
(define license 'MIT)
(define deps '("cards" "dice"))
""",
    "plotter/main.rkt": "#lang racket/base\n",
}


def prepared(folder: Path) -> None:
    """The packages that the pictures show."""
    for name, text in PACKAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "old" / "ann").mkdir(parents=True)
    subprocess.run([PROGRAMS / "pltpack", "planet", "create", "-q", "dice"], cwd=folder, check=True)
    (folder / "dice.plt").rename(folder / "old" / "dice.plt")
    (folder / "old" / "owners.csv").write_text("dice.plt,ann,1,0\n")


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the machine's own, but for the programs."""
    return {
        "PATH": f"{PROGRAMS}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(folder / "home"),
        "COLUMNS": str(WIDTH),
        "LC_ALL": "C.UTF-8",
        "PLTPACK_RACKET_VERSION": "8.7",
    }


def terminal(folder: Path) -> str:
    """The commands and what they print, as SVG."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        for line in SHOWN:
            console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
            ran = subprocess.run(
                ["sh", "-euc", line], cwd=folder, env=environment(folder), text=True, check=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            console.print(Text(ran.stdout.replace(f"{folder}/", "")), end="", soft_wrap=True)
        # Fonts of the machine: nothing is loaded from elsewhere.
        form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
        return console.export_svg(title="pltpack", unique_id="terminal", code_format=form)


def site(folder: Path, chromium: str) -> None:
    """The front page of a catalog, as PNG."""
    subprocess.run(
        [PROGRAMS / "pltpack", "catalog", "build", "-q", "shown", "quiz", "cards", "dice", "plotter"],
        cwd=folder, env=environment(folder), check=True,
    )  # fmt: skip
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--no-first-run", f"--user-data-dir={folder / 'chromium'}", "--hide-scrollbars", "--window-size=1100,620",
         f"--screenshot={HERE / 'site.png'}", (folder / "shown" / "index.html").as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip


def main() -> None:
    """Draw both."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder)
        (HERE / "terminal.svg").write_text(terminal(folder))
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        if chromium is None:
            print("no Chromium: site.png stays as it is", file=sys.stderr)
        else:
            site(folder, chromium)


if __name__ == "__main__":
    main()
