"""The same trees and verdicts as Racket's ``unpack``, and an installed collection that Racket can use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header, Preamble
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, Symbol
from pltpack.racket.installation import Installation
from pltpack.unpacker.install import install, unpack
from pltpack.unpacker.setup import run_setup

pytestmark = pytest.mark.racket

HERE = Path(__file__).parent
NOBODY = 65534

TEST_DIRS = ("collects", "doc", "include", "lib")
HEADERS = {
    "plain": Header("x", plt_relative=False),
    "at-plt": Header("x"),
    "all-users": Header("x", plt_home_relative=True, test_plt_dirs=TEST_DIRS),
    "force-all-users": Header("x", plt_home_relative=True),
}
CONTENT: dict[tuple[str, ...], bytes | None] = {
    ("collects", "c"): None,
    ("collects", "c", "main.rkt"): b"#lang racket/base\n",
    ("collects", "c", "empty"): None,
    ("doc",): None,
    ("doc", "c.html"): b"<html>\xff",
    ("lib",): None,
    ("lib", "c.so"): b"",
    ("include", "deep", "er"): None,
    ("include", "deep", "er", "c.h"): b"/* */",
    ("other", "sub"): None,
    ("other", "sub", "o.txt"): b"o" * 10000,
    ("same",): None,
    ("same", "s"): b"s",
}
MAIN_DIRS: dict[str, str | None] = {f"main/{name}": None for name in TEST_DIRS}


@dataclass
class Job:
    """What is on the disk before, and the archives unpacked one after the other: file, ``force``, ``all_users``."""

    before: dict[str, str | None] = field(default_factory=dict)
    archives: list[tuple[Path, bool, bool]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        archives = [{"file": str(file), "force": force, "all-users": every} for file, force, every in self.archives]
        return {"before": self.before, "archives": archives}


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that another user can reach, too."""
    path = Path(tempfile.mkdtemp(prefix="pltpack-oracle-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def real(racket: str) -> Installation:
    return Installation.discover(racket=Path(racket))


def write(file: Path, header: Header | Preamble, content: dict[tuple[str, ...], bytes | None], replace: bool) -> Path:
    with create_archive(file, header) as archive:
        for path, data in content.items():
            if data is None:
                archive.add_directory(path)
            else:
                archive.add_file(path, data, len(data), replace=replace)
    return file


def answers(place: Path, real: Installation, jobs: list[Job], user: int | None) -> tuple[list[Any], list[Any]]:
    """What Racket and we say to the jobs."""
    config = place / "etc"
    config.mkdir()
    roots = " ".join("same" if root == Path() else f'"{root}"' for root in real.compiled_file_roots)
    (config / "config.rktd").write_text(f"#hash((compiled-file-roots . ({roots})))")
    given = json.dumps([job.json() for job in jobs])
    shutil.copy(HERE / "install.rkt", place)
    collects = str(real.collects_dir)
    found = []
    for ours in (False, True):
        top = place / ("ours" if ours else "racket")
        for name in ("add", "main/collects", "here", *(MAIN_DIRS if user is not None else ())):
            (top / name).mkdir(parents=True, exist_ok=True)
        if user is not None:
            for directory in (top, top / "add", top / "here"):
                os.chown(directory, user, user)
        flags = ["-A", f"{top}/add", "-X", f"{top}/main/collects", "-S", collects, "-G", str(config)]
        if ours:
            command = [sys.executable, str(HERE / "install_pltpack.py"), str(top), collects, str(config)]
            command += [] if user is None else [str(user)]
        else:
            command = ["racket", *flags, str(place / "install.rkt"), str(top)]
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            umask=0o027,
            env={"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(HERE.parents[1])},
            user=user if not ours else None,
            group=user if not ours else None,
            extra_groups=[] if user is not None and not ours else None,
            cwd=place,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    return found[0], found[1]


def tree_jobs(place: Path, writable: Sequence[str]) -> dict[str, Job]:
    """Every kind of archive, onto an empty disk, twice, and where something is already."""
    jobs = {}
    changed = {path: data and data + b"changed" for path, data in CONTENT.items()}
    for name, header in HEADERS.items():
        for replace in (False, True):
            label = f"{name}{' --replace' if replace else ''}"
            first = write(place / f"{label}.plt", header, CONTENT, replace)
            second = write(place / f"{label} changed.plt", header, changed, replace)
            for before in ({}, MAIN_DIRS):
                there = "main directories" if before else "fresh"
                jobs[f"{label}, {there}"] = Job(before, [(first, False, False)])
                jobs[f"{label}, {there}, for all"] = Job(before, [(first, False, True)])
            jobs[f"{label}, twice"] = Job(dict(MAIN_DIRS), [(first, False, False), (second, False, False)])
            old: dict[str, str | None] = {f"{root}/doc/c.html": "old" for root in writable}
            old |= {"add/8.7/collects/c/own.rkt": "mine", "here/collects/c/own.rkt": "mine"}
            jobs[f"{label}, files there"] = Job(old, [(first, False, False)])
    empty = write(place / "empty.plt", HEADERS["at-plt"], {}, replace=False)
    jobs["empty"] = Job({}, [(empty, False, False)])
    return jobs


@pytest.mark.parametrize("user", [None, NOBODY], ids=["this user", "nobody"])
def test_trees(user: int | None, place: Path, real: Installation) -> None:
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    writable = ["here", "add/8.7", *(["main"] if user is None else [])]
    jobs = tree_jobs(place, writable)
    racket, ours = answers(place, real, list(jobs.values()), user)
    for label, theirs, mine in zip(jobs, racket, ours, strict=True):
        assert mine["tree"] == theirs["tree"], label
        assert any(name.endswith("c.html") for name in mine["tree"]) or mine["results"][0]["error"] or label == "empty"
        for one, other in zip(theirs["results"], mine["results"], strict=True):
            assert (one["error"] is None) == (other["error"] is None), (label, one, other)
            assert one["kept"] == other["kept"], label


INFOS = {
    "v2547": "(define version '(2 5 4 7))",
    "none": '(define name "x")',
    "half": "(define version '(5/2))",
    "text": '(define version "1.2")',
    "broken": "(define version '(1)) (((",
    "runtime": "(define version '(1)) (define other (car '()))",
    "mixed": "(define version '(1 2.0))",
}
CRASH = "crash"


@dataclass
class Verdict:
    """Requirements and conflicts as text, and our verdict, without and with force, where Racket crashes."""

    requires: str = "()"
    conflicts: str = "()"
    crash: str | None = None
    forced_crash: str | None = None


REQUIRED = [
    *(f'(("v2547") {version})' for version in ("()", "(2)", "(2 5)", "(2 5 4)", "(2 5 4 7)", "(2.0 5)")),
    *(f'(("v2547") {version})' for version in ("(3)", "(1)", "(2 4)", "(2 6)", "(5/2)", "(3 5 4 8)")),
    *(f'(("{name}") ())' for name in ("none", "missing", "half", "broken", "runtime", "text", "bare", "file")),
    *(f'(("half") {version})' for version in ("(2.5)", "(5/2)", "(2)")),
    *(f'(("mixed") {version})' for version in ("(1 2)", "(1.0 2)", "(1 3)")),
    '(("none" "sub") ())',
    '(("none/sub") ())',
    '(("none" "nosub") ())',
    '(("none" ".." "v2547") ())',
    '(("none") () ())',
    '("none" ())',
    "(() ())",
    "((none) ())",
    '(("none") 1)',
    '(("none") ("1"))',
    '(("racket") ())',
    '(("racket" "list") ())',
    "5",
]
# Racket takes one number more from the installed version than there is, once it has only warned.
TOO_SHORT = [
    f'(("{name}") {version})'
    for name, version in [
        ("v2547", "(2 5 4 7 0)"),
        ("none", "(1)"),
        ("missing", "(1)"),
        ("broken", "(1)"),
        ("runtime", "(1)"),
        ("bare", "(1)"),
        ("half", "(5/2 1)"),
    ]
]
VERDICT_TABLE = [
    *(Verdict(requires=f"({one})") for one in REQUIRED),
    *(Verdict(requires=f"({one})", forced_crash="ok, warned") for one in TOO_SHORT),
    Verdict(requires='((("text") (1)))', crash="version", forced_crash="ok, warned"),
    Verdict(requires='((("") ()))', crash="missing", forced_crash="ok, warned"),
    Verdict(requires='((("/none") ()))', crash="missing", forced_crash="ok, warned"),
    Verdict(requires='((("missing") ()) (("v2547") (3)))'),
    Verdict(requires='((("v2547") (3)) (("missing") ()))'),
    Verdict(requires='((("v2547") (3)))', conflicts='(("none"))'),
    Verdict(requires="5"),
    Verdict(requires="(a . b)"),
    *(
        Verdict(conflicts=f"({one})")
        for one in (
            '("none")',
            '("missing")',
            '("none" "sub")',
            '("file")',
            '("")',
            "()",
            "none",
            '("a" b)',
            '("racket")',
        )
    ),
    Verdict(conflicts='(("missing") ("none"))'),
    Verdict(conflicts="5"),
]


def verdict_of_racket(result: dict[str, Any]) -> str:
    message = result["error"]
    if message is None:
        return "ok, warned" if result["warned"] else "ok"
    for text, category in (
        ("missing required collection", "missing"),
        ("is required, but version", "version"),
        ("info is corrupt", "corrupt"),
        ("conflict with installed collection", "conflict"),
    ):
        if text in message:
            return category
    return CRASH


def verdict_of_ours(result: dict[str, Any]) -> str:
    if result["error"] is None:
        return "ok, warned" if result["warned"] else "ok"
    return str(result["error"])


def test_verdicts(place: Path, real: Installation) -> None:
    before: dict[str, str | None] = {
        f"add/8.7/collects/{name}/info.rkt": f"#lang info\n{text}\n" for name, text in INFOS.items()
    }
    before |= {"add/8.7/collects/bare": None, "add/8.7/collects/none/sub": None, "add/8.7/collects/file": "text"}
    archives = []
    for number, verdict in enumerate(VERDICT_TABLE):
        info = Header("x").preamble()
        preamble = Preamble(with_clauses(info.info, verdict), info.unit)
        file = write(place / f"{number}.plt", preamble, {}, replace=False)
        archives += [(file, False, False), (file, True, False)]
    racket, ours = answers(place, real, [Job(before, archives)], None)
    theirs = [verdict_of_racket(result) for result in racket[0]["results"]]
    mine = [verdict_of_ours(result) for result in ours[0]["results"]]
    for number, verdict in enumerate(VERDICT_TABLE):
        plain, forced = theirs[2 * number : 2 * number + 2]
        assert (plain == CRASH) == (verdict.crash is not None), (verdict, racket[0]["results"][2 * number])
        assert (forced == CRASH) == (verdict.forced_crash is not None), (verdict, racket[0]["results"][2 * number + 1])
        assert mine[2 * number : 2 * number + 2] == [verdict.crash or plain, verdict.forced_crash or forced], verdict
    assert {"ok", "missing", "version", "corrupt", "conflict"} <= set(theirs)


def with_clauses(info: Datum, verdict: Verdict) -> Datum:
    """The info procedure with other requirements and conflicts."""
    texts = {"requires": verdict.requires, "conflicts": verdict.conflicts}
    match info:
        case [first, second, [case, request, *clauses]]:
            changed: list[Datum] = []
            for clause in clauses:
                match clause:
                    case [[Symbol(name)], _] if name in texts:
                        changed.append([[Symbol(name)], [Symbol("quote"), read_datum(texts[name].encode())[0]]])
                    case _:
                        changed.append(clause)
            return [first, second, [case, request, *changed]]
        case _:
            raise AssertionError(info)


def test_an_installed_collection_is_usable(racket: str, place: Path) -> None:
    content: dict[tuple[str, ...], bytes | None] = {
        ("collects", "greet"): None,
        ("collects", "greet", "info.rkt"): b'#lang info\n(define name "greet")\n',
        (
            "collects",
            "greet",
            "main.rkt",
        ): b'#lang racket/base\n(display (string-append "hello " (symbol->string \'x)))\n',
        ("collects", "greet", "sub"): None,
        ("collects", "greet", "sub", "two.rkt"): b"#lang racket/base\n(require greet)\n(display 2)\n",
    }
    header = Header("greet", conflicts=(("greet",),), collections=(("greet",),))
    file = write(place / "greet.plt", header, content, replace=False)
    environ = dict(os.environ) | {"PLTADDONDIR": str(place / "add")}
    installation = Installation.discover(racket=Path(racket), environ=environ)
    collections = unpack(file, installation=installation)
    done = subprocess.run([racket, "-l", "greet/sub/two"], env=environ, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("hello x2", "")
    assert collections == [("greet",)]
    compiled = installation.user_collects_dir / "greet/compiled/main_rkt.zo"
    assert not compiled.exists()
    run_setup(collections, installation)
    assert compiled.exists()
    # what Racket has compiled is as good as ever, and the archive conflicts with itself now
    planned = install(file, installation=installation, dry_run=True)
    assert [type(problem).__name__ for problem in planned.problems] == ["ConflictError"]
