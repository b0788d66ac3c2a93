"""Compile packages of PLaneT in the real Racket as they were, and as packages of today, module by module.

    python benchmarks/planet_corpus.py WORK [--clones DIR] [--only OWNER/PKG ...] [--ways rescued] [--seconds N]
        [--stop-after N] [--markdown]

Each package of ``fixtures/planet/corpus.json`` is taken from its commit in a clone of its repository
(``DIR/OWNER+NAME``, bare or not, or with the repository in ``repo`` below it), packed as ``raco planet create`` would,
and lies in ``WORK/archives`` then; what lies there already is used, and without clones that is all. Then all of them
are put twice where a Racket finds them, in add-ons of their own and without a network: in the cache of PLaneT's client,
with nothing rewritten, and as packages that a rescue of all of them made, installed by one ``raco pkg install``. Of
each package every module is compiled by itself in both places (``--ways``: in one of them).

A module is a file but for info files whose text begins with ``#lang``, ``#reader`` or ``(module``, its name ending as
programs' do;
``modules``, ``planet`` and ``draft`` in the last columns are what ``corpus.json`` has of a first draft of the rescue,
which somewhat other files were counted for. Outcomes are kept in ``WORK/outcomes``, for a run that was broken off.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from pltpack.datum.program import ReaderPath, read_program
from pltpack.planet.cache import cache_planet
from pltpack.planet.create import create_planet_archive
from pltpack.planet.index import Index, index_planet
from pltpack.planet.places import Places, places, planet_base
from pltpack.planet.rescue.contexts import head_of
from pltpack.planet.rescue.rescue import rescue_planet
from pltpack.planet.rescue.rescued import Rescue

HERE: Final = Path(__file__).resolve().parent
CORPUS: Final = HERE.parent / "fixtures" / "planet" / "corpus.json"
SUFFIXES: Final = (".ss", ".rkt", ".scm", ".scrbl")
NOWHERE: Final = "http://127.0.0.1:1/"
"""A server of PLaneT that does not answer."""


@dataclass
class Measured:
    """A package: its modules, and of each way those that compile."""

    name: str
    modules: list[str]
    good: dict[str, set[str]] = field(default_factory=dict)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--clones", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="*", default=[], metavar="OWNER/PKG")
    parser.add_argument("--ways", nargs="*", choices=("planet", "rescued"), default=["planet", "rescued"])
    parser.add_argument("--stop-after", type=int, metavar="N", help="begin no package after so many seconds")
    parser.add_argument("--seconds", type=int, default=120, metavar="N", help="for one module (default: 120)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    began = time.monotonic()
    work = options.work.resolve()
    records = {record["as_package"]: record for record in json.loads(CORPUS.read_text("utf-8"))}
    for name, record in records.items():
        archive = work / "archives" / name / name.split("/")[1]
        if not archive.exists() and options.clones is not None:
            take(record, options.clones, work / "sources" / name, archive)
    index = index_planet(work / "archives")
    version = subprocess.run(["racket", "-e", "(display (version))"], stdout=subprocess.PIPE, text=True, check=True)
    client = places(planet_base(work / "planet", environ={}), version.stdout)
    lay_out_cache(index, client)
    rescued = lay_out_packages(index, work)
    measured = []
    for package in rescued.made:
        release = package.release
        name = f"{release.owner}/{release.package.removesuffix('.plt')}"
        if options.only and name not in options.only:
            continue
        here = client.base.joinpath(*client.installed(release))
        (there,) = (work / "rescued").glob(f"*/pkgs/{package.target.name}/{package.target.collection}")
        one = Measured(f"{name} {release.major}.{release.minor}", modules_below(here))
        for way, place in (("planet", here), ("rescued", there)):
            kept = work / "outcomes" / way / f"{package.target.name}.json"
            if way not in options.ways and not kept.exists():
                continue
            if not kept.exists():
                if options.stop_after is not None and time.monotonic() - began > options.stop_after:
                    continue
                outcomes = compiled([place / file for file in one.modules], work / way, options.seconds)
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(dict(zip(one.modules, outcomes, strict=True)), indent=1))
            one.good[way] = {file for file, outcome in json.loads(kept.read_text()).items() if outcome == "ok"}
        measured.append(one)
        counts = ", ".join(f"{way} {len(good)}" for way, good in one.good.items())
        print(f"{one.name}: of {len(one.modules)}: {counts}", file=sys.stderr, flush=True)
    report(measured, {release_name(name): record for name, record in records.items()}, markdown=options.markdown)


def take(record: dict[str, str], clones: Path, source: Path, archive: Path) -> None:
    """Take a package from its commit, and pack it."""
    clone = clones / record["repository"].replace("/", "+")
    clone = clone / "repo" if (clone / "repo").is_dir() else clone
    if not clone.is_dir():
        print(f"no clone of {record['repository']}", file=sys.stderr)
        return
    tree = record["commit"] + (f":{record['path']}" if record["path"] != "." else "")
    source.mkdir(parents=True, exist_ok=True)
    taken = subprocess.run(["git", "-C", str(clone), "archive", tree], stdout=subprocess.PIPE, check=False)
    if taken.returncode:
        print(f"{record['repository']} has no {tree}", file=sys.stderr)
        return
    subprocess.run(["tar", "x", "-C", str(source)], input=taken.stdout, check=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    create_planet_archive(source, archive, force=True)


def lay_out_cache(index: Index, client: Places) -> None:
    """Put all releases into the cache of PLaneT's client."""
    for cached in cache_planet(index.releases, [client]):
        if cached.error is not None:
            print(f"not in the cache: {cached.release}: {cached.error}", file=sys.stderr)


def lay_out_packages(index: Index, work: Path) -> Rescue:
    """Rescue all of them, and have ``raco pkg`` install them."""
    rescued = rescue_planet(index, work / "pkgs")
    for package in rescued.refused:
        print(f"refused: {package.release}: {package.error}", file=sys.stderr)
    subprocess.run(
        ["raco", "pkg", "install", "--user", "--deps", "force", "--force", "--no-setup", "--skip-installed",
         *(str(package.path) for package in rescued.made)],
        env=environment(work / "rescued"), stdout=sys.stderr, check=True,
    )  # fmt: skip
    return rescued


def environment(addon: Path) -> dict[str, str]:
    """That of a Racket with these add-ons, which no server of PLaneT answers."""
    return {**os.environ, "PLTADDONDIR": str(addon), "PLTPLANETURL": NOWHERE}


def modules_below(directory: Path) -> list[str]:
    """The files below a directory that hold modules, in order."""
    found = []
    for path in sorted(directory.rglob("*")):
        if path.suffix not in SUFFIXES or path.stem == "info" or "compiled" in path.parts or not path.is_file():
            continue
        if is_module(path.read_bytes()):
            found.append(path.relative_to(directory).as_posix())
    return found


def is_module(text: bytes) -> bool:
    """Whether a text begins as a module does, be it one that can be read or not."""
    program = read_program(text)
    if program.language is not None:
        return True
    first = program.forms[0].datum if program.forms else None
    return isinstance(first, ReaderPath) or (isinstance(first, list) and head_of(first) == "module")


def compiled(files: list[Path], addon: Path, seconds: int) -> list[str]:
    """Of each file ``ok``, or why it does not compile; a process of its own does it for the files of a package."""
    outcomes: dict[str, str] = {}
    while waiting := [str(file) for file in files if str(file) not in outcomes]:
        run = subprocess.run(
            ["racket", str(HERE / "compile.rkt")],
            input="".join(f"{file}\n" for file in waiting), stdout=subprocess.PIPE, text=True, errors="replace",
            env={**environment(addon), "SECONDS_A_FILE": str(seconds)}, check=False,
        )  # fmt: skip
        outcomes |= {name: outcome for name, _, outcome in (line.partition("\t") for line in run.stdout.splitlines())}
        for file in waiting:  # the one that ended the process, if one did
            if file not in outcomes:
                outcomes[file] = f"racket ended with {run.returncode}"
                break
    return [outcomes[str(file)] for file in files]


def release_name(text: str) -> str:
    """``ada/util 1.0`` for ``ada/util.plt/1/0``."""
    owner, package, major, minor = text.split("/")
    return f"{owner}/{package.removesuffix('.plt')} {major}.{minor}"


def report(measured: list[Measured], records: dict[str, dict[str, int | None]], *, markdown: bool) -> None:
    """Print the table, for what was measured in both ways also what compiles in one of them only."""
    titles = ("package", "modules", "planet", "rescued", "modules", "planet", "draft")
    rows: list[tuple[str, ...]] = []
    total: Counter[int] = Counter()
    both = [one for one in measured if len(one.good) == 2]
    for one in measured:
        record = records[one.name]
        known = [record[key] for key in ("modules", "planet_ok", "rescued_ok")]
        good = [len(one.good[way]) if way in one.good else None for way in ("planet", "rescued")]
        numbers = [len(one.modules), *good, *known]
        if "rescued" in one.good and known[0] is not None:
            total.update({place: number or 0 for place, number in enumerate(numbers)})
        rows.append((one.name, *("" if number is None else str(number) for number in numbers)))
    compared = sum("rescued" in one.good and records[one.name]["modules"] is not None for one in measured)
    rows.append((f"all {compared} that were rescued in both", *(str(total[place]) for place in range(6))))
    if markdown:
        print(f"| {' | '.join(titles)} |\n| --- |{' --: |' * 6}")
        for row in rows:
            print(f"| {' | '.join(row)} |")
    else:
        for row in (titles, *rows):
            print(f"{row[0]:<40}" + "".join(f"{cell:>13}" for cell in row[1:]))
    planet, rescued = (sum(len(one.good[way]) for one in both) for way in ("planet", "rescued"))
    print(f"both ways measured: {len(both)} packages; under PLaneT {planet} modules compile, rescued {rescued}")
    for one in both:
        for file in sorted(one.good["planet"] ^ one.good["rescued"]):
            way = "under PLaneT" if file in one.good["planet"] else "rescued"
            print(f"compiles only {way}: {one.name}: {file}")


if __name__ == "__main__":
    main()
