"""Processes that work for a command: none of them is left over, and none is waited for in vain."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, signal, sys
from pltpack.errors import PltError
from pltpack.signals import termination_raises
from pltpack_cli.processes import processes

reader, writer = os.pipe()

def busy():
    with termination_raises():
        os.write(writer, b"x")
        while True:
            signal.pause()

def killed():
    os.read(reader, 1)
    os.kill(os.getpid(), signal.SIGKILL)

try:
    with processes(2, 2) as executor:
        first, second = executor.submit(busy), executor.submit(killed)
        second.result()
        first.result()
except PltError as error:
    print(error)
"""


def test_one_is_killed_while_another_is_at_work() -> None:
    """The other one is not waited for in vain."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "a process that was at work was killed (--jobs 1 works with this one alone)\n"
