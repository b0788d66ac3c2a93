"""Measure everything, room by room, and write one table of all figures with their goals and floors.

    python benchmarks/run.py [--quick] [--only ROOM ...]

Each room is a program of its own beside this one. One that fails is told at the end; the others are measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.rows import as_markdown

HERE: Final = Path(__file__).resolve().parent
ROOMS: Final = ("archives", "start_up", "many", "catalogs", "sites", "package_manager", "locks", "planet", "server")
"""In this order they are measured and told."""

_BEGIN, _END = "<!-- table begin -->\n", "<!-- table end -->\n"


def main() -> int:
    """The program; the exit code is 1 if a room could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small inputs: to see that all works; nothing is kept")
    parser.add_argument("--only", action="append", default=[], choices=ROOMS, help="only this room; repeatable")
    options = parser.parse_args()
    failed = []
    for room in options.only or ROOMS:
        print(f"\n# {room}\n", flush=True)
        program = [sys.executable, str(HERE / f"{room}.py"), *(["--quick"] if options.quick else [])]
        if subprocess.run(program, check=False).returncode:
            failed.append(room)
    if not options.quick:
        put_into(HERE / "README.md", as_markdown(ROOMS))
    if failed:
        print(f"not measured, see above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def put_into(page: Path, table: str) -> None:
    """Put the table between the marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
