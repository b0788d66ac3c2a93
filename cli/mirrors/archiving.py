"""What the commands that make mirrors print and give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..console import complain, describe, write_line
from ..documents import Json, document

if TYPE_CHECKING:
    from pltpack.catalog.archive import Archived, ArchivedPackage
    from pltpack.catalog.record import Record
    from pltpack.errors import PltError


_VERBS: Final = {"file-url": "Downloading", "dir-url": "Cloning remote directory"}


class Telling:
    """Tells of each package in the lines of ``raco pkg catalog-archive``; with ``quiet`` only of what went wrong."""

    def __init__(self, directory: str, *, quiet: bool, going_on: str) -> None:
        self._directory = directory.rstrip("/") or "/"
        self._quiet = quiet
        self._going_on = going_on

    def package(self, package: ArchivedPackage | tuple[Record, PltError | OSError]) -> None:
        """Tell of a package that was archived, or could not be."""
        from pltpack.catalog.archive import ArchivedPackage

        if not isinstance(package, ArchivedPackage):
            record, error = package
            self._head(record)
            if self._going_on:
                complain(f"archiving failed for package; {self._going_on}: {record.name}: {describe(error)}")
            return
        self._head(package.origin)
        if self._quiet:
            return
        target = f"{self._directory}/pkgs/{package.name}.zip"
        if package.fetched is not None and not package.fetched.cached:
            write_line(f"{_VERBS.get(package.fetched.type, 'Downloading repository')} {package.fetched.source}")
        if not package.copied:
            write_line(f"packing {package.origin.source} into {target}")
            write_line(f"writing package checksum to {target}.CHECKSUM")
        for note in package.notes:
            complain(f"warning: {package.name}: {note}")

    def removed(self, name: str) -> None:
        """Tell of a file of a package that is gone."""
        if not self._quiet:
            write_line(f"Removing old package file {name}")

    def catalog(self) -> None:
        """Tell that the catalog is there."""
        if not self._quiet:
            write_line(f"Creating catalog {self._directory}/catalog")

    def _head(self, record: Record) -> None:
        if not self._quiet:
            write_line(f"== Archiving {record.name} ==")
            write_line(f"checksum: {'#f' if record.checksum is None else record.checksum}")


def tell_plan(archived: Archived) -> None:
    """Say what would be done."""
    for package in archived.packages:
        write_line(f"{'would keep' if package.kept else 'would archive'} {package.name} from {package.origin.source}")
    for name in archived.removed:
        write_line(f"would remove {name}")


def archived_json(kind: str, archived: Archived, *, dry_run: bool) -> dict[str, Json]:
    """The document of a mirror."""
    return document(
        kind,
        directory=str(archived.directory),
        dryRun=dry_run,
        packages=[
            {
                "name": package.name,
                "source": package.origin.source,
                "sourceChecksum": package.origin.checksum,
                "checksum": None if dry_run and not package.kept else package.record.checksum,
                "path": str(package.path),
                "kept": package.kept,
                "transferred": package.fetched is not None and not package.fetched.cached,
                "notes": [*package.notes],
            }
            for package in archived.packages
        ],
        failed=[{"name": name, "error": describe(error)} for name, error in sorted(archived.failed.items())],
        removed=[*archived.removed],
    )
