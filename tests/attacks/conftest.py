"""The arena of the attacks: a target inside a tree of canaries, and the table of what was tried."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pltpack.errors import PltError
from pltpack.unpacker.unpack import Extraction, extract
from tests.trees import archive, files_in, picture, write_tree

CANARIES = {
    "canary": b"sings",
    "target/old/x": b"old x",
    "target/keep": b"kept",
    "outside/x": b"mine",
    "outside/sub/y": b"mine, too",
    "outside/new/z": b"mine as well",
    "outside/old/z": b"mine as well",
    "outside/owner": b"{}",
    ".bashrc": b"export PATH",
}

State: TypeAlias = dict[str, tuple[object, ...]]


class Arena:
    """A directory ``target`` with canaries in it and around it. Every attack must leave all of them as they were."""

    def __init__(self, world: Path, request: pytest.FixtureRequest) -> None:
        self.world = world
        self.target = world / "target"
        self._request = request
        write_tree(world, CANARIES)

    @property
    def outside(self) -> Path:
        return self.world / "outside"

    def state(self, folder: Path | None = None) -> State:
        """Everything about a tree that an attack could change: content, permissions, links, times."""
        root = folder or self.world
        found: State = {}
        for path, what in picture(root).items():
            status = (root / path).lstat()
            times = () if what[0] == "directory" else (status.st_mtime_ns, status.st_nlink, status.st_ino)
            found[path] = (*what, *times)
        return found

    def refuses(self, entries: list[bytes] | bytes, kind: type[PltError], **options: Any) -> str:
        """The attack fails with this error and changes nothing; the message."""
        data = entries if isinstance(entries, bytes) else archive(*entries)
        before = self.state()
        with pytest.raises(kind) as caught:
            extract(io.BytesIO(data), self.target, **options)
        assert self.state() == before
        self.record("refused")
        return str(caught.value)

    def harmless(self, entries: list[bytes] | bytes, **options: Any) -> tuple[Extraction, dict[str, bytes]]:
        """It is unpacked, and nothing changes but inside the target: what is new there."""
        data = entries if isinstance(entries, bytes) else archive(*entries)
        before = {path: what for path, what in self.state().items() if not path.startswith("target")}
        extraction = extract(io.BytesIO(data), self.target, **options)
        assert {path: what for path, what in self.state().items() if not path.startswith("target")} == before
        self.record("accepted")
        found = files_in(self.target)
        return extraction, {path: data for path, data in found.items() if CANARIES.get(f"target/{path}") != data}

    def reset(self) -> None:
        """Make the target what it was."""
        shutil.rmtree(self.target)
        write_tree(self.world, {path: data for path, data in CANARIES.items() if path.startswith("target/")})

    def record(self, result: str, times: int = 1) -> None:
        """Count an attack that was refused, or a harmless relative of one that was accepted."""
        subject = self._request.node.path.stem.removeprefix("test_")
        self._request.node.user_properties.append(("attack", (subject, result, times)))


@pytest.fixture
def arena(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Arena]:
    made = Arena(tmp_path / "world", request)
    yield made
    for path in made.world.rglob(".pltpack-*"):
        pytest.fail(f"{path} is left behind")
    assert not list(tmp_path.glob("[!w]*")), "something is beside the world"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many attacks were tried, and how many of them refused."""
    tally: dict[str, Counter[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "attack" and report.when == "call":
                    subject, result, times = value
                    column = result if report.passed else "failed"
                    tally.setdefault(subject, Counter())[column] += times
    if tally:
        write = terminalreporter.write_line
        terminalreporter.section("attacks")
        write(f"{'subject':<14}{'attacks':>9}{'refused':>9}{'harmless accepted':>20}")
        for subject, counts in (*sorted(tally.items()), ("all", sum(tally.values(), Counter()))):
            tried = counts["refused"] + counts["failed"]
            write(f"{subject:<14}{tried:>9}{counts['refused']:>9}{counts['accepted']:>20}")
