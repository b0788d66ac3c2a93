"""What ``raco pkg`` did in the recorded cases, and what we do: the same, or it is one of the named deviations.

Compared are the tables, the links, every file of the scopes, whether the command succeeded, and the leading line of its
message; of ``show``, ``config`` and ``empty-trash`` all that is printed.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scope import worlds

DOCS = Path(__file__).parents[2] / "docs" / "installing-packages.md"

DEVIATIONS = {
    "damaged-files": ["config:bad-file", "place:db-bad"],
    "whole-or-not": ["content:tgz-dangling", "half:install-link", "half:update", "place:links-bad"],
    "unknown-to-trash": [
        "half:install", "place:junk-directory", "place:junk-file", "place:plus-one", "place:plus-one-multi",
    ],
    "gone-already": ["half:remove", "remove:directory-gone"],
    "reading-takes-no-lock": ["half:show-unwritable"],
    "explicit-stays": ["deps:version-ask", "deps:version-auto", "update:source-makes-explicit"],
    "dependents-count": ["remove:needed-in-user-scope", "update:breaks-dependent"],
    "items-of-all": ["conflict:docs-user-strict", "conflict:launchers-not-set-up"],
    "vanished-alone": [
        "combined:011", "combined:051", "combined:127", "combined:164", "combined:210",
        "update:all-missing",
    ],
    "checksum-of-files": ["deps:checksum-file-wrong"],
    "checksum-address": ["record:url-query"],
    "no-poisoned-cache": ["update:cache-poisoned"],
    "links-up": ["scope:dir-inside-package"],
    "dry-runs-are-dry": ["record:clone-dry-run"],
    "no-bytecode": [
        "deps:build-deps-binary", "place:binary-built", "place:binary-force", "place:binary-lib-built",
        "place:binary-link",
    ],
    "flags-anywhere": ["name:flag-after-source"],
    "all-catalogs": ["name:two-catalogs", "name:two-catalogs-last"],
    "skip-implies": ["deps:skip-implies-flag"],
    "wrong-calls": [
        "config:set-name-user", "migrate:no-argument", "name:bad-flag", "name:fail-fast-update",
        "name:flag-abbreviated", "name:jobs-bad", "new:no-name", "new:two-names",
    ],
    "own-words": ["new:number", "new:plain"],
}  # fmt: skip
"""The names of the deviations, as the documentation explains them, and the cases that show them."""

HAD_BACK = ("checksum-of-files", "dependents-count", "explicit-stays", "items-of-all", "links-up", "vanished-alone")
"""The deviations that ``--as-racket`` undoes."""

ELSEWHERE = ("clones-last", "exit-codes", "no-files-from-afar", "trash-notes")
"""Deviations that other tests show."""

NOT_OURS = {"archive"}
"""Groups of commands that this is not about."""

CASES: list[dict[str, Any]] = [
    case for group in worlds.GROUPS if group not in NOT_OURS for case in worlds.recorded(group)
]


@pytest.fixture(scope="module")
def replay() -> Iterator[worlds.Replay]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with worlds.replaying(port) as replay:
        (replay.world / "www").mkdir(parents=True)
        server = replay.generate.serve(replay.world / "www")
        yield replay
        server.shutdown()
        server.server_close()


def differences(replay: worlds.Replay, case: dict[str, Any], *more: str) -> list[str]:
    """Everything in which we are not like Racket in a case, with more options."""
    world, one = worlds.prepare(replay, case)
    words = [*case["command"][:1], *more, *case["command"][1:]]
    result = worlds.run_ours(world, replay, words, one)
    files, empty = worlds.after(case)
    our_files, our_empty = worlds.ours(replay, world, one, case)
    found = [
        f"{path}: {files.get(path)!r:.300} in Racket, {our_files.get(path)!r:.300} here"
        for path in sorted({*files, *our_files})
        if files.get(path) != our_files.get(path)
    ]
    if empty != our_empty:
        found.append(f"empty directories: {sorted(empty)} in Racket, {sorted(our_empty)} here")
    if (case["exit"] == 0) != (result.exit == 0):
        found.append(f"exit code: {case['exit']} in Racket, {result.exit} here: {result.stderr}")
    said, ours = worlds.leading(str(case["stderr"]), recorded=True), worlds.leading(result.stderr, recorded=False)
    if not ours.startswith(said):
        found.append(f"message: {said!r} in Racket, {ours!r} here")
    printed = str(case["id"]).startswith(("show:", "config:")) or case["command"][:1] == ["empty-trash"]
    if printed and case["stdout"] != result.stdout:
        found.append(f"output: {case['stdout']!r} in Racket, {result.stdout!r} here")
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_recorded_case(replay: worlds.Replay, case: dict[str, Any]) -> None:
    deviation = next((name for name, ids in DEVIATIONS.items() if case["id"] in ids), None)
    found = differences(replay, case)
    if deviation is None:
        assert found == []
    else:
        assert found, f"it is like in Racket now: take it out of {deviation}"


@pytest.mark.parametrize("id", [id for name in HAD_BACK for id in DEVIATIONS[name]])
def test_what_racket_does_can_be_had_back(replay: worlds.Replay, id: str) -> None:
    case = next(case for case in CASES if case["id"] == id)
    assert differences(replay, case, "--as-racket") == []


def test_exit_codes_can_be_had_back(replay: worlds.Replay) -> None:
    case = next(case for case in CASES if case["id"] == "again:same")
    world, one = worlds.prepare(replay, case)
    command, *words = list(case["command"])
    assert worlds.run_ours(world, replay, [command, *words], one).exit == 5
    assert worlds.run_ours(world, replay, [command, "--as-racket", *words], one).exit == 1


def test_every_deviation_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z-]+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted({*DEVIATIONS, *ELSEWHERE})
    starred = re.findall(r"^\| `([a-z-]+)` \|.*\* \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert sorted(starred) == sorted({*HAD_BACK, "exit-codes", "no-files-from-afar"})


def test_deviations_name_cases() -> None:
    assert {id for ids in DEVIATIONS.values() for id in ids} <= {case["id"] for case in CASES}
