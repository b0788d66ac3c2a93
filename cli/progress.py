"""A progress bar on a terminal, for work that takes longer than a second."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .console import escape

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from pltpack.input import Progress

_PATIENCE: Final = 1.0
"""Seconds of work before the bar shows."""


class _Late:
    """Starts the bar, and loads what draws it, only when the work turns out to be long."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._since = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            if time.monotonic() - self._since < _PATIENCE:
                return
            self._start(total)
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)

    def _start(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(escape(self._label), total=total)
        self._bar.start()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


@contextlib.contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Progress | None]:
    """A function that shows how far work has come, on standard error if that is a terminal; ``None`` otherwise.

    It is called with what is done and with the total, in bytes. rich, which draws it, heeds ``NO_COLOR``.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    late = _Late(label)
    try:
        yield late
    finally:
        late.stop()
