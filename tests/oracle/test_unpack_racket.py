"""``raco-unpack`` against ``raco unpack``: the trees they make, the listings they print, what they refuse."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.codec.header import Preamble
from pltpack.codec.reader import ArchiveReader
from tests.cli.conftest import Run, run
from tests.oracle.commands import ENVIRONMENT, Question, Trees, ask
from tests.oracle.test_pretty_racket import Dice
from tests.streams import CRAFTED, SAMPLES, content, written
from tests.trees import picture, write_tree

__all__ = ["run"]

pytestmark = pytest.mark.racket

REAL = sorted((Path(__file__).parents[3] / "shared" / "archives").glob("*.plt"))

LISTED_HERE_ONLY = {
    *("11-up", "u03-up-symbol", "u04-absolute", "u05-absolute-inside", "u09-empty-list-file"),
    *("20-raw-unencoded", "e13-raw", "e14-gzip-only"),
}
"""Racket refuses these paths when it lists, and archives without base64 or gzip. We refuse to write such paths."""

LISTED_BY_RACKET_ONLY = {
    *("e07-bad-crc", "e08-no-trailer", "e09-two-members", "e10-garbage-after-gzip", "u11-size-too-big"),
}
"""Damage that Racket does not look for."""


def test_listings(racket: str, run: Run, tmp_path: Path, compared: Callable[[int], None]) -> None:
    archives = [*SAMPLES, *CRAFTED, *REAL]
    flags = ["-l"], ["-c", "-l"], ["--list", "--config"]
    cases = [[*flags[number % 3], str(path)] for number, path in enumerate(archives)]
    cases += [["-lc", str(path)] for path in archives]
    answers = ask(racket, [Question("unpack", tmp_path, case) for case in cases], tmp_path / "addon")
    for case, answer in zip(cases, answers, strict=True):
        name = Path(case[-1]).stem
        ran = run("raco-unpack", *case)
        if answer.error is None and ran.code == 0:
            assert ran.out == answer.out, case
        elif answer.error is None:
            assert name in LISTED_BY_RACKET_ONLY, (case, ran)
        elif ran.code == 0:
            assert name in LISTED_HERE_ONLY, (case, answer)
            assert ran.out.startswith(answer.out), case
        compared(1)


def test_headers_of_any_shape(racket: str, run: Run, tmp_path: Path, compared: Callable[[int], None]) -> None:
    """Configurations with a part changed, taken away or put in: what Racket shows, we show."""
    dice = Dice(15)
    for number in range(250):
        info, unit = dice.preamble()
        (tmp_path / f"{number}.plt").write_bytes(written(Preamble(info, unit), [(("d",), None, False)]))
    cases = [["-c", "-l", f"{number}.plt"] for number in range(250)]
    answers = ask(racket, [Question("unpack", tmp_path, case) for case in cases], tmp_path / "addon")
    shown = 0
    for case, answer in zip(cases, answers, strict=True):
        ran = run("raco-unpack", *case)
        assert ran.code == 0, (case, ran)
        if answer.error is None:
            assert ran.out == answer.out, case
            shown += 1
    compared(shown)
    assert shown > 200


def test_generated_trees(
    racket: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compared: Callable[[int], None]
) -> None:
    """Ours unpacked by Racket, Racket's unpacked by us: the same tree, and the same listing."""
    trees = Trees(34)
    numbers = range(20)
    for number in numbers:
        root = tmp_path / str(number)
        for name in ("", "work", "theirs", "ours"):
            (root / name).mkdir()
        (root / "work").rmdir()
        trees.grow(root / "work")
        if number == 0:
            (root / "work" / "large").write_bytes(trees.random.randbytes(1 << 20) + bytes(1 << 20))
        monkeypatch.chdir(root)
        assert run("raco-pack", *(["--replace"] if number % 2 else []), "ours.plt", "work").code == 0
    answers = iter(
        ask(
            racket,
            [
                question
                for number in numbers
                for root in (tmp_path / str(number),)
                for question in (
                    Question("pack", root, [*(["--replace"] if number % 2 else []), "theirs.plt", "work"]),
                    Question("unpack", root / "theirs", ["../ours.plt"]),
                    Question("unpack", root, ["-l", "-c", "ours.plt"]),
                    Question("unpack", root / "theirs", ["-f", "../ours.plt"]),
                    Question("unpack", root / "theirs", ["../ours.plt"]),
                )
            ],
            tmp_path / "addon",
        )
    )
    for number in numbers:
        root = tmp_path / str(number)
        packed, unpacked, listed, forced, again = (next(answers) for _ in range(5))
        assert packed.error is unpacked.error is listed.error is forced.error is None, (
            packed,
            unpacked,
            listed,
            forced,
        )
        monkeypatch.chdir(root / "ours")
        assert run("raco-unpack", "../theirs.plt").code == 0
        assert picture(root / "ours") == picture(root / "theirs"), root
        assert run("raco-unpack", "-lc", "../theirs.plt").out == listed.out
        assert run("raco-unpack", "-f", "../theirs.plt").code == 0
        assert picture(root / "ours") == picture(root / "theirs")
        # What is there is in the way of a file, but not of one that replaces.
        files = any(data is not None for _, data, _ in content((root / "ours.plt").read_bytes()))
        in_the_way = files and number % 2 == 0
        assert (again.error is not None) == in_the_way
        assert run("raco-unpack", "../theirs.plt").code == (5 if in_the_way else 0)
        assert picture(root / "ours") == picture(root / "theirs")
        compared(6)


UNPACKED_BY_RACKET_ONLY = {
    **dict.fromkeys(
        ["e07-bad-crc", "e08-no-trailer", "e09-two-members", "e10-garbage-after-gzip", "u11-size-too-big"], 3
    ),
    **dict.fromkeys(["u01-dotdot", "u02-dotdot-inside", "u06-slash-in-element"], 4),
}
"""The exit codes with which we refuse what Racket takes: damage, and paths that lead away."""

UNPACKED_HERE_ONLY = {"20-raw-unencoded", "e13-raw", "e14-gzip-only", "u08-no-parent-dir"}


def test_archives_of_every_kind(
    racket: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compared: Callable[[int], None]
) -> None:
    archives = [*SAMPLES, *CRAFTED, *REAL]
    for path in archives:
        for side in ("theirs", "ours"):
            (tmp_path / path.stem / side / "in").mkdir(parents=True)
    questions = [Question("unpack", tmp_path / path.stem / "theirs" / "in", [str(path)]) for path in archives]
    for path, answer in zip(archives, ask(racket, questions, tmp_path / "addon"), strict=True):
        root = tmp_path / path.stem
        monkeypatch.chdir(root / "ours" / "in")
        ran = run("raco-unpack", str(path))
        if answer.error is None and ran.code == 0:
            assert picture(root / "ours") == picture(root / "theirs"), path
        elif answer.error is None:
            assert UNPACKED_BY_RACKET_ONLY[path.stem] == ran.code, (path, ran)
        elif ran.code == 0:
            assert path.stem in UNPACKED_HERE_ONLY, (path, answer)
        if ran.code:
            assert picture(root / "ours").keys() == {"in"}, path
        compared(1)


def test_what_stands_in_the_way(
    racket: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compared: Callable[[int], None]
) -> None:
    """Existing files, with and without ``-f``, ``file`` and ``file-replace``: the same end, but nothing half done."""
    plain = ArchiveReader(io.BytesIO(SAMPLES[0].read_bytes())).preamble
    entries = [
        (("d",), None, False),
        (("d", "a"), b"new a", False),
        (("d", "b"), b"new b", True),
        (("c",), b"c", False),
    ]
    (tmp_path / "x.plt").write_bytes(written(plain, entries))
    before: list[dict[str, bytes]] = [
        {},
        {"d/a": b"old a"},
        {"d/b": b"old b, longer"},
        {"d/a": b"old a", "d/b": b"old b", "c": b""},
        {"d/other": b"o"},
        {"c/x": b"a directory instead"},
        {"d": b"a file instead"},
        {"d/b/x": b"a directory instead"},
    ]
    cases = [(number, flags) for number in range(len(before)) for flags in ([], ["-f"])]
    questions = []
    for number, flags in cases:
        for side in ("theirs", "ours"):
            directory = tmp_path / f"{number}{''.join(flags)}" / side
            directory.mkdir(parents=True)
            write_tree(directory, before[number])
        questions.append(Question("unpack", directory.parent / "theirs", [*flags, "../../x.plt"]))
    for (number, flags), answer in zip(cases, ask(racket, questions, tmp_path / "addon"), strict=True):
        directory = tmp_path / f"{number}{''.join(flags)}"
        monkeypatch.chdir(directory / "ours")
        untouched = picture(directory / "ours")
        ran = run("raco-unpack", *flags, "../../x.plt")
        assert (ran.code == 0) == (answer.error is None), (before[number], flags, ran, answer)
        assert picture(directory / "ours") == (untouched if ran.code else picture(directory / "theirs"))
        compared(1)


@pytest.mark.skipif(shutil.which("raco") is None, reason="there is no raco")
def test_the_programs_themselves(racket: str, tmp_path: Path, compared: Callable[[int], None]) -> None:
    program = [sys.executable, "-c", "from pltpack_cli.programs import raco_unpack; raco_unpack()"]
    archives = [str(path) for path in SAMPLES if path.stem in ("01-basic", "09-names", "14-collect")]
    outputs = []
    for command, side in (([str(Path(racket).with_name("raco")), "unpack"], "theirs"), (program, "ours")):
        (tmp_path / side).mkdir()
        done = subprocess.run(
            [*command, "-c", *archives],
            cwd=tmp_path / side,
            env={**ENVIRONMENT, "PLTADDONDIR": str(tmp_path / "addon")},
            capture_output=True,
            check=True,
        )
        outputs.append((done.stdout, picture(tmp_path / side)))
    assert outputs[0] == outputs[1]
    assert len(outputs[0][1]) > 20
    compared(2)
