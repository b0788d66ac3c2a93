"""Checking a whole catalog: a site, a directory, a file of SQLite, or a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from pltpack.catalog.directory import ALL, NAMES, RECORDS, DirectoryCatalog, read_bounded
from pltpack.catalog.locations import local_path, open_catalog
from pltpack.catalog.record import Record, names_of, read_first, records_of
from pltpack.codec.limits import Limits
from pltpack.datum.values import same_datum
from pltpack.errors import CatalogError, FormatError, LimitError, PltError
from pltpack.fetch.transport import HttpTransport, Transport, without_credentials
from pltpack.pkg.names import is_package_name
from pltpack.site.checks.answers import ask, check_answer, check_clock, check_unknown, check_url
from pltpack.site.checks.archives import Named, check_archives, check_directories, named_archives
from pltpack.site.checks.findings import CheckReport, Finding, ordered
from pltpack.site.checks.records import (
    check_against,
    check_conflicts,
    check_dependencies,
    check_lists,
    check_records,
)
from pltpack.site.checks.served import check_record_answer, check_served, served_archives
from pltpack.site.checks.signatures import check_signed
from pltpack.site.checks.tables import check_tables
from pltpack.site.config import read_config
from pltpack.site.layout import CATALOG, STATE
from pltpack.site.snapshots import read_snapshot, stamps
from pltpack.site.state import PackageState, read_states

_MOST_FOREIGN = 20


def check_catalog(
    location: str | os.PathLike[str],
    *,
    upstream: Sequence[str] = (),
    against: Sequence[str] = (),
    archives: bool = True,
    executor: Executor | None = None,
    allowed_signers: str | os.PathLike[str] | None = None,
    transport: Transport | None = None,
    limits: Limits = Limits(),
) -> CheckReport:
    """Check a catalog as clients will use it.

    ``location`` is a site, a directory catalog, a ``.sqlite`` file, or the URL of a catalog. ``upstream``: catalogs
    that clients ask, too, in which dependencies may be found (for a site those of ``catalog.toml`` as well);
    ``against``: catalogs whose names are compared with these. With ``archives`` those on the disk are read, side by
    side with an ``executor``, and of a server every record and every archive that is there. ``allowed_signers``: the
    file of the keys by one of which it must be signed. ``transport`` sends requests.

    Raises ``PltError`` where nothing can be checked: there is no catalog, or an upstream one cannot be read.
    """
    text = os.fspath(location)
    path = local_path(text)
    with _Transports(transport) as send:
        if path is None:
            found, records = _check_server(text, send(), archives=archives, limits=limits)
            states: Mapping[str, PackageState] = {}
            files: list[Named] = []
            number = served_archives(records) if archives else 0
        elif path.suffix == ".sqlite" or not path.is_dir():
            records = dict(open_catalog(path, absolute=False).records())
            found, states, files = [*check_records(records), *check_tables(path)], {}, []
            number = 0
        else:
            site = path if (path / STATE).is_dir() else path.parent if (path.parent / STATE).is_dir() else None
            catalog = path / CATALOG if (path / CATALOG).is_dir() else path
            found, records = _check_directory(catalog)
            states = {} if site is None else read_states(site)
            files = list(named_archives(catalog, records)) if archives else []
            found += check_directories(catalog, records) if archives else ()
            number = len(files)
            if site is not None and catalog == site / CATALOG:
                found += _check_dropped(site, records)
                upstream = (*upstream, *read_config(site).check.upstream)
        known: set[str] = set()
        for other in upstream:
            known.update(_names(other, send))
        found += check_dependencies(records, known, gone=dict(_gone(states)))
        found += check_conflicts(records)
        for other in against:
            found += check_against(records, other, _names(other, send))
        found += check_archives(files, executor=executor, limits=limits)
        if allowed_signers is not None:
            found += check_signed(_reader(text, path, send), allowed_signers)
    return CheckReport(ordered(found), len(records), number)


class _Transports:
    """The transport that was given, or one that is made when it is first needed and closed at the end."""

    def __init__(self, given: Transport | None) -> None:
        self._transport = given
        self._own = given is None

    def __call__(self) -> Transport:
        if self._transport is None:
            self._transport = HttpTransport()
        return self._transport

    def __enter__(self) -> Callable[[], Transport]:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._own and self._transport is not None:
            self._transport.close()


def _reader(location: str, path: Path | None, send: Callable[[], Transport]) -> Callable[[str], bytes]:
    """What reads a file of a published site, by its path in it; ``location`` is the site's or that of its catalog."""
    if path is not None:
        top = path if (path / CATALOG).is_dir() else path.parent
        return lambda name: (top / name).read_bytes()
    url = location.partition("?")[0].rstrip("/").removesuffix(CATALOG).rstrip("/")

    def read(name: str) -> bytes:
        answer = ask(send(), f"{url}/{name}")
        if answer.status != 200:
            raise PltError(answer.problem or f"the answer is {answer.status}", file=f"{url}/{name}")
        return answer.body

    return read


def _names(location: str, send: Callable[[], Transport]) -> list[str]:
    transport = send() if local_path(location) is None else None
    with open_catalog(location, transport=transport) as catalog:
        return catalog.names()


def _gone(states: Mapping[str, PackageState]) -> Iterator[tuple[str, str]]:
    for name, state in states.items():
        if state.removed is not None:
            yield name, "was removed"
        elif state.yanked is not None:
            yield name, f"was yanked: {state.yanked.reason}"


def _check_directory(catalog: Path) -> tuple[list[Finding], dict[str, Record]]:
    """The records of a directory catalog, and what is wrong with them and the lists."""
    found: list[Finding] = []
    held: dict[str, Record] = {}
    folder = catalog / RECORDS
    if not folder.is_dir() and not (catalog / ALL).is_file():
        DirectoryCatalog(catalog).names()  # which says that this is no catalog
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else ():
        if not is_package_name(entry.name) or not entry.is_file():
            if len(found) < _MOST_FOREIGN:
                found.append(Finding("foreign-file", f"{RECORDS}/{entry.name}", "it is no record"))
            continue
        try:
            held[entry.name] = Record.parse(entry.name, read_bounded(Path(entry.path)))
        except (FormatError, CatalogError, LimitError) as error:
            found.append(Finding("record-unreadable", f"{RECORDS}/{entry.name}", error.message, entry.name))
    listed, everything = _lists(catalog, found)
    records = held if everything is None else {**held, **everything}
    found += check_records(records)
    if everything is not None:
        found += check_lists(records if listed is None else listed, everything, held)
        for name, record in held.items():
            if name in everything and not same_datum(record.table, everything[name].table):
                found.append(Finding("record-differs", f"{RECORDS}/{name}", "it is not the same table", name))
    return found, records


def _lists(catalog: Path, found: list[Finding]) -> tuple[list[str] | None, dict[str, Record] | None]:
    """``pkgs`` and ``pkgs-all`` as far as they can be read."""
    listed: list[str] | None = None
    everything: dict[str, Record] | None = None
    for name in (NAMES, ALL):
        try:
            datum = read_first(read_bounded(catalog / name))
            if name == NAMES:
                listed = names_of(datum)
            else:
                everything = records_of(datum)
        except FileNotFoundError:
            found.append(Finding("list-missing", name, "there is none"))
        except PltError as error:
            found.append(Finding("list-unreadable", name, error.message))
    return listed, everything


def _check_dropped(site: Path, records: Mapping[str, Record]) -> Iterator[Finding]:
    """Packages that were in the latest snapshot and are not in the catalog."""
    for stamp in stamps(site)[:1]:
        for name in sorted(read_snapshot(site, stamp).packages.keys() - records.keys()):
            yield Finding("name-dropped", f"pkg/{name}", f"it is in the snapshot {stamp}", name)


def _check_server(
    url: str, transport: Transport, *, archives: bool, limits: Limits
) -> tuple[list[Finding], dict[str, Record]]:
    """The records of a server's catalog, and what is wrong with them and with how it answers; with ``archives`` every
    record and archive is asked for, and otherwise one record alone."""
    found = list(check_url(url))
    catalog = without_credentials(url).partition("?")[0].partition("#")[0]
    catalog = catalog if catalog.endswith("/") else f"{catalog}/"
    records: dict[str, Record] = {}
    listed: list[str] | None = None
    for name in (ALL, NAMES):
        where = f"{catalog}{name}?version=8.7"
        answer = ask(transport, where)
        found += check_clock(where, answer) if name == ALL else ()
        if answer.status in (404, 410):
            found.append(Finding("list-missing", where, f"the answer is {answer.status}"))
            continue
        problems = list(check_answer(where, answer))
        found += problems
        if problems:
            continue
        try:
            if name == ALL:
                records = records_of(read_first(answer.body))
            else:
                listed = names_of(read_first(answer.body))
        except PltError as error:
            found.append(Finding("list-unreadable", where, error.message))
    found += check_records(records, secure=url.startswith("https:"), remote=True)
    if listed is not None and records:
        found += check_lists(listed, records, records)
    found += check_unknown(transport, catalog)
    if archives:
        found += check_served(catalog, records, transport, limits=limits)
    else:
        for name in list(records)[:1]:
            found += check_record_answer(catalog, name, records[name], transport)
    return found, records
