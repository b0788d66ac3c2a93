"""Records that are kept as text: the same as when all of the text is read as one datum."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pltpack.catalog.directory_writer import list_files
from pltpack.catalog.record import Record, read_first, read_records, records_of
from pltpack.catalog.sources import absolute_source, with_sources
from pltpack.catalog.written import WrittenTable, split_records
from pltpack.datum.limits import DatumLimits
from pltpack.datum.values import HashTable, Symbol, same_datum
from pltpack.errors import FormatError
from tests.strategies import datums

NAMES = st.text("abz09_-", min_size=1, max_size=4)
KEYS = st.sampled_from(["author", "checksum", "dependencies", "modules", "name", "ring", "source", "tags", "versions"])
PLAIN = st.recursive(
    st.text() | st.integers() | st.booleans() | st.sampled_from([Symbol("lib"), Symbol("a b")]), st.lists, max_leaves=8
)
TABLES = st.dictionaries(KEYS, PLAIN | datums(), max_size=5)


def whole(text: bytes) -> dict[str, Record]:
    """What the reader of data makes of it."""
    return records_of(read_first(text))


@given(st.dictionaries(NAMES, TABLES, max_size=4))
@example({"a": {"source": 'x\\y"z', "ring": 0, "tags": ["a", "b"], "modules": [[Symbol("lib"), "a/b.rkt"]]}})
@example({"a": {"author": "\u00e9"}, "b": {"author": "b"}})
def test_records_are_the_same_either_way(tables: dict[str, dict[str, object]]) -> None:
    made = {name: Record.of(name, fields) for name, fields in tables.items()}  # type: ignore[arg-type]  # data, they are
    text = dict(list_files({name: record.write() for name, record in made.items()}))["pkgs-all"]
    kept, read = read_records(text), whole(text)
    assert list(kept) == list(read)
    for name, record in read.items():
        assert kept[name].write() == record.write()
        for key in tables[name]:
            value = record.get(key)
            other = read_records(text)[name].get(key)
            assert value is not None
            assert other is not None
            assert same_datum(value, other)
        assert kept[name].get("nothing") is None
        assert same_datum(kept[name].table, record.table)


def test_plain_records_are_not_read() -> None:
    text = (
        b'#hash(("a" . #hash((ring . -1) (source . "x\\"y") (tags . ("a" "b")))) ("b" . #hash((author . "\xc3\xa9"))))'
    )
    found = split_records(text, limits=DatumLimits())
    assert found is not None
    assert isinstance(found["a"], WrittenTable)
    assert isinstance(found["b"], HashTable)
    assert (found["a"].get("ring"), found["a"].get("source"), found["a"].get("tags")) == (-1, 'x"y', ["a", "b"])


@pytest.mark.parametrize(
    "record",
    [
        b'#hash((tags . ("a")) (source . "s.zip"))',  # not in order
        b'#hash((source . "old") (source . "s.zip"))',  # twice
        b'#hasheq((source . "s.zip"))',
        b'#hash((source . "s.zip") )',
        b'#hash((source . "s.zip")(tags . ("a")))',
        b'#hash((source . "s.zip") (tags . ("a" . ("b"))))',
        b'#hash((source . "s.zip") (ring . 007))',
        b'#hash((source . "s.zip") (ring . 1e0))',
        b'#hash((source . "s.zip") (versions . #hash(("6.0" . #hash((source . "old"))))))',
        b'#hash((source . "s.zip") (x . ((((((deep))))))))',
        b'#hash((source . "\\x73.zip"))',
    ],
)
def test_what_write_would_write_otherwise_is_written_as_it_would(record: bytes) -> None:
    text = b'#hash(("a" . #hash((source . "first"))) ("b" . %b) ("c" . #hash()))' % record
    kept, read = (with_absolute(records["b"]) for records in (read_records(text), whole(text)))
    assert kept.source == read.source == "http://h/c/s.zip"
    assert kept.write() == read.write()
    assert kept == read


def with_absolute(record: Record) -> Record:
    """The record as a catalog at a URL gives it."""
    return with_sources(record, lambda source: absolute_source("http://h/c/", source))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b"#hash(",
        b'#hash(("a" . #hash((source . "s")))',
        b'#hash(("a" . #hash((source . "s))))',
        b'#hash(("a" . #hash((source . #<void>))))',
        b'#hash(("a" . #hash((source "s"))))',
        b'#hash(("a" . #hash(("source" . "s"))))',
        b'#hash((a . #hash((source . "s"))))',
        b'#hash(("a" . ("source")))',
        b'#hash(("a" . #hash((source . "s"))]',
        b'#hash(("a" . #hash((source . "s"))) "b")',
    ],
)
def test_what_is_wrong_is_said_as_if_all_was_read(text: bytes) -> None:
    with pytest.raises(FormatError) as expected:
        whole(text)
    with pytest.raises(FormatError) as found:
        read_records(text)
    assert str(found.value) == str(expected.value)


def test_of_a_name_that_is_there_twice_the_last_record_counts() -> None:
    text = b'#hash(("a" . #hash((ring . 0))) ("a" . #hash((ring . 1))))'
    assert read_records(text) == whole(text)
    assert read_records(text)["a"].ring == 1


@given(st.text(), st.sampled_from(["source", "ring", "none"]))
@example("plain", "source")
def test_a_field_is_changed_in_the_text(value: str, key: str) -> None:
    text = b'#hash((ring . 0) (source . "a \\"b\\" (source . \\"c\\")") (tags . ("source")))'
    record = Record("a", WrittenTable(text))
    assert record.updated({key: value}) == Record.parse("a", text).updated({key: value})
