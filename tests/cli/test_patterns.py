"""Patterns on the command line: the same for every command, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.trees import files_in, write_tree


@pytest.fixture
def archive(run: Run, tmp_path: Path) -> str:
    """``a.plt``, made of the directory ``t``."""
    write_tree(tmp_path / "t", {"docs/keep.txt": b"", "docs/drop.txt": b"", "1.rkt": b"", "a.rkt": b""})
    assert run("raco-pack", "-q", "a.plt", "t").code == 0
    return "a.plt"


@pytest.mark.parametrize("pattern", ["!", "\\", "doc\\", "[z-a]", "[", "[[:none:]]"])
def test_what_is_no_pattern_matches_nothing(run: Run, archive: str, pattern: str) -> None:
    assert run("pltpack", "list", archive, pattern).code == 1
    for command in (["raco-unpack", "--dry-run", "-C", "new", archive], ["raco-pack", "--dry-run", "x.plt", "t"]):
        ran = run(*command, "--exclude", pattern)
        assert (ran.code, ran.err) == (0, "")
        assert "keep.txt" in ran.out


def test_classes_of_characters(run: Run, archive: str) -> None:
    ran = run("pltpack", "list", archive, "[[:digit:]].rkt")
    assert (ran.code, ran.out, ran.err) == (0, "t/1.rkt\n", "")


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["docs/", "!docs/keep.txt"], ["1.rkt", "a.rkt"]),
        (["docs/", "!t/docs/keep.txt"], ["1.rkt", "a.rkt"]),
        (["t/docs/*", "!t/docs/keep.txt"], ["1.rkt", "a.rkt", "docs/keep.txt"]),
        (["*.txt", "!keep.*"], ["1.rkt", "a.rkt", "docs/keep.txt"]),
    ],
)
def test_packing_and_unpacking_leave_out_the_same(
    run: Run, archive: str, tmp_path: Path, patterns: list[str], left: list[str]
) -> None:
    options = [option for pattern in patterns for option in ("--exclude", pattern)]
    assert run("raco-pack", "-q", *options, "b.plt", "t").code == 0
    assert run("raco-unpack", "-q", "-C", "packed", "b.plt").code == 0
    assert run("raco-unpack", "-q", "-C", "unpacked", *options, archive).code == 0
    for place in ("packed", "unpacked"):
        assert sorted(files_in(tmp_path / place / "t")) == left
