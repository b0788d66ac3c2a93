"""``raco-pack`` against ``raco pack``: raw stream, file, and what is printed on the way."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.oracle.commands import ENVIRONMENT, Question, Trees, ask
from tests.streams import raw_stream

__all__ = ["run"]
from tests.trees import archive, file

pytestmark = pytest.mark.racket

ARCHIVE_NAMES = ["my archive", 'q"uo\\te', "", "λ😀\n\x01", "archive", "same"]
PLACES: tuple[list[str], ...] = ([], ["--all-users"], ["--force-all-users"])


def flag_sets(trees: Trees) -> Iterator[list[str]]:
    """Every combination of the flags, in any order."""
    for named, replace, at_plt, place, setups, verbose in itertools.product(
        (False, True), (False, True), (False, True), PLACES, range(3), (False, True)
    ):
        flags = [
            ["--plt-name", trees.random.choice(ARCHIVE_NAMES)] if named else [],
            ["--replace"] if replace else [],
            ["--at-plt"] if at_plt else [],
            place,
            *(["++setup", trees.random.choice(["foo/bar", "baz", 'q"', "λ", ""])] for _ in range(setups)),
            ["-v"] if verbose else [],
        ]
        trees.random.shuffle(flags)
        yield [word for words in flags for word in words]


def test_generated_trees(
    racket: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compared: Callable[[int], None]
) -> None:
    trees = Trees(21)
    roots = [tmp_path / f"tree{number}" / "work" for number in range(20)]
    for root in roots:
        root.parent.mkdir()
        trees.grow(root)
    (roots[0] / "large").write_bytes(trees.random.randbytes(2 << 20) + bytes(3 << 20))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    cases = [
        (roots[number % len(roots)], flags, trees.arguments(roots[number % len(roots)]))
        for number, flags in enumerate(flag_sets(trees))
    ]
    answers = ask(
        racket,
        [
            Question("pack", root, [*flags, "--", f"../../theirs/{number}.plt", *paths])
            for number, (root, flags, paths) in enumerate(cases)
        ],
        tmp_path / "addon",
    )
    with_gzip = shutil.which("gzip") is not None
    for number, ((root, flags, paths), answer) in enumerate(zip(cases, answers, strict=True)):
        monkeypatch.chdir(root)
        same_file = with_gzip and number % 3 == 0
        extra = ["--gzip-program"] if same_file else []
        ran = run("raco-pack", *flags, *extra, "--", f"../../ours/{number}.plt", *paths)
        case = f"{root}: raco pack {[*flags, '--', 'DEST', *paths]}"
        assert (ran.code == 0) == (answer.error is None), f"{case}: {answer.error}, ours: {ran.err}"
        if answer.error is not None:
            continue
        theirs, ours = ((tmp_path / side / f"{number}.plt").read_bytes() for side in ("theirs", "ours"))
        assert raw_stream(ours) == raw_stream(theirs), case
        assert ran.out == answer.out.replace("../../theirs/", "../../ours/"), case
        assert not same_file or ours == theirs, case
        compared(2 + same_file)
    assert sum(answer.error is None for answer in answers) > len(answers) * 0.8


WRONG: list[list[str]] = [
    ["nowhere"],
    ["d", "nowhere"],
    ["f/"],
    ["f/x"],
    ["/tmp"],
    ["d", "/"],
    [""],
    ["dangling"],
    ["d2"],
    ["cycle"],
    ["not-text"],
    ["--unknown", "o.plt", "d"],
    ["--all-users", "--force-all-users", "o.plt", "d"],
    [],
]


OLD = archive(file("old"))


def test_what_cannot_be_packed(racket: str, run: Run, tmp_path: Path, compared: Callable[[int], None]) -> None:
    """Where Racket fails we fail, and leave no damaged archive as it does."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("x")
    (tmp_path / "f").write_text("f")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "d2").mkdir()
    (tmp_path / "d2" / "dangling").symlink_to("nothing")
    (tmp_path / "cycle").mkdir()
    (tmp_path / "cycle" / "loop").symlink_to(".")
    (tmp_path / "not-text").mkdir()
    (tmp_path / "not-text" / os.fsdecode(b"\xff")).write_text("x")
    cases = [arguments if "o.plt" in arguments or not arguments else ["o.plt", *arguments] for arguments in WRONG]
    for case, answer in zip(
        cases, ask(racket, [Question("pack", tmp_path, case) for case in cases], tmp_path), strict=True
    ):
        (tmp_path / "o.plt").write_bytes(OLD)
        assert answer.error is not None, case
        ran = run("raco-pack", *case)
        assert ran.code in (2, 6), (case, ran)
        assert "Traceback" not in ran.err
        assert (tmp_path / "o.plt").read_bytes() == OLD
        compared(1)


@pytest.mark.skipif(shutil.which("raco") is None, reason="there is no raco")
@pytest.mark.parametrize("flags", [[], ["-v", "--replace", "--all-users", "--plt-name", "λ", "++setup", "a"]])
def test_the_programs_themselves(
    racket: str, tmp_path: Path, flags: list[str], compared: Callable[[int], None]
) -> None:
    root = tmp_path / "work"
    Trees(4).grow(root)
    environment = {**ENVIRONMENT, "PLTADDONDIR": str(tmp_path)}
    arguments = [*flags, "../o.plt", *sorted(name for name in os.listdir(root) if name[0] not in "-+"), "."]
    program = [sys.executable, "-c", "from pltpack_cli.programs import raco_pack; raco_pack()"]
    outputs = []
    for command in ([str(Path(racket).with_name("raco")), "pack"], [*program, "--gzip-program"]):
        done = subprocess.run([*command, *arguments], cwd=root, env=environment, capture_output=True, check=True)
        outputs.append((done.stdout, (tmp_path / "o.plt").read_bytes()))
    assert outputs[0][0].count(b"MzTarring") > 3
    assert outputs[0] == outputs[1]
    compared(2)
