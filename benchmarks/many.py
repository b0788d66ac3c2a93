"""Measure work on 1,000 archives against decoding them alone.

    python benchmarks/many.py [--archives N] [--rounds N]

The archives are packed from the fixtures. Each round runs, one after the other, a program that only decodes all of
them, in as many processes as there are cores, and the commands that verify, table and search them, as they are when
installed, with their bytecode. The floor is the same program with the digests that a table and a report have: SHA-256
of the file and of the raw stream, and SHA-1 of the file. Told are the medians of the seconds on the clock and of all
cores, the median of the ratios of each round by round, and the largest process.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.installed import install
from benchmarks.rows import Row, keep
from pltpack.packer.pack import pack_plt

FIXTURES: Final = Path(__file__).resolve().parents[1] / "fixtures"
GOAL: Final = 1.2
DIFFERENT: Final = 20
SIZE: Final = 200_000
"""Bytes of the files in an archive."""

_DECODE: Final = """
import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from pltpack.archive import open_archive
from pltpack.codec.entries import File

digests = sys.argv[2:] == ["digests"]

def decode(path):
    raw = hashlib.sha256() if digests else None
    with open_archive(path, digest=raw) as archive:
        size = sum(len(piece) for entry in archive if isinstance(entry, File) for piece in entry.body.chunks())
    if digests:
        data = path.read_bytes()
        return size, hashlib.sha256(data).digest(), hashlib.sha1(data).digest(), raw.digest()
    return size

with ProcessPoolExecutor() as executor:
    print(len([*executor.map(decode, sorted(Path(sys.argv[1]).iterdir()), chunksize=8)]))
"""

_DIGESTS: Final = "and digests, the floor"
_COMMANDS: Final = {
    "verify": ("verify", "--summary", "--fail-on", "damage"),
    "table": ("show", "--csv"),
    "search": ("find", "--text", "there is no such line"),
}


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archives", type=int, default=1000, metavar="N", help="how many (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often (default: 5)")
    parser.add_argument("--quick", action="store_true", help="few archives, two rounds: to see that all works")
    options = parser.parse_args()
    if options.quick:
        options.archives, options.rounds = 50, 2
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as scratch:
        folder = Path(scratch, "archives")
        folder.mkdir()
        _fill(folder, options.archives)
        size = sum(path.stat().st_size for path in folder.iterdir())
        programs = install(Path(scratch, "installed"))
        decode = [str(programs / "python"), "-c", _DECODE, str(folder)]
        commands = {"decoding alone": decode, _DIGESTS: [*decode, "digests"]}
        for name, words in _COMMANDS.items():
            commands[name] = [str(programs / "pltpack"), *words, str(folder)]
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        peaks = dict.fromkeys(commands, 0)
        for _ in range(options.rounds):
            for name, command in commands.items():
                taken, cpu, peak = _run(command)
                seconds[name].append((taken, cpu))
                peaks[name] = max(peaks[name], peak)
    print(f"{options.archives:,} archives, {size / 1e6:.1f} MB, {os.cpu_count()} cores, {options.rounds} rounds\n")
    print("| work | seconds | ratio to decoding alone | CPU seconds | ratio | goal | peak memory, MiB |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    alone = seconds["decoding alone"]
    rows, floor = [], 1.0
    for name, runs in seconds.items():
        clock, cpu = (statistics.median(run[kind] for run in runs) for kind in (0, 1))
        ratio, of_cpu = (
            statistics.median(mine[kind] / its[kind] for mine, its in zip(runs, alone, strict=True)) for kind in (0, 1)
        )
        goal = "" if name not in _COMMANDS else f"{GOAL}{'' if ratio <= GOAL else ': missed'}"
        if name == _DIGESTS:
            floor = ratio
        elif name in _COMMANDS:
            least = 1.0 if name == "search" else floor
            rows.append(Row(f"{name} of {options.archives:,} archives", "of decoding alone", ratio, GOAL, least))
        print(f"| {name} | {clock:.2f} | {ratio:.2f} | {cpu:.2f} | {of_cpu:.2f} | {goal} | {peaks[name] >> 10} |")
    keep("many", rows, whole=not options.quick)


def _fill(folder: Path, count: int) -> None:
    """So many archives of some 200 kB of files each: twenty that differ, again and again under other names."""
    files = [path for path in sorted(FIXTURES.rglob("*")) if path.is_file() and path.stat().st_size <= SIZE // 4]
    names = itertools.cycle(str(path.relative_to(FIXTURES)) for path in files)
    for number in range(count):
        archive = folder / f"{number:05}.plt"
        if number >= DIFFERENT:
            shutil.copyfile(folder / f"{number % DIFFERENT:05}.plt", archive)
            continue
        chosen: list[str] = []
        while sum((FIXTURES / name).stat().st_size for name in chosen) < SIZE:
            chosen.append(next(names))
        stored = [f"{place}/{name}" for place, name in enumerate(chosen)]
        pack_plt(archive, archive.stem, [FIXTURES / name for name in chosen], as_paths=stored)


def _run(command: list[str]) -> tuple[float, float, int]:
    """The seconds that a command took, those of all cores, and the KiB of the largest of its processes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:  # 1: something was found, or nothing
        raise SystemExit(f"{' '.join(command[:3])} failed: {said[-1000:]}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


if __name__ == "__main__":
    main()
