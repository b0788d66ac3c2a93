"""Coverage-guided fuzzing with atheris: ``python -m tests.fuzz.run [--minutes N] [TARGET...]``.

Every target runs in a process of its own, one after the other, over a corpus that is kept between runs. Inputs that
make a target fail are kept in ``DIRECTORY/found``, one for each place of failure, and the fuzzing goes on; at the end a
table says what was done, and the exit code is 1 if anything was found.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import pkgutil
import random
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_LONGEST: Final = 1 << 13
_STATUS: Final = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)", re.M)
_DONE: Final = re.compile(r"^Done (\d+) runs in (\d+) second", re.M)


class Findings:
    """What one target has shown: executions, the slowest input, and one input for each place of failure."""

    def __init__(self, target: str, directory: Path) -> None:
        self.target = target
        self._directory = directory
        self.executions = 0
        self.slowest = 0.0
        self._slowest_input = b""
        self.failures: dict[str, str] = {}
        self._started = self._saved = time.monotonic()

    def run(self, function: Any, data: bytes) -> None:
        """Run the target once."""
        start = time.thread_time()
        try:
            function(data)
        except Exception as error:
            self._keep(error, data)
        seconds = time.thread_time() - start
        self.executions += 1
        if seconds > self.slowest:
            self.slowest, self._slowest_input = seconds, data
        if time.monotonic() - self._saved > 2:
            self.save()

    def _keep(self, error: Exception, data: bytes) -> None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
        places = [f"{Path(frame.filename).stem}-{frame.name}" for frame in frames[-2:]]
        place = "-".join([type(error).__name__, *places])
        known = self._directory / f"{self.target}-{place}"
        if place in self.failures and len(data) >= known.stat().st_size:
            return
        self.failures[place] = "".join(traceback.format_exception(error))
        known.write_bytes(data)
        known.with_name(known.name + ".txt").write_text(self.failures[place], "utf-8", "backslashreplace")
        self.save()

    def save(self) -> None:
        """Write the figures, for the process is ended by the fuzzer."""
        self._saved = time.monotonic()
        figures = {
            "executions": self.executions,
            "seconds": round(self._saved - self._started, 1),
            "failures": list(self.failures),
            "slowest_seconds": round(self.slowest, 3),
        }
        (self._directory / f"{self.target}.json").write_text(json.dumps(figures))
        (self._directory / f"{self.target}.slowest").write_bytes(self._slowest_input)


def fuzz(target: str, directory: Path, options: Sequence[str]) -> None:
    """Fuzz one target in this process, which the fuzzer ends."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pltpack"]):
        import pltpack

        for module in pkgutil.walk_packages(pltpack.__path__, "pltpack."):
            # Those too that are imported late, for they would not be seen; but some need what not everybody has.
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(module.name)
    from tests.fuzz.mutators import MUTATORS
    from tests.fuzz.targets import TARGETS

    found = directory / "found"
    findings, function, mutator = Findings(target, found), TARGETS[target], MUTATORS[target]

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        def plain(part: bytes) -> bytes:
            return bytes(atheris.Mutate(part, max(len(part) + 64, 64)))

        return mutator(data, plain, random.Random(seed))[:most]

    def run(data: bytes) -> None:
        findings.run(function, data)

    findings.save()
    arguments = [target, str(directory / "corpus" / target), *options]
    atheris.Setup(arguments, run, custom_mutator=mutate)
    atheris.Fuzz()


def prepare(target: str, directory: Path) -> Path:
    """Put the seeds into the corpus; returns the dictionary."""
    from tests.fuzz.seeds import TOKENS, seeds

    corpus = directory / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    (directory / "found").mkdir(exist_ok=True)
    for number, (_, data) in enumerate(seeds(target)):
        (corpus / f"seed-{number:04}").write_bytes(data)
    dictionary = directory / "tokens"
    words = ("".join(f"\\x{byte:02x}" for byte in token.encode()) for token in TOKENS)
    dictionary.write_text("".join(f'"{word}"\n' for word in words))
    return dictionary


def run_target(target: str, directory: Path, seconds: int, timeout: int) -> dict[str, Any]:
    """Fuzz one target in a process of its own; returns its figures."""
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={timeout}",
        "-rss_limit_mb=2048",
        f"-max_len={_LONGEST if target not in ('zip', 'tar', 'checked', 'converted') else 4 * _LONGEST}",
        f"-dict={prepare(target, directory)}",
        f"-artifact_prefix={directory / 'found' / target}-stopped-",
    ]
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.fuzz.run",
        "--directory",
        str(directory),
        "--inside",
        target,
        *options,
    ]
    log, saved = directory / f"{target}.log", directory / "found" / f"{target}.json"
    saved.unlink(missing_ok=True)
    with log.open("w") as stream:
        code = subprocess.run(command, cwd=ROOT, stderr=stream, stdout=stream, env=os.environ, check=False).returncode
    text = log.read_text("utf-8", "replace")
    if not saved.exists():
        sys.exit(f"fuzzing {target} did not start: see {log}")
    figures: dict[str, Any] = json.loads(saved.read_text())
    if status := _STATUS.findall(text):
        figures["coverage"], figures["features"], figures["corpus"] = (int(part) for part in status[-1][1:])
    if done := _DONE.search(text):
        figures["executions"], figures["seconds"] = int(done[1]), float(done[2])
    if code:
        figures["failures"].append(f"the fuzzer stopped with {code}: see {log}")
    return {"target": target, **figures}


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz pltpack, guided by coverage.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them by default")
    parser.add_argument("--minutes", type=float, default=5, help="for each target (default: %(default)s)")
    parser.add_argument("--timeout", type=int, default=20, help="seconds after which an input counts as a hang")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "fuzz", help="for the corpus and findings")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments, options = parser.parse_known_args()
    directory = arguments.directory.absolute()
    if arguments.inside:
        fuzz(arguments.inside, directory, options)
        return 0
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed: pip install -e '.[test,fuzz]'")
    from tests.fuzz.targets import TARGETS

    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))} (there are: {', '.join(TARGETS)})")
    results = []
    for target in arguments.targets or TARGETS:
        result = run_target(target, directory, max(1, round(arguments.minutes * 60)), arguments.timeout)
        results.append(result)
        print(
            f"{target:9} {result['executions']:9,} executions {result['seconds']:7.0f} s"
            f"  {result.get('coverage', 0):6} edges  slowest {result['slowest_seconds']:.3f} s"
            f"  {len(result['failures'])} found",
            flush=True,
        )
        for failure in result["failures"]:
            print(f"          {failure}", flush=True)
    total = sum(result["executions"] for result in results)
    seconds = sum(result["seconds"] for result in results)
    print(f"{total:,} executions in {seconds / 60:.0f} minutes; findings are in {directory / 'found'}")
    return int(any(result["failures"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
