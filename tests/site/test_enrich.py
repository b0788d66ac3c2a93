"""What a catalog says of its packages beyond their records, held against the original generator's output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Symbol, same_datum
from pltpack.errors import FormatError
from pltpack.site.enrich import Fields, enrich, find_conflicts, module_paths, ring_of
from pltpack.site.pages.json_text import record_json

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "fixtures/site/golden.json").read_text("utf-8"))
NOW = 1234567890

DIFFERENCES = {
    (0, "delta", "conflicts"): "old conflicts of a package whose modules are not known are not kept",
    (0, "delta", "search-terms"): "the same",
    (1, "eps", "conflicts"): "conflicts of all packages are worked out anew, not only of those that changed",
}
"""What is different on purpose: run, package, key."""


def datum(text: str) -> Datum | None:
    try:
        found: Datum = read_datum(text.replace("@NOW@", str(NOW)).encode())[0]
    except FormatError:
        return None
    return found


def fields_of(text: str) -> Fields:
    """A record of the golden input; what the generator cannot read counts as empty there, too."""
    table = datum(text)
    return {key.name: value for key, value in table if isinstance(key, Symbol)} if isinstance(table, HashTable) else {}


def enriched(run: int) -> dict[str, Fields]:
    records = {name: fields_of(text) for name, text in GOLDEN["runs"][run]["records"].items()}
    conflicts = find_conflicts(
        {name: module_paths(fields) for name, fields in records.items()},
        {name: ring_of(fields) for name, fields in records.items()},
    )
    summary = datum(GOLDEN["summary.rktd"])
    assert isinstance(summary, HashTable)
    return enrich(records, conflicts, now=NOW, summary=summary, addresses=True)


def as_equal(value: Datum | None) -> Datum | None:
    """Tables of whatever kind are the same when they hold the same."""
    if isinstance(value, HashTable):
        return HashTable(tuple((key, as_equal(inner)) for key, inner in value))  # type: ignore[misc]  # never None
    return value


@pytest.mark.parametrize("run", [0, 1])
def test_records_are_those_of_the_original(run: int) -> None:
    compared = 0
    for name, fields in enriched(run).items():
        expected = (
            fields_of(GOLDEN["runs"][run]["files"][f"pkg/{name}"])
            if f"pkg/{name}" in GOLDEN["runs"][run]["files"]
            else None
        )
        if expected is None:
            continue
        assert fields.keys() == expected.keys(), name
        for key, value in expected.items():
            mine = as_equal(fields[key])
            theirs = as_equal(value)
            assert mine is not None
            assert theirs is not None
            assert same_datum(mine, theirs) == ((run, name, key) not in DIFFERENCES), (name, key)
            compared += 1
    assert compared == sum(len(fields) for fields in enriched(run).values())


def test_json_is_that_of_the_original() -> None:
    files = GOLDEN["runs"][0]["files"]
    different = {name for run, name, _ in DIFFERENCES if run == 0}
    for name, fields in enriched(0).items():
        expected = json.loads(files[f"pkg/{name}.json"].replace("@NOW@", str(NOW)))
        assert (json.loads(record_json(fields)) == expected) == (name not in different), name


def test_addresses_are_given_away_only_where_that_is_asked_for() -> None:
    record: Fields = {"author": "ann@example.org bob", "source": "x.zip", "checksum": "0" * 40}
    hidden = enrich({"x": record}, {}, now=NOW)["x"]
    assert "example.org" not in record_json(hidden)
    assert hidden["authors"] == ["annλ438c4c7", "bob"]
    assert "example.org" in record_json(enrich({"x": record}, {}, now=NOW, addresses=True)["x"])
