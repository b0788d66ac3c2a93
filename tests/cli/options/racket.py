"""The options of the commands on Racket installations."""

from __future__ import annotations

from pathlib import Path

from tests.cli.options.row import Row, code, lacks, prints, tells

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}


def prepare(folder: Path) -> None:
    """An info.rkt, directories of collections, and an installation."""
    (folder / "lib").mkdir()
    (folder / "lib/info.rkt").write_text(
        '#lang info\n(define name "Lib")\n(define deps \'("base"))\n(define where (collection-path "kit"))\n'
    )
    (folder / "colls/kit").mkdir(parents=True)
    for root, version in (("r", "8.7"), ("s", "7.9")):
        (folder / root / "collects/kit").mkdir(parents=True)
        (folder / root / "collects/racket/compiled").mkdir(parents=True)
        (folder / root / "bin").mkdir()
        program = folder / root / "bin/racket"
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)


ROWS = [
    Row("racket.dirs", "--racket", "pltpack dirs --racket-version 8.7", "--racket r", prints("r/bin/racket")),
    Row("racket.dirs", "--racket-version", "pltpack dirs", "--racket-version 8.7", prints("/8.7")),
    Row("racket.doctor", "--racket", "pltpack doctor", "--racket r", prints("r (given)")),
    Row("racket.doctor", "--racket-version", "pltpack doctor", "--racket-version 8.7", prints("8.7 (option")),
    Row(
        "racket.doctor",
        "--json",
        "pltpack doctor --racket-version 8.7",
        "--json",
        tells(lambda document: document["schema"] == "pltpack.doctor"),
    ),
    Row("racket.dirs", "--collects", "pltpack dirs --racket-version 8.7", "--collects colls", prints("colls")),
    Row(
        "racket.dirs",
        "--json",
        "pltpack dirs --racket-version 8.7",
        "--json",
        tells(lambda document: (document["schema"], document["version"]) == ("pltpack.dirs", 1)),
    ),
    Row("racket.info", "--field", "pltpack info lib", "--field deps", lacks("name:")),
    Row("racket.info", "--racket", "pltpack info lib", "--racket r --racket-version 8.7", prints("r/collects/kit")),
    Row("racket.info", "--racket-version", "pltpack info lib --racket r", "--racket-version nonsense", code(2)),
    Row("racket.info", "--collects", "pltpack info lib --racket r", "--collects colls", prints("colls/kit")),
    Row(
        "racket.info",
        "--json",
        "pltpack info lib",
        "--json",
        tells(lambda document: (document["schema"], document["version"]) == ("pltpack.info", 1)),
    ),
]
