"""Processes that work for a command: none of them is left over, and none is waited for in vain."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

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


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

ASKED = """
import os, signal, sys
from pltpack_cli import console
from pltpack_cli.processes import processes

NUMBER, MOMENT = int(sys.argv[1]), sys.argv[2]
real_fork = os.fork
reader, writer = os.pipe()
os.set_blocking(reader, True)

def fork():
    pid = real_fork()
    if MOMENT == "start" and pid:
        os.kill(os.getpid(), NUMBER)
    return pid

os.fork = fork

def busy():
    if MOMENT == "deaf":
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGHUP])
    os.write(writer, b"x")
    while True:
        signal.pause()

def command():
    with processes(2, 4) as executor:
        futures = [executor.submit(busy) for _ in range(4)]
        os.read(reader, 1)
        for _ in range(3):
            os.killpg(0, NUMBER) if MOMENT == "group" else os.kill(os.getpid(), NUMBER)
        [future.result() for future in futures]

try:
    console.reporting(command)()
except BaseException as end:
    code = getattr(end, "exit_code", getattr(end, "code", 1))
    sys.stdout.write("ended")
    sys.stdout.flush()
    sys.exit(code)
"""
"""A command whose processes are at work for ever, asked to end three times."""


@pytest.mark.parametrize("moment", ["start", "alone", "group", "deaf"])
@pytest.mark.parametrize("number", SIGNALS)
def test_asked_to_end_all_are_gone_at_once(number: signal.Signals, moment: str) -> None:
    """Once, while they start or work, and with those that do not listen; nobody is left, or the output stayed open."""
    command = [sys.executable, "-c", ASKED, str(int(number)), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert (out, err.decode()) == (b"ended", "-c: interrupted\n" if number == signal.SIGINT else "")
