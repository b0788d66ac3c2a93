"""Catalogs that are directories: ``pkg/NAME``, ``pkgs`` and ``pkgs-all``."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from pltpack.catalog.catalog import Catalog, unknown
from pltpack.catalog.record import Record, names_of, read_first, read_records
from pltpack.catalog.sources import absolute_source, with_sources
from pltpack.datum.limits import DatumLimits
from pltpack.errors import CatalogError, LimitError, PltError
from pltpack.pkg.names import is_package_name

RECORDS: Final = "pkg"
NAMES: Final = "pkgs"
ALL: Final = "pkgs-all"

MOST_BYTES: Final = 256 << 20
"""No file of a catalog has more."""

LIMITS: Final = DatumLimits(length=MOST_BYTES, count=50_000_000, depth=1_000)


class DirectoryCatalog(Catalog):
    """A directory of the disk. ``pkgs`` and ``pkgs-all`` are believed where they are there, and otherwise made from
    ``pkg``. ``ignored`` lists what was passed over in ``pkg``: files that no package can be called like.

    With ``absolute=False`` the sources are as they are written.
    """

    def __init__(self, path: str | os.PathLike[str], *, absolute: bool = True) -> None:
        self.path = Path(os.path.abspath(path))
        self.url = self.path.as_uri().rstrip("/") + "/"
        self.ignored: list[str] = []
        self._absolute = absolute

    def __getitem__(self, name: str) -> Record:
        path = self.path / RECORDS / name
        self._check()
        if not is_package_name(name) or not path.is_file():
            raise unknown(name, str(self.path))
        return self._record(name, path)

    def names(self) -> list[str]:
        text = self._text(NAMES)
        if text is None:
            return [path.name for path in self._files()]
        try:
            return names_of(read_first(text, limits=LIMITS))
        except PltError as error:
            raise error.within(file=str(self.path / NAMES)) from None

    def records(self) -> dict[str, Record]:
        text = self._text(ALL)
        if text is None:
            return {path.name: self._record(path.name, path) for path in self._files()}
        try:
            found = read_records(text, catalog=self.url, limits=LIMITS)
        except PltError as error:
            raise error.within(file=str(self.path / ALL)) from None
        return {name: self._made_absolute(record) for name, record in found.items()}

    def _record(self, name: str, path: Path) -> Record:
        try:
            return self._made_absolute(Record.parse(name, read_bounded(path), catalog=self.url, limits=LIMITS))
        except PltError as error:
            raise error.within(file=str(path)) from None

    def _made_absolute(self, record: Record) -> Record:
        return with_sources(record, lambda source: absolute_source(self.url, source)) if self._absolute else record

    def _check(self) -> None:
        if not self.path.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such catalog", str(self.path))

    def _text(self, name: str) -> bytes | None:
        self._check()
        path = self.path / name
        return read_bounded(path) if path.is_file() else None

    def _files(self) -> list[Path]:
        folder = self.path / RECORDS
        if not folder.is_dir():
            raise CatalogError(
                "there is no catalog", file=str(self.path), hint=f"a catalog has a directory {RECORDS}, or {ALL}"
            )
        files = sorted(path for path in folder.iterdir() if path.is_file())
        self.ignored = [path.name for path in files if not is_package_name(path.name)]
        return [path for path in files if is_package_name(path.name)]


def read_bounded(path: Path) -> bytes:
    """A file of a catalog. Raises ``LimitError`` and ``OSError``."""
    with path.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LimitError(f"a file of a catalog with more than {MOST_BYTES} bytes", file=str(path))
    return data
