"""pltpack: the archive toolkit for Racket packages.

The public names. Each is imported from its module when it is first asked for, so that ``import pltpack`` costs next to
nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

__version__ = "1.0.0rc1"

if TYPE_CHECKING:
    from pltpack.archive import create_archive as create_archive
    from pltpack.archive import open_archive as open_archive
    from pltpack.catalog.catalog import Catalog as Catalog
    from pltpack.catalog.catalog import CatalogWriter as CatalogWriter
    from pltpack.catalog.locations import catalog_writer as catalog_writer
    from pltpack.catalog.locations import open_catalog as open_catalog
    from pltpack.catalog.locations import open_catalogs as open_catalogs
    from pltpack.catalog.record import Record as Record
    from pltpack.client.client import CatalogClient as CatalogClient
    from pltpack.codec.compression import Compression as Compression
    from pltpack.codec.entries import SAME as SAME
    from pltpack.codec.entries import UP as UP
    from pltpack.codec.entries import Directory as Directory
    from pltpack.codec.entries import File as File
    from pltpack.codec.header import Header as Header
    from pltpack.codec.header import Preamble as Preamble
    from pltpack.codec.limits import Limits as Limits
    from pltpack.codec.reader import ArchiveReader as ArchiveReader
    from pltpack.codec.writer import ArchiveWriter as ArchiveWriter
    from pltpack.conversion.compare import compare as compare
    from pltpack.conversion.convert import convert as convert
    from pltpack.distribution.check import check_distribution as check_distribution
    from pltpack.distribution.installer.look import look_at_installer as look_at_installer
    from pltpack.distribution.installer.unpack import unpack_installer as unpack_installer
    from pltpack.distribution.merge import merge_builds as merge_builds
    from pltpack.distribution.mirror import mirror_installers as mirror_installers
    from pltpack.distribution.packages import put_site_packages as put_site_packages
    from pltpack.distribution.pages import write_installer_page as write_installer_page
    from pltpack.distribution.record import forget_installers as forget_installers
    from pltpack.distribution.record import record_installer as record_installer
    from pltpack.distribution.snapshots import manage_snapshots as manage_snapshots
    from pltpack.distribution.snapshots import take_site_snapshot as take_site_snapshot
    from pltpack.doctor import Diagnosis as Diagnosis
    from pltpack.doctor import diagnose as diagnose
    from pltpack.editing.changes import AddDirectory as AddDirectory
    from pltpack.editing.changes import AddFile as AddFile
    from pltpack.editing.changes import FilterFiles as FilterFiles
    from pltpack.editing.changes import RemoveEntries as RemoveEntries
    from pltpack.editing.changes import RenameEntry as RenameEntry
    from pltpack.editing.changes import SetField as SetField
    from pltpack.editing.changes import remove_entry as remove_entry
    from pltpack.editing.edit import edit as edit
    from pltpack.editing.program import program_filter as program_filter
    from pltpack.errors import PltError as PltError
    from pltpack.fetch.cache import Cache as Cache
    from pltpack.fetch.fetched import Fetched as Fetched
    from pltpack.fetch.fetcher import Fetcher as Fetcher
    from pltpack.formats.formats import open_entries as open_entries
    from pltpack.inspection.summary import summarise as summarise
    from pltpack.inspection.verify import verify as verify
    from pltpack.lock.installed import lock_installed as lock_installed
    from pltpack.lock.make import Ways as Ways
    from pltpack.lock.make import make_lock as make_lock
    from pltpack.lock.places.environment import Environment as Environment
    from pltpack.lock.places.environment import make_environment as make_environment
    from pltpack.lock.places.vendor import vendor_lock as vendor_lock
    from pltpack.lock.read import parse_lock as parse_lock
    from pltpack.lock.read import read_lock as read_lock
    from pltpack.lock.schema import lock_schema as lock_schema
    from pltpack.lock.sync import SyncOptions as SyncOptions
    from pltpack.lock.sync import sync_lock as sync_lock
    from pltpack.lock.values import Lock as Lock
    from pltpack.lock.write import lock_text as lock_text
    from pltpack.lock.write import write_lock as write_lock
    from pltpack.many.discover import discover as discover
    from pltpack.many.duplicates import duplicates as duplicates
    from pltpack.many.overview import overview as overview
    from pltpack.many.query import Query as Query
    from pltpack.many.rows import archive_rows as archive_rows
    from pltpack.many.rows import entry_rows as entry_rows
    from pltpack.many.rows import report_rows as report_rows
    from pltpack.many.search import search as search
    from pltpack.packer.collections import pack_collections as pack_collections
    from pltpack.packer.collections import pack_collections_plt as pack_collections_plt
    from pltpack.packer.filters import std_filter as std_filter
    from pltpack.packer.mztar import mztar as mztar
    from pltpack.packer.pack import PackOptions as PackOptions
    from pltpack.packer.pack import pack as pack
    from pltpack.packer.pack import pack_plt as pack_plt
    from pltpack.pkg.create import create_package as create_package
    from pltpack.pkg.package import Package as Package
    from pltpack.pkg.source import parse_source as parse_source
    from pltpack.pkg.staging import open_package as open_package
    from pltpack.pkg.strip.recompile import Recompiler as Recompiler
    from pltpack.pkg.strip.strip import check_strip_compatible as check_strip_compatible
    from pltpack.pkg.strip.strip import strip_package as strip_package
    from pltpack.pkg.strip.strip import stripped as stripped
    from pltpack.planet.cache import cache_planet as cache_planet
    from pltpack.planet.create import create_planet_archive as create_planet_archive
    from pltpack.planet.index import index_planet as index_planet
    from pltpack.planet.look import look_at_planet as look_at_planet
    from pltpack.planet.report.page import rescue_page as rescue_page
    from pltpack.planet.rescue.rescue import RescueOptions as RescueOptions
    from pltpack.planet.rescue.rescue import rescue_planet as rescue_planet
    from pltpack.planet.server.application import planet_app as planet_app
    from pltpack.planet.server.protocol import PlanetShelf as PlanetShelf
    from pltpack.pltfile import PltFile as PltFile
    from pltpack.pltpass import is_pltfile as is_pltfile
    from pltpack.racket.collections import CollectionIndex as CollectionIndex
    from pltpack.racket.info.info import Info as Info
    from pltpack.racket.info.info import load_info as load_info
    from pltpack.racket.installation import Installation as Installation
    from pltpack.scope.plan.values import Options as Options
    from pltpack.scope.scope import Scope as Scope
    from pltpack.scope.scope import open_scope as open_scope
    from pltpack.shutil_formats import register_archive_formats as register_archive_formats
    from pltpack.shutil_formats import unregister_archive_formats as unregister_archive_formats
    from pltpack.site.build import build_site as build_site
    from pltpack.site.build import remove_packages as remove_packages
    from pltpack.site.build import restore_snapshot as restore_snapshot
    from pltpack.site.build import yank_package as yank_package
    from pltpack.site.checks.check import check_catalog as check_catalog
    from pltpack.site.difference import compare_catalogs as compare_catalogs
    from pltpack.site.publishing.publish import publish_site as publish_site
    from pltpack.site.retention import prune_site as prune_site
    from pltpack.site.snapshots import take_snapshot as take_snapshot
    from pltpack.supply.audit import audit_lock as audit_lock
    from pltpack.supply.content import check_content as check_content
    from pltpack.supply.difference import compare_locks as compare_locks
    from pltpack.supply.export import export_lock as export_lock
    from pltpack.supply.osv import read_advisories as read_advisories
    from pltpack.unpacker.install import install as install
    from pltpack.unpacker.install import unpack as unpack
    from pltpack.unpacker.many import extract_many as extract_many
    from pltpack.unpacker.many import own_directory as own_directory
    from pltpack.unpacker.unpack import extract as extract

_HOMES: Final = {
    "AddDirectory": "editing.changes",
    "AddFile": "editing.changes",
    "ArchiveReader": "codec.reader",
    "ArchiveWriter": "codec.writer",
    "Cache": "fetch.cache",
    "Catalog": "catalog.catalog",
    "CatalogClient": "client.client",
    "CatalogWriter": "catalog.catalog",
    "CollectionIndex": "racket.collections",
    "Compression": "codec.compression",
    "Diagnosis": "doctor",
    "Directory": "codec.entries",
    "Fetched": "fetch.fetched",
    "Fetcher": "fetch.fetcher",
    "File": "codec.entries",
    "FilterFiles": "editing.changes",
    "Header": "codec.header",
    "Info": "racket.info.info",
    "Installation": "racket.installation",
    "Limits": "codec.limits",
    "Lock": "lock.values",
    "Options": "scope.plan.values",
    "PackOptions": "packer.pack",
    "Package": "pkg.package",
    "PlanetShelf": "planet.server.protocol",
    "PltError": "errors",
    "PltFile": "pltfile",
    "Preamble": "codec.header",
    "Query": "many.query",
    "Recompiler": "pkg.strip.recompile",
    "Record": "catalog.record",
    "RemoveEntries": "editing.changes",
    "RenameEntry": "editing.changes",
    "RescueOptions": "planet.rescue.rescue",
    "SAME": "codec.entries",
    "Scope": "scope.scope",
    "SetField": "editing.changes",
    "UP": "codec.entries",
    "Ways": "lock.make",
    "archive_rows": "many.rows",
    "audit_lock": "supply.audit",
    "build_site": "site.build",
    "cache_planet": "planet.cache",
    "catalog_writer": "catalog.locations",
    "check_catalog": "site.checks.check",
    "check_content": "supply.content",
    "check_distribution": "distribution.check",
    "check_strip_compatible": "pkg.strip.strip",
    "compare": "conversion.compare",
    "compare_catalogs": "site.difference",
    "compare_locks": "supply.difference",
    "convert": "conversion.convert",
    "create_archive": "archive",
    "create_package": "pkg.create",
    "create_planet_archive": "planet.create",
    "diagnose": "doctor",
    "discover": "many.discover",
    "duplicates": "many.duplicates",
    "edit": "editing.edit",
    "entry_rows": "many.rows",
    "export_lock": "supply.export",
    "extract": "unpacker.unpack",
    "extract_many": "unpacker.many",
    "forget_installers": "distribution.record",
    "index_planet": "planet.index",
    "install": "unpacker.install",
    "is_pltfile": "pltpass",
    "load_info": "racket.info.info",
    "Environment": "lock.places.environment",
    "SyncOptions": "lock.sync",
    "lock_installed": "lock.installed",
    "lock_schema": "lock.schema",
    "lock_text": "lock.write",
    "look_at_installer": "distribution.installer.look",
    "look_at_planet": "planet.look",
    "make_environment": "lock.places.environment",
    "make_lock": "lock.make",
    "manage_snapshots": "distribution.snapshots",
    "merge_builds": "distribution.merge",
    "mirror_installers": "distribution.mirror",
    "mztar": "packer.mztar",
    "open_archive": "archive",
    "open_catalog": "catalog.locations",
    "open_catalogs": "catalog.locations",
    "open_entries": "formats.formats",
    "open_package": "pkg.staging",
    "open_scope": "scope.scope",
    "overview": "many.overview",
    "own_directory": "unpacker.many",
    "pack": "packer.pack",
    "pack_collections": "packer.collections",
    "pack_collections_plt": "packer.collections",
    "pack_plt": "packer.pack",
    "parse_lock": "lock.read",
    "parse_source": "pkg.source",
    "planet_app": "planet.server.application",
    "program_filter": "editing.program",
    "prune_site": "site.retention",
    "publish_site": "site.publishing.publish",
    "read_advisories": "supply.osv",
    "put_site_packages": "distribution.packages",
    "read_lock": "lock.read",
    "record_installer": "distribution.record",
    "register_archive_formats": "shutil_formats",
    "remove_entry": "editing.changes",
    "remove_packages": "site.build",
    "report_rows": "many.rows",
    "rescue_page": "planet.report.page",
    "rescue_planet": "planet.rescue.rescue",
    "restore_snapshot": "site.build",
    "search": "many.search",
    "std_filter": "packer.filters",
    "strip_package": "pkg.strip.strip",
    "stripped": "pkg.strip.strip",
    "summarise": "inspection.summary",
    "sync_lock": "lock.sync",
    "take_site_snapshot": "distribution.snapshots",
    "take_snapshot": "site.snapshots",
    "unpack": "unpacker.install",
    "unpack_installer": "distribution.installer.unpack",
    "unregister_archive_formats": "shutil_formats",
    "verify": "inspection.verify",
    "vendor_lock": "lock.places.vendor",
    "write_installer_page": "distribution.pages",
    "write_lock": "lock.write",
    "yank_package": "site.build",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  the keys are strings


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
