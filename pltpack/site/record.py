"""From what is known of a package to its record in the catalog."""

from __future__ import annotations

from typing import Final

from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.site.config import PackageOverride, SiteConfig
from pltpack.site.enrich import Fields, by_name, shown_authors
from pltpack.site.layout import relative_source
from pltpack.site.state import PackageState

_NOTHING: Final = PackageOverride()
_LIB: Final = Symbol("lib")
_MULTI: Final = Symbol("multi")


def record_fields(state: PackageState, override: PackageOverride = _NOTHING, *, ring: int = 2) -> Fields:
    """The record of a package: what its archive says, and what the operator says instead.

    Yanked and removed packages keep their records, so that who has them can go on; the description says what they are.
    """
    facts = state.facts
    archive = state.archive
    fields: Fields = {
        "name": state.name,
        "source": relative_source(archive) if archive is not None else state.source or "",
        "checksum": facts.sha1 if state.checksum is None else state.checksum,
        "author": " ".join(_authors(state, override)),
        "description": description(state, override),
        "tags": [*tags(override)],
        "dependencies": _data(facts.dependencies),
        "rt-dependencies": _data(facts.runtime),
        "implies": _data(facts.implies),
        "modules": [[_LIB, path] for path in facts.modules],
        "collection": [_MULTI] if facts.collection is None else facts.collection,
        "license": _license(facts.license, override),
        "ring": ring if override.ring is None else override.ring,
        "date-added": state.added,
        "last-edit": state.updated,
        "last-checked": state.checked,
        "last-updated": state.updated,
    }
    if state.error is not None:
        fields["checksum-error"] = state.error
    versions: dict[str, Datum] = {version: read_datum(text.encode())[0] for version, text in state.versions.items()}
    for version, own in override.versions.items():
        versions[version] = HashTable(((Symbol("checksum"), own.checksum), (Symbol("source"), own.source)))
    if versions:
        fields["versions"] = HashTable(tuple(sorted(versions.items())))
    return fields


def description(state: PackageState, override: PackageOverride) -> str:
    """What a package is for, and what became of it."""
    said = state.facts.description if override.description is None else override.description
    if state.removed is not None:
        return f"[removed] {said}".rstrip()
    if state.yanked is not None:
        return f"[yanked: {state.yanked.reason}] {said}".rstrip()
    return said


def tags(override: PackageOverride) -> list[str]:
    """The tags of a package, sorted."""
    return sorted({*(override.tags or ())}, key=by_name)


def authors(state: PackageState, override: PackageOverride, config: SiteConfig) -> list[str]:
    """The authors of a package as they are shown."""
    found = _authors(state, override)
    return found if config.site.addresses == "public" else shown_authors(found)


def _authors(state: PackageState, override: PackageOverride) -> list[str]:
    return list(state.facts.authors) if override.author is None else override.author.split()


def _data(texts: tuple[str, ...]) -> list[Datum]:
    return [read_datum(text.encode())[0] for text in texts]


def _license(found: str | None, override: PackageOverride) -> Datum:
    return override.license or found or False
