"""What differs between two catalogs, for people who decide whether to go from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, same_datum
from pltpack.datum.writer import write_datum

_TOLD = ("source", "checksum", "author", "description", "license", "ring")
"""Fields that are told with both values; a source that moved with its checksum is not told."""


@dataclass(frozen=True, slots=True)
class Change:
    """A package that is in both and not the same: what was and what is, by field, as text; items of lists that came
    and went."""

    name: str
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    gained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Names that are only in the second (``added``) or the first (``removed``) of two catalogs, and what changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare_catalogs(old: Mapping[str, Record], new: Mapping[str, Record]) -> Difference:
    """Compare two catalogs as data, by what a client gets: times, search terms and the like do not count."""
    changes = (_change(name, old[name], new[name]) for name in sorted(old.keys() & new.keys()))
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(change for change in changes if change is not None),
    )


def _change(name: str, old: Record, new: Record) -> Change | None:
    fields = {}
    same_content = old.get("checksum") == new.get("checksum")
    for key in _TOLD:
        before, after = old.get(key), new.get(key)
        if key == "source" and same_content:
            continue
        if not _same(before, after):
            fields[key] = (_shown(before), _shown(after))
    gained, lost = {}, {}
    for key in ("dependencies", "modules", "tags"):
        before_items, after_items = set(_items(old.get(key))), set(_items(new.get(key)))
        if came := sorted(after_items - before_items):
            gained[key] = tuple(came)
        if went := sorted(before_items - after_items):
            lost[key] = tuple(went)
    return Change(name, fields, gained, lost) if fields or gained or lost else None


def _same(one: Datum | None, other: Datum | None) -> bool:
    if one is None or other is None:
        return (one or "") == (other or "")
    return same_datum(one, other)


def _shown(value: Datum | None) -> str:
    return "" if value is None else value if isinstance(value, str) else write_datum(value)


def _items(value: Datum | None) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        # A dependency without a version may be written alone or in a list.
        yield _shown(item[0] if isinstance(item, list) and len(item) == 1 else item)


def difference_lines(found: Difference) -> Iterator[str]:
    """The difference as text, a line for each thing that differs."""
    for name in found.added:
        yield f"+ {name}"
    for name in found.removed:
        yield f"- {name}"
    for change in found.changed:
        yield f"! {change.name}"
        for key, (before, after) in change.fields.items():
            yield f"    {key}: {before or 'nothing'} -> {after or 'nothing'}"
        for key, items in change.lost.items():
            yield f"    {key} lost: {' '.join(items)}"
        for key, items in change.gained.items():
            yield f"    {key} gained: {' '.join(items)}"
