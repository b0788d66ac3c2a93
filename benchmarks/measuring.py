"""Measuring whole processes: commands in turn, several rounds, and what comes out of them."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_STARTER: Final = Path(__file__).with_name("starter.py")

_FEW: Final = 100
"""So many files may be removed without regret; see :meth:`Command.discard`."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something to measure: programs joined by pipes.

    ``product`` is the file or the directory that they make. A directory is made anew for each run, and is where the
    programs start; otherwise they start in ``directory``. ``output`` takes what the last program prints.
    """

    name: str
    pipeline: tuple[tuple[str, ...], ...]
    directory: Path
    product: Path
    output: Path

    def prepare(self) -> None:
        """Take away what the last run made, and let the disk come to rest."""
        self.discard()
        if self.product == self.directory:
            self.product.mkdir(parents=True)
        os.sync()

    def discard(self) -> None:
        """Remove the product, or put it aside if it is a large tree.

        File systems such as ext4 pass over what was freed within the last minutes when they look for an inode:
        removing thousands of files would slow down whoever unpacks next.
        """
        if not self.product.is_dir():
            self.product.unlink(missing_ok=True)
        elif len(list(itertools.islice(self.product.rglob("*"), _FEW))) < _FEW:
            shutil.rmtree(self.product)
        else:
            for number in itertools.count():
                aside = self.product.with_name(f"{self.product.name}-{number}")
                if not aside.exists():
                    self.product.rename(aside)
                    break


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds on the clock, seconds of all cores, bytes of the largest process."""

    seconds: float
    cpu: float
    peak: int


class FailedError(Exception):
    """A program did not do its work, so there is nothing to measure."""


@dataclass(slots=True)
class Figures:
    """All runs of one command; ``size`` is the length of the file that it made, if it made one."""

    runs: list[Run] = field(default_factory=list)
    size: int | None = None

    @property
    def seconds(self) -> float:
        """Median of the seconds on the clock."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """Median of the seconds of all cores."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def peak(self) -> int:
        """The most memory that any process of any run had, in bytes."""
        return max(run.peak for run in self.runs)

    def ratio(self, other: Figures) -> float:
        """Median of this command's time divided by the other's, round by round: the machine may drift between."""
        return statistics.median(
            mine.seconds / theirs.seconds for mine, theirs in zip(self.runs, other.runs, strict=True)
        )


class Meter:
    """Runs commands and says what they took. A context manager: a small process starts them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._starter = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_STARTER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._starter.communicate()

    def in_turn(self, commands: Sequence[Command], rounds: int) -> dict[str, Figures]:
        """Measure the commands one after the other, ``rounds`` times over."""
        figures = {command.name: Figures() for command in commands}
        for _ in range(rounds):
            for command in commands:
                command.prepare()
                figures[command.name].runs.append(self.run(command))
                if command.product.is_file():
                    figures[command.name].size = command.product.stat().st_size
                command.discard()
        return figures

    def run(self, command: Command) -> Run:
        """Run a command once. Raises :class:`FailedError` if one of its programs fails."""
        errors = command.output.with_suffix(".err")
        request = {
            "pipeline": command.pipeline,
            "directory": str(command.directory),
            "output": str(command.output),
            "errors": str(errors),
        }
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(json.dumps(request) + "\n")
        self._starter.stdin.flush()
        answer = json.loads(self._starter.stdout.readline())
        if any(answer["codes"]):
            raise FailedError(f"{command.name} left with {answer['codes']}\n{errors.read_text(errors='replace')}")
        return Run(answer["seconds"], answer["cpu"], answer["peak"])
