"""The options of the commands on many archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.cli.options import archives
from tests.cli.options.row import Effect, Row, lacks, limits, prints, tells
from tests.trees import archive, file

MAIN = b"#lang racket/base\n(require racket/list)\n(define Answer 42)\n"
FIND = "pltpack find --text define here.plt"
ALL = "pltpack find --name '*.rkt' here.plt"

ANSWER = prints("Answer")


def prepare(folder: Path) -> None:
    """Archives that have a file in common, and a copy of the first in a folder that is a package itself."""
    here = archive(file("a", "main.rkt", data=MAIN), file("a", "notes.txt", data=b"define nothing\n"))
    (folder / "here.plt").write_bytes(here)
    there = archive(file("a", "main.rkt", data=MAIN), file("a", "b.rkt", data=b"(lambda ())"))
    (folder / "there.plt").write_bytes(there)
    with zipfile.ZipFile(folder / "here.zip", "w") as package:
        package.writestr("a/main.rkt", MAIN)
    (folder / "p").mkdir()
    (folder / "p/info.rkt").write_text("#lang info\n")
    (folder / "p/inner.plt").write_bytes(here)


def named(kind: str) -> Effect:
    """The kind of document that is printed."""
    return tells(lambda document: document["schema"] == f"pltpack.{kind}")


ROWS = [
    Row("many.find", "--text", "pltpack find", "--text nothing here.plt", prints("define nothing"), lacking="here.plt"),
    Row("many.find", "--regexp", "pltpack find", "-E 'A.*2' here.plt", ANSWER, lacking="--text 'A.*2' here.plt"),
    Row("many.find", "--ignore-case", "pltpack find --text ANSWER here.plt", "-i", ANSWER),
    Row("many.find", "--name", FIND, "--name '*.rkt'", lacks("notes.txt")),
    Row("many.find", "--module", FIND, "--module a/main", lacks("notes.txt")),
    Row("many.find", "--requires", FIND, "--requires racket/list", lacks("notes.txt")),
    Row("many.find", "--count", FIND, "--count", lacks("Answer")),
    Row("many.find", "--files", FIND, "-l", lacks("Answer")),
    Row("many.find", "--table", ALL, "--table", prints("archive", "path")),
    Row("many.find", "--csv", ALL, "--csv", prints("archive,")),
    Row("many.find", "--jsonl", ALL, "--jsonl", prints('"schema":"pltpack.find-row"')),
    Row("many.find", "--json", ALL, "--json", named("find-table")),
    Row("many.find", "--recursive", "pltpack find --name '*.rkt' p", "--recursive", prints("inner.plt")),
    Row(
        "many.find", "--jobs", "pltpack find -j 1 --name noise big1.plt big2.plt", "-j 2", archives.parallel,
        before=archives.large,
    ),
    *limits(
        "many.find",
        plt="pltpack find --text define here.plt",
        path="pltpack find --text define here.zip",
        ratio="pltpack find --text define zeros.plt",
    ),
    Row("many.duplicates", "--by", "pltpack duplicates here.plt there.plt", "--by files", prints("a/main.rkt")),
    Row("many.duplicates", "--json", "pltpack duplicates here.plt there.plt", "--json", named("duplicates")),
    Row("many.duplicates", "--recursive", "pltpack duplicates here.plt p", "--recursive", prints("inner.plt")),
    Row(
        "many.duplicates", "--jobs", "pltpack duplicates -j 1 big1.plt big2.plt", "-j 2", archives.parallel,
        before=archives.large,
    ),
    *limits(
        "many.duplicates",
        plt="pltpack duplicates here.plt",
        path="pltpack duplicates here.zip",
        ratio="pltpack duplicates zeros.plt",
    ),
]  # fmt: skip
