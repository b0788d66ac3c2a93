"""Run one of the programs and tell what it took: ``python bounded.py REPORT PROGRAM [ARGUMENT]...``.

Steps are calls, of functions and of what is written in C: they are the same on every machine, however busy. What takes
its time inside of one such call is stopped by the limit of the processor's time, far above what is allowed.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType

HARDEST_SECONDS = 60

_steps = 0


def _count(_frame: FrameType, event: str, _argument: object) -> None:
    global _steps  # noqa: PLW0603  a profile function has no other place that costs as little
    if event in ("call", "c_call"):
        _steps += 1


def _peak() -> int:
    """The most memory in bytes that this program has had; that of the one that started it does not count."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmHWM")


def main() -> None:
    report, name, *arguments = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (HARDEST_SECONDS, HARDEST_SECONDS))
    (program,) = entry_points(group="console_scripts", name=name)
    sys.argv = [name, *arguments]
    run = program.load()
    threading.setprofile(_count)
    sys.setprofile(_count)
    try:
        run()
    finally:
        sys.setprofile(None)
        Path(report).write_text(json.dumps({"steps": _steps, "memory": _peak()}), "utf-8")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
