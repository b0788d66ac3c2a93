"""A progress bar on a terminal, for work that takes longer than a second."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from .console import escape
from .inputs import shown

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

    from pltpack.input import Progress

R = TypeVar("R")

_PATIENCE: Final = 1.0
"""Seconds of work before the bar shows."""

_NARROW: Final = 60
"""Columns below which there is no room for the bar itself, nor for the time that is left."""

_NUMBERS: Final = 18
"""Columns for what is done of how much: ``123.4/567.8 MB`` and ``1,234 of 5,678``."""


class _Late:
    """Starts the bar, and loads what draws it, only when the work turns out to be long."""

    def __init__(self, label: str, *, bytes_: bool = True) -> None:
        """``bytes_``: what is counted is bytes, and not archives."""
        self._label = label
        self._bytes = bytes_
        self._since = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._room = 0

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            if time.monotonic() - self._since < _PATIENCE:
                return
            self._start(total)
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)

    def name(self, label: str) -> None:
        """Say what is worked on now."""
        self._label = label
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=self._fitting())

    def _start(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        numbers = DownloadColumn() if self._bytes else MofNCompleteColumn(separator=" of ")
        columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False), numbers]
        self._room = console.width - _NUMBERS
        if console.width >= _NARROW:
            width = min(40, console.width // 3)
            columns[1:1] = [BarColumn(bar_width=width)]
            columns.append(TimeRemainingColumn())
            self._room -= width + 10
        # Standard output is not rich's: what a command prints meanwhile is for whoever reads it.
        self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._task = self._bar.add_task(self._fitting(), total=total)
        self._bar.start()

    def _fitting(self) -> str:
        from rich.text import Text

        label = Text(escape(self._label))
        label.truncate(self._room, overflow="ellipsis")
        return label.plain

    def stop(self) -> None:
        """Take the bar away."""
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


def counted(verb: str, names: Sequence[str], results: Iterable[R], *, quiet: bool = False) -> Iterator[R]:
    """The results of work on archives of these names, in their order, while a bar shows how many there are of how many.

    It names the archive whose result comes next. With a single one there is none: it has a bar of its own.
    """
    if quiet or len(names) < 2 or not sys.stderr.isatty():
        yield from results
        return
    late = _Late("", bytes_=False)
    iterator = iter(results)
    try:
        for number, name in enumerate(names):
            late.name(f"{verb} {shown(name)}")
            late(number, len(names))
            try:
                result = next(iterator)
            except StopIteration:
                return
            yield result
    finally:
        late.stop()
    yield from iterator


def seen_on_terminal(*, streaming: bool) -> bool:
    """Whether lines that are printed as they come can be seen: then they tell how far it is."""
    return streaming and sys.stdout.isatty()
