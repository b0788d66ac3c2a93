"""What differs between two catalogs."""

from __future__ import annotations

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, Symbol
from pltpack.site.difference import Change, Difference, compare_catalogs, difference_lines


def record(name: str, **fields: Datum) -> Record:
    return Record.of(name, {"source": "x.zip", "checksum": "1", **fields})


def test_what_clients_notice_is_told() -> None:
    modules: list[Datum] = [[Symbol("lib"), "a/b.rkt"]]
    old = {
        "same": record("same", dependencies=["x"]),
        "gone": record("gone"),
        "changed": record("changed", dependencies=["x", "y"], modules=modules),
        "moved": record("moved", source="elsewhere/x.zip"),
    }
    new = {
        "same": record("same", dependencies=[["x"]], **{"last-updated": 7}),
        "come": record("come"),
        "changed": record("changed", checksum="2", source="y.zip", dependencies=["x", "z"], ring=1),
        "moved": record("moved"),
    }
    found = compare_catalogs(old, new)
    assert found == Difference(
        ("come",),
        ("gone",),
        (
            Change(
                "changed",
                {"source": ("x.zip", "y.zip"), "checksum": ("1", "2"), "ring": ("", "1")},
                {"dependencies": ("z",)},
                {"dependencies": ("y",), "modules": ('(lib "a/b.rkt")',)},
            ),
        ),
    )
    assert list(difference_lines(found)) == [
        "+ come",
        "- gone",
        "! changed",
        "    source: x.zip -> y.zip",
        "    checksum: 1 -> 2",
        "    ring: nothing -> 1",
        "    dependencies lost: y",
        '    modules lost: (lib "a/b.rkt")',
        "    dependencies gained: z",
    ]
    assert not compare_catalogs(old, old)
