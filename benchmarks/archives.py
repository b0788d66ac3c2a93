"""Measure archives: pltpack against Racket's own commands and the usual Unix tools, and write down what came out.

Nothing here judges a time: the figures do. What the commands make is checked before they are measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final, TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.contests import Contest, Floor, Ground, Growth
from benchmarks.goals import as_rows
from benchmarks.installed import install
from benchmarks.measuring import FailedError, Meter
from benchmarks.plot import draw
from benchmarks.report import as_json, as_markdown
from benchmarks.rows import keep
from benchmarks.workloads import WORKLOADS

HERE: Final = Path(__file__).resolve().parent
Results: TypeAlias = tuple[list[Contest], list[Floor], list[Growth]]

_BEGIN, _END = "<!-- figures begin -->\n", "<!-- figures end -->\n"


def main() -> None:
    """The program."""
    options = _options()
    missing = [name for name in ("racket", "raco", "tar", "gzip", "base64", "diff") if shutil.which(name) is None]
    if missing:
        sys.exit(f"not found, but needed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-", dir=options.scratch) as scratch:
        try:
            results = _measure(Path(scratch), options)
        except FailedError as error:
            sys.exit(str(error))
    print(as_markdown(*results))
    whole = not options.only and not options.quick
    output = options.output or (HERE / "results" if whole else None)
    if output is not None:
        _write(output, *results)
    keep("archives", as_rows(results[0], results[1]), whole=whole)
    if whole:
        _put_into(HERE / "README.md", as_markdown(*results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small inputs, two rounds: to see that all works")
    parser.add_argument(
        "--only", action="append", default=[], choices=[*WORKLOADS, "growth"], help="only this workload; repeatable"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each contest (default: by workload)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where results.json, .md and .png go")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where inputs are made (default: TMPDIR)")
    return parser.parse_args()


def _measure(scratch: Path, options: argparse.Namespace) -> Results:
    wanted = options.only or [*WORKLOADS, "growth"]
    contests: list[Contest] = []
    floors: list[Floor] = []
    growth: list[Growth] = []
    # Settings of the interpreter would change what is measured, and Racket's user-specific directory may hold anything.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, "PLTADDONDIR": str(scratch / "addon"), "LC_ALL": "C.UTF-8"}
    with Meter(environment) as meter:
        ground = Ground(scratch, install(scratch / "installed"), meter, lambda text: print(text, file=sys.stderr))
        for name, (rounds, make) in WORKLOADS.items():
            if name in wanted:
                workload = make(scratch / name, options.quick)
                times = options.rounds or (2 if options.quick else rounds)
                contests += ground.contests(workload, times)
                if name == "racket":
                    floors.append(ground.floor(workload, times))
        if "growth" in wanted:
            growth = ground.growth(options.rounds or (1 if options.quick else 3), quick=options.quick)
    return contests, floors, growth


def _write(output: Path, contests: list[Contest], floors: list[Floor], growth: list[Growth]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(as_json(contests, floors, growth), indent=1) + "\n")
    (output / "results.md").write_text(as_markdown(contests, floors, growth))
    try:
        draw(output / "results.png", contests, growth)
    except ImportError:
        print("no picture: matplotlib is not installed (pip install -e '.[bench]')", file=sys.stderr)


def _put_into(page: Path, tables: str) -> None:
    """Put the tables between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{tables}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
