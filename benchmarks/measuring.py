"""Measuring whole processes: a pipeline is run as a shell would run it, and the kernel says what it took."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """Something to measure: programs joined by pipes.

    ``product`` is the file or the directory that they make, removed before each run; a directory is made anew, and
    is where the programs start. ``output`` takes what the last program prints.
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
        """Remove the product."""
        if self.product.is_dir():
            shutil.rmtree(self.product)
        else:
            self.product.unlink(missing_ok=True)


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


def in_turn(commands: Sequence[Command], rounds: int, environment: Mapping[str, str]) -> dict[str, Figures]:
    """Measure the commands one after the other, ``rounds`` times over."""
    figures = {command.name: Figures() for command in commands}
    for _ in range(rounds):
        for command in commands:
            command.prepare()
            figures[command.name].runs.append(run(command, environment))
            if command.product.is_file():
                figures[command.name].size = command.product.stat().st_size
            command.discard()
    return figures


def run(command: Command, environment: Mapping[str, str]) -> Run:
    """Run a pipeline once. Raises :class:`FailedError` if one of its programs fails.

    The memory is that of the largest process, and at least that of this one, which they are forked from.
    """
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(open(command.output.with_suffix(".err"), "wb"))
        output = stack.enter_context(open(command.output, "wb"))
        start = time.perf_counter()
        processes = _start(command, output.fileno(), errors.fileno(), environment)
        cpu, peak, failed = 0.0, 0, []
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu += usage.ru_utime + usage.ru_stime
            peak = max(peak, usage.ru_maxrss * 1024)
            if process.returncode:
                failed.append(f"{process.args!r} left with {process.returncode}")
        seconds = time.perf_counter() - start
    if failed:
        said = command.output.with_suffix(".err").read_text(errors="replace")
        raise FailedError(f"{command.name}: {'; '.join(failed)}\n{said}")
    return Run(seconds, cpu, peak)


def _start(command: Command, output: int, errors: int, environment: Mapping[str, str]) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    source: int = subprocess.DEVNULL
    for step, arguments in enumerate(command.pipeline):
        last = step == len(command.pipeline) - 1
        process = subprocess.Popen(
            arguments,
            cwd=command.directory,
            stdin=source,
            stdout=output if last else subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
        if source >= 0:
            os.close(source)
        if process.stdout is not None:
            source = os.dup(process.stdout.fileno())
            process.stdout.close()
        processes.append(process)
    return processes
