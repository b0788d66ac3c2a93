"""What installers are called, and what follows from it: rows of a page, names of logs, other names."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.datum.reader import read_datum
from pltpack.distribution.aliases import AliasParts, Parts, alias_name, all_names
from pltpack.distribution.grammar import MOST_LEVELS, MinimalCounterparts, levels, log_name, plain, rows

FIXTURES = Path(__file__).parents[2] / "fixtures" / "distribution"
PAGES: list[dict[str, Any]] = json.loads((FIXTURES / "pages.json").read_text("utf-8"))
TABLES: dict[str, Any] = json.loads((FIXTURES / "tables.json").read_text("utf-8"))


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case["label"])
def test_rows_are_those_of_the_original(case: dict[str, Any]) -> None:
    """Those of installers that are missing come from a log table, and gaps are for the eye."""
    expected = [row for row in case["rows"] if row["kind"] != "gap" and not row.get("missing")]
    found = [
        {
            "kind": "group" if row.description is None else "leaf",
            "level": row.depth,
            "text": row.level.text,
            "detail": row.level.detail,
        }
        for row in rows(case["descriptions"])
    ]
    assert found == [{"detail": "", **{key: row[key] for key in row if key in found[0]}} for row in expected]


@pytest.mark.parametrize(("description", "name"), TABLES["log_names"])
def test_logs_are_called_as_by_the_original(description: str, name: str) -> None:
    assert log_name(description) == name


@pytest.mark.parametrize(("description", "match"), TABLES["find_matching"]["cases"])
def test_the_minimal_distribution_for_the_same_platform(description: str, match: str | bool) -> None:
    assert MinimalCounterparts(TABLES["find_matching"]["table"]).of(description) == (match or None)


@pytest.mark.parametrize("case", TABLES["aliases"], ids=lambda case: case["installer"])
def test_aliases_are_those_of_the_original(case: dict[str, Any]) -> None:
    main = Parts(*case["main"])
    found = [alias_name(case["installer"], main, Parts(*alias)) for alias, _ in case["aliases"]]
    assert found == [name or None for _, name in case["aliases"]]


@pytest.mark.parametrize("case", TABLES["compose_aliases"], ids=lambda case: str(len(case[0])))
def test_parts_of_aliases_are_composed_as_by_the_original(case: list[Any]) -> None:
    settings = dict(case[0])
    names = {"#:dist-base": "base", "#:dist-suffix": "suffix", "#:dist-vm-suffix": "vm"}
    main = Parts(**{names[key]: value.strip('"') for key, value in settings.items() if key in names})
    also, _ = read_datum(settings.get("#:dist-aliases", "()").encode())
    aliases = [AliasParts(*(None if part is False else part for part in alias)) for alias in also]
    found = [main, *all_names(main, aliases)]
    assert [[parts.base, parts.suffix, parts.vm] for parts in found] == case[1]


def test_a_detail_is_all_behind_the_first_semicolon() -> None:
    """The original drops what stands between a semicolon without a space and the next one."""
    assert [(level.text, level.detail) for level in levels("a;b; c | d")] == [("a", "b; c"), ("d", "")]
    assert plain("{1} Racket | {2} Linux; for most | {x}64") == "Racket | Linux | 64"


@given(st.lists(st.text(alphabet="ab|;{} 1λ", max_size=12), unique=True, max_size=12))
def test_every_description_has_one_row(descriptions: list[str]) -> None:
    found = rows(descriptions)
    assert sorted(row.description for row in found if row.description is not None) == sorted(descriptions)
    depths = [-1, *(row.depth for row in found)]
    assert all(now <= before + 1 for before, now in pairwise(depths))


def test_levels_have_an_end() -> None:
    deep = "|".join("a" * 100_000)
    assert len(levels(deep)) == MOST_LEVELS
    assert len(rows([deep, deep + "|b"])) == MOST_LEVELS + 1
