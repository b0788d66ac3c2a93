"""The page of a distribution site and what goes with it, in the look of the catalog's pages: they work from a folder,
without a server or a network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pltpack.distribution.change import Change, changing
from pltpack.distribution.config import DistributionConfig, read_distribution_config
from pltpack.distribution.grammar import plain
from pltpack.distribution.layout import CONFIG, INDEX, INSTALLERS, ORIGIN, README, name_objection
from pltpack.distribution.listing import Line, listing
from pltpack.distribution.tables import Contents, Tables, read_tables
from pltpack.errors import ConfigError
from pltpack.inspection.wording import counted
from pltpack.site.config import CONFIG as CATALOG_CONFIG
from pltpack.site.config import SiteConfig, read_config
from pltpack.site.layout import ALL, CATALOG
from pltpack.site.pages.pages import Look, page_environment
from pltpack.site.write import Written

_ASSETS: Final = ("downloads.css", "downloads.js")
_MEGABYTE: Final = 10**6
SUMS_FILE: Final = f"{INSTALLERS}/SHA256SUMS"


@dataclass(slots=True)
class PageReport:
    """What a page says, and what was written (with ``dry_run``: would be)."""

    lines: list[Line] = field(default_factory=list)
    written: Written = field(default_factory=Written)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is: ``top`` is the address of the site that it shows, relative to it; ``stamp`` that of the snapshot
    that it shows, and ``others`` the stamps of the other ones."""

    top: str = ""
    stamp: str = ""
    others: tuple[str, ...] = ()


def write_installer_page(site: str | os.PathLike[str], *, dry_run: bool = False) -> PageReport:
    """Make ``index.html``, ``README``, the file of sums, and the links with other names of the installers.

    Raises :class:`~pltpack.errors.ConfigError` for settings that cannot be, ``FormatError`` for a damaged table,
    :class:`~pltpack.errors.BusyError` and ``OSError``.
    """
    path = Path(site)
    with changing(path, dry_run=dry_run) as change:
        tables, config = read_tables(path), read_distribution_config(path)
        lines = listing(path, tables, config)
        put_links(change, tables, {name: line.file for line in lines if line.file for name, _ in line.aliases})
        change.put(site_pages(path, tables, config, lines))
        change.commit()
        return PageReport(lines, change.written)


def put_links(change: Change, tables: Tables, wanted: dict[str, str]) -> None:
    """Have links with these names among the installers, and no other ones that lead nowhere."""
    for name, target in wanted.items():
        change.link(f"{INSTALLERS}/{name}", target)
    folder = change.site / INSTALLERS
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else ():
        kept = entry.name in wanted or entry.name in tables.files.values()
        if entry.is_symlink() and not kept and not os.path.exists(entry.path):
            change.remove(f"{INSTALLERS}/{entry.name}")


def site_pages(site: Path, tables: Tables, config: DistributionConfig, lines: Sequence[Line]) -> Contents:
    """The files for people of a site, the page last. Raises :class:`~pltpack.errors.ConfigError`."""
    catalog = read_config(site)
    has_catalog = (site / ALL).is_file()
    if has_catalog and catalog.site.index == INDEX:
        raise ConfigError(
            f"the page of the packages would take the place of {INDEX}, which is that of the installers",
            file=os.fspath(site / CATALOG_CONFIG),
            hint='write: [site] index = "packages.html"',
        )
    yield SUMS_FILE, sums_text(lines)
    yield README, _readme(site, tables, config, lines)
    yield from downloads_page(
        config,
        Look.of(site, catalog),
        lines,
        tables.version,
        catalog=catalog_url(config) if has_catalog else "",
        links=list(_links(site, config, catalog, has_catalog=has_catalog)),
    )


def downloads_page(
    config: DistributionConfig,
    look: Look,
    lines: Sequence[Line],
    version: str | None,
    *,
    catalog: str = "",
    links: Sequence[tuple[str, str]] = (),
    place: Place = Place(),
) -> Contents:
    """The page of the installers, with the files that it loads."""
    yield "style.css", look.text("style.css")
    for name in _ASSETS:
        yield name, _asset(look, name)
    environment = page_environment(look.theme, "pltpack.distribution")
    environment.globals.update({"counted": counted, "plain": plain, "megabytes": megabytes})
    values: dict[str, Any] = {
        "lines": lines,
        "count": sum(line.kind == "installer" for line in lines),
        "version": version or "",
        "catalog": catalog,
        "links": links,
        "up": "",
        "top": place.top,
        "past_top": "" if place.stamp else "../",
        "stamp": place.stamp,
        "others": place.others,
        "site": {"title": config.site.title, "notice": config.site.notice, "index": INDEX},
    }
    key = hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:32]
    yield INDEX, environment.get_template("downloads.html").render(key=key, **values).encode("utf-8", "replace")


def megabytes(size: int | None) -> str:
    """A size as it is shown.

    >>> megabytes(123_456_789), megabytes(None)
    ('123.5 MB', '')
    """
    return "" if size is None else f"{size / _MEGABYTE:,.1f} MB"


def sums_text(lines: Sequence[Line]) -> bytes:
    """The sums of the installers as ``sha256sum`` takes them."""
    found = {line.file: line.sha256 for line in lines if line.file and line.sha256}
    return "".join(f"{found[name]}  {name}\n" for name in sorted(found)).encode()


def catalog_url(config: DistributionConfig) -> str:
    """Where clients find the catalog."""
    return f"{config.site.url or 'URL-OF-THIS-SITE/'}{CATALOG}/"


def _asset(look: Look, name: str) -> bytes:
    own = None if look.theme is None else look.theme / name
    if own is not None and own.is_file():
        return own.read_bytes()
    return resources.files("pltpack.distribution").joinpath("templates", name).read_bytes()


def _links(site: Path, config: DistributionConfig, catalog: SiteConfig, *, has_catalog: bool) -> list[tuple[str, str]]:
    docs = config.site.docs_url or ("doc/index.html" if (site / "doc/index.html").is_file() else "")
    found = [(docs, "Documentation")] if docs else []
    if has_catalog:
        found.append((catalog.site.index, "Packages"))
    if (site / ORIGIN).is_file():
        found.append((ORIGIN, "The collections that the build began with"))
    return found


def _readme(site: Path, tables: Tables, config: DistributionConfig, lines: Sequence[Line]) -> bytes:
    if config.site.readme:
        own = config.site.readme
        if name_objection(own) is not None or not (site / own).is_file():
            raise ConfigError(f"the readme {own} is no file of the site", file=os.fspath(site / CONFIG))
        return (site / own).read_bytes()
    version = f", Racket {tables.version}" if tables.version else ""
    parts = [f"{config.site.title}{version}\n"]
    if config.site.url:
        parts.append(f"{config.site.url}\n")
    parts.append("Installers are in installers/, their sums in installers/SHA256SUMS:\n")
    parts += [f"  {plain(line.description or '')}\n    {line.file}\n" for line in lines if line.file]
    if (site / ALL).is_file():
        parts.append(f"\nThe catalog of packages, for raco pkg: {catalog_url(config)}\n")
    return "\n".join(parts[: 2 + bool(config.site.url)]).encode() + "".join(parts[2 + bool(config.site.url) :]).encode()
