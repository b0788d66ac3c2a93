"""Records that come before they are asked for: what is looked up, how often, and what becomes of errors."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum
from pltpack.errors import UnknownPackageError
from pltpack.scope.ahead import RecordsAhead

NEEDS: dict[str, list[Datum]] = {
    "a": ["b", ["c", "1.0"], "base", "nowhere"],
    "b": ["d", "a"],
    "c": [],
    "d": [],
    "odd": [["no", "dependency", "at", "all"], "c"],
}


class Catalog:
    """Answers, and tells of each look-up when it is over."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._changed = threading.Condition()

    def look_up(self, name: str) -> Record:
        try:
            if name not in NEEDS:
                raise UnknownPackageError(f"no package {name}")
            return Record.of(name, {"source": f"{name}.zip", "dependencies": NEEDS[name]})
        finally:
            with self._changed:
                self.asked[name] += 1
                self._changed.notify_all()

    def wait_for(self, *names: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: all(self.asked[name] for name in names), timeout=60)


@contextmanager
def looking_ahead(catalog: Catalog, jobs: int = 4) -> Iterator[RecordsAhead]:
    ahead = RecordsAhead(catalog.look_up, lambda name: name not in ("base", "a"), jobs)
    try:
        yield ahead
    finally:
        ahead.close()


def test_what_is_needed_is_looked_up_before_it_is_asked_for() -> None:
    catalog = Catalog()
    with looking_ahead(catalog) as ahead:
        assert ahead["a"].name == "a"
        catalog.wait_for("b", "c", "d", "nowhere")
        assert [ahead[name].name for name in "bcd"] == ["b", "c", "d"]
    assert catalog.asked == {"a": 1, "b": 1, "c": 1, "d": 1, "nowhere": 1}


def test_an_error_is_that_of_whoever_asks() -> None:
    catalog = Catalog()
    with looking_ahead(catalog) as ahead:
        ahead["a"]
        catalog.wait_for("nowhere")
        with pytest.raises(UnknownPackageError, match="no package nowhere"):
            ahead["nowhere"]


def test_what_waits_for_a_thread_is_looked_up_by_whoever_asks() -> None:
    catalog = Catalog()
    held, busy = threading.Event(), threading.Event()

    def look_up(name: str) -> Record:
        if name == "b":
            busy.set()
            assert held.wait(60)
        return catalog.look_up(name)

    ahead = RecordsAhead(look_up, lambda name: name in ("b", "c"), 1)
    try:
        ahead["a"]
        assert busy.wait(60)
        assert ahead["c"].name == "c"  # the only thread is held
        assert catalog.asked == {"a": 1, "c": 1}
    finally:
        held.set()
        ahead.close()


def test_a_list_that_cannot_be_read_is_passed_over() -> None:
    catalog = Catalog()
    with looking_ahead(catalog) as ahead:
        assert ahead["odd"].source == "odd.zip"
    assert catalog.asked == {"odd": 1}


def test_nothing_is_begun_after_the_end() -> None:
    catalog = Catalog()
    with looking_ahead(catalog) as ahead:
        pass
    assert ahead["a"].name == "a"
    assert catalog.asked == {"a": 1}
