"""Checking a distribution site, or a folder of snapshots: what users and their programs would run into."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pltpack.catalog.locations import open_catalog
from pltpack.codec.limits import Limits
from pltpack.datum.values import HashTable, Symbol
from pltpack.distribution.installer.look import findings as installer_findings
from pltpack.distribution.installer.look import look_at_installer
from pltpack.distribution.installer.sums import sums_problem
from pltpack.distribution.layout import (
    INDEX,
    INSTALLERS,
    LOG_TABLE,
    LOGS,
    ORIGIN,
    SIGNATURES,
    SUMS,
    TABLE,
    VERSION,
    name_objection,
)
from pltpack.distribution.origin import check_origin
from pltpack.distribution.pages import SUMS_FILE, write_installer_page
from pltpack.distribution.past import CURRENT, is_snapshot, snapshot_stamps
from pltpack.distribution.tables import MOST, Tables, installers_in, names_in, table_files, version_in
from pltpack.errors import PltError
from pltpack.pkg.checksum import digests
from pltpack.site.checks.check import check_catalog
from pltpack.site.checks.findings import CheckReport, Finding, ordered
from pltpack.site.layout import ALL, CATALOG

_LOOKED_INTO: Final = (".sh", ".tgz")
_ADDRESS: Final = re.compile(rb'\b(?:href|src)="([^"<>]{1,2000})"')
_MOST_PAGE: Final = 16 << 20
_TABLES: Final = (TABLE, SUMS, LOG_TABLE)


def check_distribution(
    site: str | os.PathLike[str],
    *,
    installers: bool = True,
    archives: bool = True,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> CheckReport:
    """Check a site, or each of a folder of snapshots.

    Tables must be readable, in step with each other, their twins and the files; sums must be right, links and addresses
    lead somewhere, pages be those of the tables, and the catalog be sound with its archives there. ``installers``: look
    into those that can be, too; ``archives``: read those of the catalog, side by side with an ``executor``.

    Raises ``PltError`` where there is nothing to check, and ``OSError``.
    """
    path = Path(site)
    stamps = snapshot_stamps(path)
    if not is_snapshot(path) and stamps:
        found: list[Finding] = []
        for stamp in stamps:
            check = _Check(path / stamp, f"{stamp}/", limits)
            found += check.run(installers=installers, page=False)
        found += _links(path, path, "")
        return CheckReport(ordered(found), 0, 0)
    if not is_snapshot(path):
        raise PltError("this is no distribution site", file=os.fspath(path), hint="pltpack site record begins one")
    found = list(_Check(path, "", limits).run(installers=installers))
    packages = number = 0
    if (path / ALL).is_file() or (path / CATALOG / "pkg").is_dir():
        catalog = check_catalog(path, archives=archives, executor=executor, limits=limits)
        found += [*catalog.findings, *_check_versions(path)]
        packages, number = catalog.packages, catalog.archives
    return CheckReport(ordered(found), packages, number)


class _Check:
    """A check of one site; ``prefix`` stands before the places that it tells."""

    def __init__(self, site: Path, prefix: str, limits: Limits) -> None:
        self._site = site
        self._prefix = prefix
        self._limits = limits
        self._unreadable = False

    def run(self, *, installers: bool, page: bool = True) -> Iterator[Finding]:
        tables, found = self._tables()
        yield from found
        yield from self._twins(tables)
        yield from self._files(tables, installers=installers)
        yield from self._step(tables)
        yield from self._logs(tables)
        yield from _links(self._site / INSTALLERS, self._site, f"{self._prefix}{INSTALLERS}/")
        if (self._site / ORIGIN).exists():
            yield from self._origin()
        yield from self._addresses()
        if page and not self._unreadable:
            yield from self._page()

    def _finding(self, kind: str, place: str, detail: str) -> Finding:
        return Finding(kind, f"{self._prefix}{place}", detail)

    def _tables(self) -> tuple[Tables, list[Finding]]:
        found: list[Finding] = []

        def read(name: str, parse: Callable[[bytes | None, str], object]) -> object:
            try:
                with (self._site / name).open("rb") as stream:
                    return parse(stream.read(MOST), name)
            except FileNotFoundError:
                if name in (f"{TABLE}.rktd", f"{SUMS}.rktd", VERSION):
                    kind = "version-missing" if name == VERSION else "table-missing"
                    found.append(self._finding(kind, name, "there is none"))
            except PltError as error:
                self._unreadable = True
                found.append(self._finding("table-unreadable", name, error.message))
            return parse(None, name)

        tables = Tables(
            read(f"{TABLE}.rktd", names_in),  # type: ignore[arg-type]  # what each function gives
            read(f"{SUMS}.rktd", installers_in),  # type: ignore[arg-type]
            read(f"{LOG_TABLE}.rktd", names_in),  # type: ignore[arg-type]
            read(VERSION, version_in),  # type: ignore[arg-type]
        )
        return tables, found

    def _twins(self, tables: Tables) -> Iterator[Finding]:
        """Whether the JSON says the same."""
        for name, content in table_files(tables):
            twin = self._site / name
            if not name.endswith(".json") or not twin.with_suffix(".rktd").exists():
                continue
            try:
                same = json.loads(twin.read_bytes()) == json.loads(content)
            except FileNotFoundError:
                yield self._finding("table-missing", name, "there is none")
                continue
            except (ValueError, RecursionError):
                same = False
            if not same:
                yield self._finding("table-differs", name, "it does not say what the .rktd says")

    def _step(self, tables: Tables) -> Iterator[Finding]:
        """Whether both tables and the folder have the same files."""
        for description in tables.installers.keys() - tables.files.keys():
            yield self._finding("table-differs", f"{SUMS}.rktd", f"{description!r} is not in table.rktd")
        for description, installer in tables.installers.items():
            file = tables.files.get(description, installer.file)
            if installer.file is not None and installer.file != file:
                yield self._finding("table-differs", f"{SUMS}.rktd", f"{description!r} has another file in table.rktd")
        known = {*tables.files.values(), os.path.basename(SUMS_FILE), "version.rktd"}
        known |= {f"{name}{end}" for name in tables.files.values() for end in SIGNATURES}
        known |= {f"{os.path.basename(table)}{end}" for table in _TABLES for end in (".rktd", ".json")}
        folder = self._site / INSTALLERS
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else ():
            if entry.name not in known and not entry.is_symlink() and not entry.name.startswith("."):
                yield self._finding("installer-unrecorded", f"{INSTALLERS}/{entry.name}", "no table has it")

    def _files(self, tables: Tables, *, installers: bool) -> Iterator[Finding]:
        for description, name in tables.files.items():
            place = f"{INSTALLERS}/{name}"
            if reason := name_objection(name):
                yield self._finding("installer-unsafe", f"{TABLE}.rktd", f"{name!r} {reason}")
                continue
            path = self._site / place
            if not path.is_file():
                yield self._finding("installer-missing", place, f"{description!r} names it")
                continue
            said = tables.installers.get(description)
            if said is None or said.file is None:
                yield self._finding("sums-missing", place, f"there are none of {description!r}")
            elif problem := sums_problem(digests(path), said):
                yield self._finding("sums-wrong", place, problem)
            if installers and name.endswith(_LOOKED_INTO):
                yield from self._installer(path, place)

    def _installer(self, path: Path, place: str) -> Iterator[Finding]:
        try:
            report = look_at_installer(path, limits=self._limits)
        except PltError as error:
            yield self._finding("installer-damaged", place, error.message)
            return
        kind = "installer-damaged" if report.damage is not None or report.unsafe else "installer-odd"
        for problem in installer_findings(report):
            yield self._finding("installer-damaged" if "BINSUM" in problem else kind, place, problem)

    def _logs(self, tables: Tables) -> Iterator[Finding]:
        for description, name in tables.logs.items():
            if name_objection(name) is not None or not (self._site / LOGS / name).is_file():
                yield self._finding("log-missing", f"{LOGS}/{name}", f"{description!r} names it")

    def _origin(self) -> Iterator[Finding]:
        try:
            check_origin(self._site / ORIGIN, limits=self._limits)
        except PltError as error:
            yield self._finding("origin-damaged", ORIGIN, error.message)

    def _addresses(self) -> Iterator[Finding]:
        """Addresses of the page that lead nowhere in the site."""
        try:
            with (self._site / INDEX).open("rb") as stream:
                page = stream.read(_MOST_PAGE)
        except FileNotFoundError:
            yield self._finding("page-missing", INDEX, "there is none")
            return
        for address in dict.fromkeys(_ADDRESS.findall(page)):
            parts = urlsplit(address.decode("utf-8", "replace").replace("&amp;", "&").replace("&#39;", "'"))
            if parts.scheme or parts.netloc or not parts.path:
                continue
            if not os.path.exists(self._site / unquote(parts.path)):
                yield self._finding("link-broken", INDEX, f"{unquote(parts.path)} is not there")

    def _page(self) -> Iterator[Finding]:
        try:
            written = write_installer_page(self._site, dry_run=True).written.paths
        except PltError as error:
            yield self._finding("page-stale", INDEX, error.message)
            return
        for path in written:
            if (self._site / path).exists():
                yield self._finding("page-stale", path, "it is not what the tables and settings make it")
            elif path != INDEX:
                yield self._finding("page-missing", path, "there is none")


def _links(folder: Path, top: Path, prefix: str) -> Iterator[Finding]:
    """Links in a folder that lead nowhere."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else ():
        if entry.is_symlink() and not os.path.exists(entry.path):
            yield Finding("link-broken", f"{prefix}{entry.name}", f"it leads to {os.readlink(entry.path)!r}")
        elif entry.name == CURRENT and entry.is_symlink() and os.readlink(entry.path) not in snapshot_stamps(top):
            yield Finding("link-broken", f"{prefix}{entry.name}", "it does not lead to a snapshot")


def _check_versions(site: Path) -> Iterator[Finding]:
    """Archives that records name for single versions."""
    catalog = site / CATALOG
    for name, record in open_catalog(catalog, absolute=False).records().items():
        versions = record.get("versions")
        for version, table in versions if isinstance(versions, HashTable) else ():
            if not isinstance(version, str) or not isinstance(table, HashTable):
                continue
            source, checksum = table.get(Symbol("source")), table.get(Symbol("checksum"))
            if not isinstance(source, str) or "://" in source or source.startswith("/"):
                continue
            archive = Path(os.path.normpath(catalog / source))
            place = os.path.relpath(archive, site)
            if not archive.is_file():
                yield Finding("archive-missing", place, f"version {version} names it", name)
            elif isinstance(checksum, str) and digests(archive).sha1 != checksum:
                yield Finding("checksum-wrong", place, f"version {version} says {checksum}", name)
