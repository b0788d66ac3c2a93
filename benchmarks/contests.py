"""The contests: each kind of work on a workload, done by all in turn, and by ours alone at growing sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from benchmarks import peers
from benchmarks.measuring import Command, FailedError, Figures, Meter
from benchmarks.workloads import MIB, Workload, big_file, racket_tree, tiny_files


@dataclass(frozen=True, slots=True)
class Contest:
    """One kind of work on one workload, and what each command took for it."""

    workload: Workload
    work: str
    figures: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Growth:
    """One of our commands at several sizes of the same thing; ``unit`` says what ``points`` are counted in."""

    command: str
    unit: Literal["MiB", "entries", "jobs"]
    points: dict[int, Figures]


@dataclass(frozen=True, slots=True)
class Floor:
    """The parts of the work on a workload that cannot be left out, each alone."""

    workload: Workload
    figures: dict[str, Figures]


class Ground:
    """Where it all happens: a scratch folder, our programs, and a meter."""

    def __init__(self, scratch: Path, programs: peers.Programs, meter: Meter, say: Callable[[str], None]) -> None:
        self.scratch = scratch
        self.programs = programs
        self.meter = meter
        self.say = say

    def produce(self, command: Command) -> Path:
        """Run a command and keep what it makes."""
        command.prepare()
        self.meter.run(command)
        return command.product

    def contests(self, workload: Workload, rounds: int) -> list[Contest]:
        """All kinds of work on a workload. Raises :class:`FailedError` if somebody makes something else than Racket."""
        packers = {command.name: command for command in peers.packers(self.programs, workload, self.scratch)}
        archive, tarball = self._check(packers)
        contests = []
        for work, commands in (
            ("pack", list(packers.values())),
            ("unpack", peers.unpackers(self.programs, archive, tarball, self.scratch)),
            ("list", peers.listers(self.programs, archive, tarball, self.scratch)),
        ):
            self.say(f"{workload.title}: {work}, {rounds} rounds")
            if work == "unpack":
                for command in commands:
                    peers.check_same_tree(workload.folder, self.produce(command))
            contests.append(Contest(workload, work, self.meter.in_turn(commands, rounds)))
        for kept in (archive, tarball):
            kept.unlink()
        return contests

    def _check(self, packers: dict[str, Command]) -> tuple[Path, Path]:
        """Racket's archive and the tarball, to be unpacked by all; ours must hold the same as Racket's."""
        archive = self.produce(packers[peers.RACO["pack"]]).rename(self.scratch / "given.plt")
        tarball = self.produce(packers[peers.UNIX["pack"]]).rename(self.scratch / "given.b64")
        expected = peers.raw_digest(archive)
        for name in (peers.OURS["pack"], "raco-pack --fast"):
            if peers.raw_digest(self.produce(packers[name])) != expected:
                raise FailedError(f"{name} does not pack what raco pack packs")
        return archive, tarball

    def floor(self, workload: Workload, rounds: int) -> Floor:
        """The parts alone."""
        self.say(f"{workload.title}: the floor, {rounds} rounds")
        archive = self.produce(peers.pack_with(self.programs, workload, self.scratch)).rename(
            self.scratch / "given.plt"
        )
        commands = peers.parts(self.programs, workload, archive, self.scratch)
        figures = self.meter.in_turn(commands, rounds)
        archive.unlink()
        return Floor(workload, figures)

    def growth(self, rounds: int, *, quick: bool) -> list[Growth]:
        """Our commands from small to large, and with one thread to several."""
        sizes = (4, 8, 16, 32) if quick else (64, 256, 1024, 2048)
        counts = (1_000, 2_000, 4_000, 8_000) if quick else (12_500, 25_000, 50_000, 100_000)
        return [
            *self._grow("MiB", sizes, lambda folder, size: big_file(folder, size * MIB), rounds),
            *self._grow("entries", counts, tiny_files, rounds),
            *self._jobs(rounds, quick=quick),
        ]

    def _grow(
        self,
        unit: Literal["MiB", "entries"],
        points: tuple[int, ...],
        make: Callable[[Path, int], Workload],
        rounds: int,
    ) -> list[Growth]:
        found: dict[str, dict[int, Figures]] = {}
        for point in points:
            self.say(f"growth: {point:,} {unit}, {rounds} rounds")
            workload = make(self.scratch / f"{unit}-{point}", point)
            packer = peers.pack_with(self.programs, workload, self.scratch)
            archive = self.produce(packer).rename(self.scratch / "given.plt")
            unpacker = peers.unpackers(self.programs, archive, archive, self.scratch)[0]
            lister = peers.listers(self.programs, archive, archive, self.scratch)[0]
            for name, figures in self.meter.in_turn([packer, unpacker, lister], rounds).items():
                found.setdefault(name, {})[point] = figures
            archive.unlink()
        return [Growth(name, unit, figures) for name, figures in found.items()]

    def _jobs(self, rounds: int, *, quick: bool) -> list[Growth]:
        workload = racket_tree(self.scratch / "jobs", quick=quick)
        archives = peers.several_archives(self.programs, workload, self.scratch, self.produce)
        packing: dict[int, Figures] = {}
        unpacking: dict[int, Figures] = {}
        for jobs in _JOBS:
            self.say(f"growth: --jobs {jobs}, {rounds} rounds")
            packer = peers.pack_with(self.programs, workload, self.scratch, "--jobs", str(jobs))
            unpacker = peers.unpack_with(self.programs, archives, self.scratch, "--jobs", str(jobs))
            packing[jobs], unpacking[jobs] = self.meter.in_turn([packer, unpacker], rounds).values()
        return [
            Growth("raco-pack", "jobs", packing),
            Growth(f"raco-unpack with {len(archives)} archives", "jobs", unpacking),
        ]


_JOBS: Final = (1, 2, 4, 8)
