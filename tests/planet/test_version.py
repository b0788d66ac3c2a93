"""Versions, against what PLaneT's own functions say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.datum.reader import read_datum
from pltpack.planet.request import parse_form
from pltpack.planet.version import Bounds, CoreVersion, best_match, best_served, fits
from tests.planet.corpus import cases

CASES = cases("version-cases.json")


@dataclass(frozen=True)
class Version:
    major: int
    minor: int
    required_core: str | None = None


@pytest.mark.parametrize("case", CASES["core_versions"], ids=lambda case: case["version"] or "empty")
def test_versions_of_racket(case: dict[str, object]) -> None:
    found = CoreVersion.parse(str(case["version"]))
    assert (found and [found.major, found.minor]) == (case["parsed"] or None)


@pytest.mark.parametrize("case", CASES["core_version_le"], ids=lambda case: f"{case['required']}<={case['provided']}")
def test_which_version_meets_which(case: dict[str, str | bool]) -> None:
    required, provided = (CoreVersion.parse(str(case[name])) for name in ("required", "provided"))
    assert required is not None
    assert provided is not None
    assert provided.meets(required) is case["ok"]


@pytest.mark.parametrize("case", CASES["match"], ids=lambda case: str(case["id"]))
def test_which_version_answers_a_request(case: dict[str, object]) -> None:
    request = parse_form(read_datum(str(case["form"]).encode())[0])
    assert request is not None
    installed = [Version(major, minor, core or None) for major, minor, core in case["installed"]]  # type: ignore[attr-defined]
    found = best_match(installed, request.bounds, core=str(case["core"]))
    assert (found and [found.major, found.minor]) == (case["result"] or None)


def test_the_server_looks_at_what_runs_first() -> None:
    there = [Version(1, 0), Version(2, 0, "9.0")]
    assert best_match(there, Bounds(), core="8.7") is None
    assert best_served(there, Bounds(), core="8.7") == Version(1, 0)


@given(st.text(max_size=20))
def test_no_text_is_too_odd_for_a_version(text: str) -> None:
    CoreVersion.parse(text)
    fits(text, "8.7")


@given(st.integers(1, 99), st.integers(0, 20), st.none() | st.integers(0, 20))
def test_bounds_are_written_as_they_are_read(major: int, low: int, high: int | None) -> None:
    bounds = Bounds(major, low, high)
    request = parse_form(read_datum(f"(planet u/p{bounds})".encode())[0])
    assert request is not None
    if high is None or high >= low:
        assert request.bounds == bounds
    assert [minor for minor in range(25) if request.bounds.admits_minor(minor)] == [
        minor for minor in range(25) if bounds.admits_minor(minor)
    ]
