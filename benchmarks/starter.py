"""Starts the programs that are measured, and waits for them: a process of its own, kept small.

The kernel counts the memory of the process that a program was forked from as the program's own; so the figures
would never be smaller than whoever makes them. Runs as a script without the site module: a request is a line of JSON
on standard input, the answer one on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(measured(**json.loads(line))) + "\n")
        sys.stdout.flush()


def measured(pipeline: list[list[str]], directory: str, output: str, errors: str) -> dict[str, Any]:
    """Run a pipeline as a shell would; what its programs took together, the largest one's memory, and exit codes."""
    with open(output, "wb") as to, open(errors, "wb") as complaints:
        start = time.perf_counter()
        processes = _started(pipeline, directory, to.fileno(), complaints.fileno())
        cpu, peak, codes = 0.0, 0, []
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu += usage.ru_utime + usage.ru_stime
            peak = max(peak, usage.ru_maxrss * 1024)
            codes.append(process.returncode)
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "cpu": cpu, "peak": peak, "codes": codes}


def _started(pipeline: list[list[str]], directory: str, output: int, errors: int) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    source = subprocess.DEVNULL
    for step, arguments in enumerate(pipeline):
        last = step == len(pipeline) - 1
        to = output if last else subprocess.PIPE
        process = subprocess.Popen(arguments, cwd=directory, stdin=source, stdout=to, stderr=errors)
        if source >= 0:
            os.close(source)
        if process.stdout is not None:
            source = os.dup(process.stdout.fileno())
            process.stdout.close()
        processes.append(process)
    return processes


if __name__ == "__main__":
    serve()
