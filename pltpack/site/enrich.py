"""What a catalog says of a package beyond its record: authors, conflicts, search terms, all versions.

The keys and their rules are those of Racket's package catalog (``pkg-index``, static generation), so that its tools
read our files. Where that keeps old conflicts, or none for new packages, they are worked out anew here.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from pltpack.datum.values import Datum, HashTable, Prefab, Symbol

Fields: TypeAlias = dict[str, Datum]
"""A record: values by the names of their keys, which are symbols."""

DEFAULT_RING: Final = 2
_CURATED: Final = (0, 1)
"""The rings whose packages may not conflict; only they are named as conflicts."""

_LOGS: Final = (
    "success-log", "failure-log", "dep-failure-log", "conflicts-log", "min-failure-log", "test-success-log",
    "test-failure-log",
)  # fmt: skip

_BUILD_TERMS: Final = {
    "success-log": ":build-success:",
    "failure-log": ":build-fail:",
    "dep-failure-log": ":build-dep-fail:",
    "conflicts-log": ":build-conflicts:",
}

_HOSTED: Final = re.compile(r"(?:github|git)://([^/?#]+)/([^/?#]+)/([^/?#]+?)(?:\.git)?((?:/[^?#]*)?)([?#].*)?")


def enrich(
    records: Mapping[str, Fields],
    conflicts: Mapping[str, list[str]],
    *,
    now: int,
    summary: HashTable | None = None,
    addresses: bool = False,
) -> dict[str, Fields]:
    """The records with all keys, by name; ``now`` (seconds since 1970) stands for times that a record does not tell.

    ``conflicts`` are those of :func:`find_conflicts`. ``summary`` is the table of a package build (``summary.rktd``):
    names to what came of building. Without ``addresses`` only :func:`public_name` of an author's address is given away.
    """
    return {
        name: _enriched(name, fields, conflicts.get(name, []), _built(summary, name), now, addresses)
        for name, fields in records.items()
    }


def find_conflicts(modules: Mapping[str, Iterable[str]], rings: Mapping[str, int]) -> dict[str, list[str]]:
    """For each package the curated ones (rings 0 and 1) that have a module of the same path, sorted without case.

    ``modules`` are the paths of each package's modules, ``rings`` the ring of each.
    """
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for name, paths in modules.items():
        for path in set(paths):
            owners[path].append(name)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for names in owners.values():
        if len(names) > 1:
            curated = [name for name in names if rings[name] in _CURATED]
            for name in names:
                found[name].update(other for other in curated if other != name)
    return {name: sorted(others, key=by_name) for name, others in found.items() if others}


def module_paths(fields: Fields) -> list[str]:
    """The paths ``P`` of all ``(lib "P")`` of a record."""
    modules = fields.get("modules")
    found = []
    for module in modules if isinstance(modules, list) else ():
        match module:
            case [Symbol("lib"), str(path)]:
                found.append(path)
    return found


def ring_of(fields: Fields) -> int:
    """The ring of a package: 0 and 1 are curated."""
    ring = fields.get("ring")
    return ring if type(ring) is int else DEFAULT_RING


def by_name(name: str) -> tuple[str, str]:
    """The key by which names are listed: case counts last."""
    return name.lower(), name


def public_name(address: str) -> str:
    """What an author is called without telling the address: its local part, and seven digits of its digest.

    >>> public_name("ann@example.org")
    'annλ438c4c7'
    """
    return f"{address.partition('@')[0]}λ{hashlib.sha256(address.encode()).hexdigest()[:7]}"


def shown_authors(authors: Iterable[str]) -> list[str]:
    """Authors without their addresses."""
    return [public_name(author) if "@" in author else author for author in authors]


def strings(value: Datum | None) -> list[str]:
    """The strings of a list; of anything else none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _enriched(name: str, fields: Fields, conflicts: list[str], build: Fields, now: int, addresses: bool) -> Fields:
    author = fields.get("author")
    authors = author.split() if isinstance(author, str) else []
    shown = authors if addresses else shown_authors(authors)
    source, checksum = fields.get("source", ""), fields.get("checksum", "")
    full: Fields = {
        "collection": False, "dependencies": [], "implies": [], "license": False, "modules": [], "ring": DEFAULT_RING,
        "rt-dependencies": [], "tags": [], "last-checked": now, "last-edit": now, "last-updated": now,
    }  # fmt: skip
    full |= fields
    full |= {
        "name": name,
        "source": source,
        "checksum": checksum,
        "author": " ".join(shown),
        "authors": list(shown),
        "build": _table(build, "equal"),
        "conflicts": list(conflicts),
        "versions": _versions(fields.get("versions"), source, checksum),
    }
    terms = {*_author_terms(authors, addresses), *_terms(full, build)}
    full["search-terms"] = HashTable(tuple((Symbol(term), True) for term in sorted(terms)), "eq")
    return full


def _author_terms(authors: Iterable[str], addresses: bool) -> Iterable[str]:
    for author in authors:
        yield f"author:{public_name(author)}"
        if addresses:
            yield f"author:{author}"


def _terms(full: Fields, build: Fields) -> Iterable[str]:
    tags = strings(full["tags"])
    yield from tags
    yield f"ring:{ring_of(full)}"
    if not tags:
        yield ":no-tag:"
    if not full.get("description"):
        yield ":no-desc:"
    if full["conflicts"]:
        yield ":conflicts:"
    if full.get("checksum-error"):
        yield ":error:"
    for log, term in _BUILD_TERMS.items():
        if build[log] is not False:
            yield term
    docs = build["docs"]
    for doc in docs if isinstance(docs, list) else ():
        yield ":docs:" if isinstance(doc, list) and doc[:1] == ["main"] else ":docs-error:"


def _built(summary: HashTable | None, name: str) -> Fields:
    """What came of building a package: paths of logs, or ``False``, and the documents."""
    found = None if summary is None else summary.get(name)
    known = dict(found) if isinstance(found, HashTable) else {}
    logs: Fields = {log: _flat(known.get(Symbol(log), False)) for log in _LOGS}
    docs = known.get(Symbol("docs"))
    return logs | {"docs": [_flat(doc) for doc in docs] if isinstance(docs, list) else []}


def _flat(value: Datum) -> Datum:
    """A prefab structure as a list that begins with the last part of its name."""
    if isinstance(value, Prefab) and isinstance(value.key, Symbol):
        return [value.key.name.rpartition("/")[2], *value.fields]
    return value


def _versions(versions: Datum | None, source: Datum, checksum: Datum) -> HashTable:
    """The table of versions, with the record itself under ``default``; each knows where a person can look."""
    found: dict[Datum, Datum] = {}
    for version, value in versions if isinstance(versions, HashTable) else ():
        if isinstance(version, str):
            found[version] = _with_url(value) if isinstance(value, HashTable) else value
    found[Symbol("default")] = _with_url(_table({"checksum": checksum, "source": source}, "eq"))
    return HashTable(tuple(found.items()))


def _with_url(version: HashTable) -> HashTable:
    fields = {key.name: value for key, value in version if isinstance(key, Symbol)}
    source = fields.get("source")
    if isinstance(source, str):
        fields["source_url"] = browsable(source)
    return _table(fields, version.kind)


def _table(fields: Fields, kind: str) -> HashTable:
    entries = tuple((Symbol(name), value) for name, value in fields.items())
    return HashTable(entries, "eq" if kind == "eq" else "equal")


def browsable(source: str) -> str:
    """Where a browser finds a source: a page for the schemes of git hosts, the source itself for others.

    >>> browsable("github://github.com/u/r/branch/sub"), browsable("git://github.com/u/r")
    ('http://github.com/u/r/tree/branch/sub', 'http://github.com/u/r/tree/master')
    """
    found = _HOSTED.fullmatch(source)
    if found is None:
        return source
    host, user, repository, rest, tail = found.groups()
    branch = rest if source.startswith("github:") and rest.strip("/") else "/master"
    return f"http://{host}/{user}/{repository}/tree{branch}{tail or ''}"
