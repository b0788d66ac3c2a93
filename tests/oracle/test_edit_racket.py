"""What ``pltpack edit`` writes, Racket reads: every entry, old and new, of every archive that it could read before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.codec.entries import Directory
from pltpack.editing.changes import AddFile, Change, RemoveEntries, RenameEntry, SetField, plain_name
from pltpack.editing.edit import edit
from pltpack.errors import PltError
from tests.oracle.commands import Question, ask
from tests.oracle.test_unpack_racket import REAL
from tests.streams import CRAFTED, SAMPLES
from tests.trees import picture

pytestmark = pytest.mark.racket


def test_edited_archives(racket: str, tmp_path: Path, compared: Callable[[int], None]) -> None:
    questions: list[Question] = []
    edited: list[tuple[Path, Path, Path]] = []
    for number, path in enumerate([*SAMPLES, *CRAFTED, *REAL]):
        room = tmp_path / str(number)
        before, after = room / "before", room / "after"
        before.mkdir(parents=True)
        after.mkdir()
        try:
            with open_archive(path) as archive:
                names = [plain_name(entry.path) for entry in archive]
                changes: list[Change] = [AddFile("new place/a.rkt", b"#lang racket\n")]
                if names and names[-1]:
                    changes.append(RenameEntry(names[-1], "elsewhere/renamed"))
                if archive.preamble.clauses()["name"] == archive.header.name:
                    changes.append(SetField("name", "edited"))
        except PltError:
            changes = [AddFile("new place/a.rkt", b"#lang racket\n")]
        try:
            edit(path, changes, room / "new.plt")
        except PltError:
            continue  # damaged, or unsafe to unpack: nothing to read again
        edited.append((path, before, after))
        questions += [
            Question("unpack", before, [str(path)]),
            Question("unpack", after, ["../new.plt"]),
            Question("unpack", room, ["-l", "-c", "new.plt"]),
        ]
    answers = iter(ask(racket, questions, tmp_path / "addon"))
    read = 0
    for path, before, after in edited:
        old, new, listed = (next(answers) for _ in range(3))
        if old.error is not None:
            continue  # unpacked by Racket neither before nor after
        assert new.error is listed.error is None, (path, new, listed)
        tree, changed = picture(before), picture(after)
        assert (after / "new place" / "a.rkt").read_text() == "#lang racket\n"
        gone = set(map(str, tree)) - set(map(str, changed))
        for place in set(map(str, tree)) - gone:
            assert {str(key): tree[key] for key in tree}[place] == {str(key): changed[key] for key in changed}[place]
        read += 1
        compared(2)
    assert read >= len(SAMPLES)


def test_an_entry_taken_out(racket: str, tmp_path: Path, compared: Callable[[int], None]) -> None:
    """Each entry alone: what stands before and behind it is still found."""
    path = SAMPLES[0].with_name("01-basic.plt")
    with open_archive(path) as archive:
        entries = [entry for entry in archive if plain_name(entry.path)]
    questions = []
    for number, entry in enumerate(entries):
        text = plain_name(entry.path) + "/" * isinstance(entry, Directory)
        edit(path, [RemoveEntries(text.__eq__, text)], tmp_path / f"{number}.plt")
        questions.append(Question("unpack", tmp_path, ["-l", f"{number}.plt"]))
    (whole,) = ask(racket, [Question("unpack", tmp_path, ["-l", str(path)])], tmp_path / "addon")
    lines = whole.out.splitlines()
    for number, answer in enumerate(ask(racket, questions, tmp_path / "addon")):
        assert answer.error is None
        assert answer.out.splitlines() == lines[:number] + lines[number + 1 :]
        compared(1)
