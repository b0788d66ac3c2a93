"""Checking a catalog: everything an operator would otherwise learn from angry users."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from pltpack.catalog.record import Record, as_dependency
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.datum.writer import write_datum
from pltpack.pkg.names import is_package_name
from pltpack.pkg.source import parse_source
from pltpack.racket.info.fields import version as as_version
from pltpack.site.checks.findings import Finding
from pltpack.site.enrich import by_name

SHA1: Final = re.compile(r"[0-9a-f]{40}")
_ARCHIVES: Final = (".zip", ".plt", ".tar", ".tgz", ".tar.gz")
_GIVEN: Final = frozenset({"racket", "base"})
"""Packages that every installation has."""


def check_records(records: Mapping[str, Record], *, secure: bool = False, remote: bool = False) -> Iterator[Finding]:
    """What is wrong with the records of a catalog by themselves; ``secure`` and ``remote`` say how it is served."""
    for name, record in records.items():
        place = f"pkg/{name}"
        if not is_package_name(name):
            yield Finding("name-bad", place, repr(name), name)
        for version, source, checksum in _sources(record):
            where = place if version is None else f"{place} for {version}"
            yield from _check_source(name, where, source, secure=secure, remote=remote)
            yield from _check_checksum(name, where, source, checksum)
        yield from _check_fields(name, place, record)
    by_case: defaultdict[str, list[str]] = defaultdict(list)
    for name in records:
        by_case[name.lower()].append(name)
    for names in by_case.values():
        if len(names) > 1:
            yield Finding("name-case", f"pkg/{names[0]}", " and ".join(sorted(names)), names[0])


def check_dependencies(
    records: Mapping[str, Record], known: Collection[str] = (), *, gone: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Dependencies that are neither in the catalog nor among the names that are ``known`` elsewhere.

    ``gone`` says of packages that were removed or yanked what became of them.
    """
    for name, record in records.items():
        items = record.get("dependencies")
        for item in items if isinstance(items, list) else ():
            dependency = as_dependency(item)
            if dependency is None:
                continue
            needed = parse_source(dependency.source, strict=False).name
            if needed is None or not is_package_name(dependency.source):
                yield Finding("dependency-name", f"pkg/{name}", repr(dependency.source), name)
            elif needed not in records and needed not in known and needed not in _GIVEN:
                yield Finding("dependency-missing", f"pkg/{name}", needed, name)
            elif gone and needed in gone and name not in gone:
                yield Finding("dependency-removed", f"pkg/{name}", f"{needed} {gone[needed]}", name)


def check_conflicts(records: Mapping[str, Record]) -> Iterator[Finding]:
    """Packages that have a module of the same path: for each such module the packages behind the first one."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for name, record in records.items():
        modules = record.get("modules")
        for module in modules if isinstance(modules, list) else ():
            match module:
                case [Symbol("lib"), str(path)]:
                    owners[path].append(name)
    told = set()
    for path, names in owners.items():
        first, *others = sorted(set(names), key=by_name)
        for other in others:
            if (first, other) not in told:
                told.add((first, other))
                yield Finding("module-conflict", f"pkg/{other}", f"{path} is also in {first}", other)


def check_lists(listed: Collection[str], recorded: Collection[str], held: Collection[str]) -> Iterator[Finding]:
    """Whether ``pkgs``, ``pkgs-all`` and the records in ``pkg/`` have the same names."""
    for what, names, others in (("pkgs", listed, recorded), ("pkg/", held, recorded)):
        missing, extra = sorted(set(others) - set(names)), sorted(set(names) - set(others))
        if missing:
            yield Finding("list-differs", what, f"has not {some(missing)}, which pkgs-all has")
        if extra:
            yield Finding("list-differs", what, f"has {some(extra)}, which pkgs-all has not")


def check_against(records: Mapping[str, Record], other: str, names: Iterable[str]) -> Iterator[Finding]:
    """Names that another catalog has as well."""
    for name in sorted(set(names) & records.keys()):
        detail = f"is also in {other}; a client gets it from the catalog that it asks first"
        yield Finding("name-shadowed", f"pkg/{name}", detail, name)


def is_archive(source: str) -> bool:
    """Whether a source is an archive by its name."""
    return source.partition("?")[0].partition("#")[0].endswith(_ARCHIVES)


def _sources(record: Record) -> Iterator[tuple[str | None, object, object]]:
    """The sources of a record with their checksums: its own, and those for versions of Racket."""
    yield None, record.get("source"), record.get("checksum")
    versions = record.get("versions")
    for version, own in versions if isinstance(versions, HashTable) else ():
        if isinstance(version, str) and isinstance(own, HashTable):
            source, checksum = own.get(Symbol("source")), own.get(Symbol("checksum"))
            yield version, record.get("source") if source is None else source, checksum


def _check_source(name: str, place: str, source: object, *, secure: bool, remote: bool) -> Iterator[Finding]:
    if not isinstance(source, str) or not source:
        yield Finding("source-missing", place, "there is none" if not source else "it is no string", name)
    elif source.startswith("/"):
        yield Finding("source-absolute", place, source, name)
    elif source.startswith("file:") and remote:
        yield Finding("source-local", place, source, name)
    elif source.startswith("http:") and secure:
        yield Finding("source-insecure", place, source, name)
    elif is_package_name(source):
        yield Finding("source-bare", place, source, name)


def _check_checksum(name: str, place: str, source: object, checksum: object) -> Iterator[Finding]:
    if checksum is None:
        yield Finding("checksum-missing", place, "there is none", name)
    elif checksum is False:
        yield Finding("checksum-unknown", place, "it is #f", name)
    elif not isinstance(checksum, str):
        yield Finding("checksum-bad", place, "it is no string", name)
    elif isinstance(source, str) and is_archive(source) and not SHA1.fullmatch(checksum):
        yield Finding("checksum-bad", place, repr(checksum[:60]), name)


def _check_fields(name: str, place: str, record: Record) -> Iterator[Finding]:
    modules, versions, items = record.get("modules"), record.get("versions"), record.get("dependencies")
    if modules is not None and not isinstance(modules, list):
        yield Finding("field-malformed", place, "modules are no list", name)
    if versions is not None and not _is_table_of_tables(versions):
        yield Finding("field-malformed", place, "versions are no table of tables", name)
    if items is not None and not isinstance(items, list):
        yield Finding("dependency-malformed", place, "they are no list", name)
    for item in items if isinstance(items, list) else ():
        dependency = as_dependency(item)
        if dependency is None:
            yield Finding("dependency-malformed", place, write_datum(item), name)
        elif dependency.version is not None and as_version(dependency.version) is None:
            yield Finding("dependency-version", place, write_datum(item), name)
    if record.get("license") in (None, False):
        yield Finding("licence-missing", place, "license is not set", name)


def _is_table_of_tables(value: Datum) -> bool:
    return isinstance(value, HashTable) and all(isinstance(own, HashTable) for _, own in value)


def some(names: list[str]) -> str:
    """The first of several names, and how many there are besides."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
