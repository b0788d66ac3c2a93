"""Ctrl-C and SIGTERM: everything is as it was, whenever they come."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pltpack.signals import Shield, Terminated, termination_raises
from pltpack.transaction.directory import DirectoryDestination
from pltpack.unpacker.unpack import extract
from tests.transaction.calls import closing_what_is_left, in_child, wrapped
from tests.trees import archive, file, files_in, picture, write_tree

OLD = {"old/a": b"old", "old/b": b"old"}
NEW = {"old/a": b"new", "old/b": b"new", "old/c": b"new", "tree/x": b"new"}


class Raise:
    """Sends this process a signal at its ``nth`` call of the system while it has a handler for it."""

    def __init__(self, nth: int, number: int) -> None:
        self.nth = nth
        self.number = number
        self.count = 0

    def __call__(self, _name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
        if signal.getsignal(self.number) is not signal.SIG_DFL:
            self.count += 1
        if self.count == self.nth:
            self.nth = -1
            signal.raise_signal(self.number)
        return original(*arguments, **options)


def interrupted(work: Callable[[], object]) -> str | None:
    """The exception that a signal became."""
    try:
        work()
    except KeyboardInterrupt:
        return "KeyboardInterrupt"
    except Terminated as error:
        return f"Terminated {error.code}"
    return None


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_at_every_call(tmp_path: Path, number: int) -> None:
    """Until the commit all is taken back; a signal that comes during the clean-up finds everything in place."""
    source, target = tmp_path / "x.plt", tmp_path / "target"
    entries = [file(*path.split("/"), data=data, replace=True) for path, data in NEW.items()]
    source.write_bytes(archive(*entries))
    write_tree(target, OLD)
    before = picture(tmp_path)
    old = new = 0
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    for nth in range(1, 10_000):
        act = Raise(nth, number)
        with wrapped(act, reading=True), closing_what_is_left():
            raised = interrupted(lambda: extract(source, target))
        assert raised in (None, "KeyboardInterrupt" if number == signal.SIGINT else f"Terminated {128 + number}")
        assert handlers == [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        if act.nth == nth:
            break
        if picture(tmp_path) == before:
            old += 1
        else:
            assert files_in(target) == NEW
            new += 1
            for path in NEW.keys() - OLD.keys():
                (target / path).unlink()
            (target / "tree").rmdir()
            write_tree(target, OLD)
    assert old > 50
    assert 0 < new < 60, "the clean-up is short"


def test_a_terminated_process_ends_with_the_code_of_its_signal() -> None:
    def work() -> None:
        def wait() -> None:
            with DirectoryDestination():
                os.kill(os.getpid(), signal.SIGTERM)
                signal.pause()

        assert interrupted(wait) == "Terminated 143"

    assert in_child(work) == 0


def test_handlers_of_the_program_stay() -> None:
    got = []
    before = signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    try:
        with termination_raises():
            signal.raise_signal(signal.SIGTERM)
        assert got == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with termination_raises(), Shield():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_shield_holds_back_until_its_end() -> None:
    done = []

    def work() -> None:
        with Shield():
            signal.raise_signal(signal.SIGINT)
            done.append("after the signal")

    assert interrupted(work) == "KeyboardInterrupt"
    assert done


def test_a_shield_lets_through_what_is_waiting_where_it_is_asked() -> None:
    done = []
    with Shield() as shield:
        shield.check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            shield.check()
        done.append("once only")
    assert done


def test_other_threads_need_no_shield(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    (tmp_path / "x.plt").write_bytes(archive(file("x", data=b"new")))

    def work() -> None:
        try:
            extract(tmp_path / "x.plt", tmp_path / "target")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
    assert files_in(tmp_path / "target") == {"x": b"new"}


def test_a_handler_that_the_program_sets_meanwhile_stays() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def own(_number: int, _frame: object) -> None:
        """Of the program."""

    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with termination_raises():
            signal.signal(signal.SIGTERM, own)
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
