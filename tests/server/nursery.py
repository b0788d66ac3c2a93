"""Processes of ``pltpack`` that are forked from one that has imported all they need: they work at once, and can be
killed as any others, hundreds of times in a test."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

_NEEDED: Final = (
    *("pltpack_cli.programs", "pltpack_cli.server.run"),
    *("pltpack.server.asgi", "pltpack.site.publishing.publish", "uvicorn.protocols.http.auto"),
)


@dataclass(frozen=True)
class Started:
    """A process, and the first line that it has written."""

    process: int
    line: str


class Nursery:
    """Starts and kills processes."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders = orders
        self._answers = answers

    def start(self, arguments: list[str], log: Path) -> Started:
        """A process of ``pltpack`` that has told that it works; what it writes to standard error is in ``log``."""
        process, line = self._ask({"arguments": arguments, "log": str(log)})
        assert line, f"it has not started: {log.read_text()}"
        return Started(process, line)

    def kill(self, started: Started) -> None:
        """Have a process be gone at once; it is when this returns."""
        assert self._ask({"kill": started.process}) == -signal.SIGKILL

    def _ask(self, order: dict[str, Any]) -> Any:
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return json.loads(self._answers.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery; whatever has come from it and still works is killed at the end."""
    call = [sys.executable, "-m", "tests.server.nursery"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Nursery(process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait(60) == 0


def main() -> None:
    """Take orders, a line each, until there are no more."""
    for module in _NEEDED:
        importlib.import_module(module)
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "kill" in order:
            living.discard(order["kill"])
            answer: object = _killed(order["kill"])
        else:
            answer = _started(order)
            living.add(answer[0])
        print(json.dumps(answer), flush=True)
    for child in living:
        _killed(child)


def _killed(child: int) -> int:
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _started(order: dict[str, Any]) -> tuple[int, str]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _be(order, writing)
    os.close(writing)
    with os.fdopen(reading) as stream:
        return child, stream.readline().strip()


def _be(order: dict[str, Any], output: int) -> NoReturn:
    """Be the process that was ordered."""
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for number, stands in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (log, 2)):
            os.dup2(number, stands)
            os.close(number)
        sys.argv = ["pltpack", *order["arguments"]]
        sys.modules["pltpack_cli.programs"].pltpack()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
