"""A directory with a catalog and its archives, which a client may read at any moment.

``pkgs/SHA1/NAME.zip`` is what the catalog points to: it is never changed, and stays for one more run when the catalog
no longer names it, so that whoever has read a record can still fetch what it says. ``pkgs/NAME.zip`` is the newest, for
people and scripts. With ``flat`` the catalog points to that, as ``raco pkg catalog-archive`` has it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pltpack.catalog.directory import DirectoryCatalog
from pltpack.catalog.directory_writer import DirectoryCatalogWriter
from pltpack.catalog.record import Record
from pltpack.errors import BusyError
from pltpack.pkg.checksum import SUFFIX, Digests, sha1_of

_SHA1: Final = re.compile(r"[0-9a-f]{40}")
_STAGING: Final = ".staging-"
_LOCK: Final = ".lock"


class Mirror:
    """The directory; made when something is put into it."""

    def __init__(self, directory: str | os.PathLike[str], *, flat: bool = False, durable: bool = False) -> None:
        """``flat``: archives have plain names only. ``durable``: wait for the disk before somebody is told of them."""
        self.directory = Path(os.path.abspath(directory))
        self.catalog = self.directory / "catalog"
        self.packages = self.directory / "pkgs"
        self._flat = flat
        self._durable = durable

    def records(self) -> dict[str, Record]:
        """What the catalog says now, sources as they are written; nothing if there is none."""
        if not self.catalog.is_dir():
            return {}
        return DirectoryCatalog(self.catalog, absolute=False).records()

    def archive(self, name: str, checksum: str) -> Path:
        """Where an archive is."""
        return self.packages / f"{name}.zip" if self._flat else self.packages / checksum / f"{name}.zip"

    def has(self, name: str, checksum: str) -> bool:
        """Whether an archive is there, whole."""
        path = self.archive(name, checksum)
        try:
            said = Path(f"{path}{SUFFIX}").read_text("ascii")
            return said == checksum == sha1_of(path)
        except (OSError, ValueError):
            return False

    def source(self, name: str, checksum: str, *, relative: bool) -> str:
        """What the catalog says of where an archive is."""
        path = self.archive(name, checksum)
        return quote(os.path.relpath(path, self.catalog)) if relative else str(path)

    @contextlib.contextmanager
    def turn(self) -> Iterator[Path]:
        """Be the only process that changes the mirror; gives a directory for what is made meanwhile.

        Raises :class:`~pltpack.errors.BusyError`.
        """
        self.packages.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.packages / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor, self.directory)
            for left in self.packages.glob(f"{_STAGING}*"):
                shutil.rmtree(left, ignore_errors=True)
            place = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.packages))
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
        finally:
            os.close(descriptor)

    def add(self, name: str, staged: Path, found: Digests) -> None:
        """Take an archive that was staged, whole, in the directory of this turn. Nobody is told of it yet."""
        path = self.archive(name, found.sha1)
        path.parent.mkdir(parents=True, exist_ok=True)
        said = staged.with_name(f"{staged.name}{SUFFIX}")
        said.write_bytes(found.sha1.encode())
        os.replace(said, f"{path}{SUFFIX}")
        os.replace(staged, path)

    def publish(self, records: Iterable[Record]) -> None:
        """Have the catalog say this, and the archives with plain names be those that it names."""
        records = list(records)
        DirectoryCatalogWriter(self.catalog, durable=self._durable).write(records)
        if self._flat:
            return
        for record in records:
            newest = self.archive(record.name, record.checksum or "")
            for suffix in (SUFFIX, ""):
                _link(f"{newest}{suffix}", f"{self.packages}/{record.name}.zip{suffix}")

    def vanished(self, names: Iterable[str]) -> list[str]:
        """The files in ``pkgs`` of packages that are not among ``names``."""
        kept = {f"{name}.zip{suffix}" for name in names for suffix in ("", SUFFIX)}
        if not self.packages.is_dir():
            return []
        return sorted(
            path.name
            for path in self.packages.iterdir()
            if path.name.endswith((".zip", f".zip{SUFFIX}")) and not path.name.startswith(".") and path.name not in kept
        )

    def remove(self, files: Iterable[str]) -> None:
        """Remove files of ``pkgs``."""
        for name in files:
            (self.packages / name).unlink(missing_ok=True)

    def clean(self, *wanted: dict[str, Record]) -> None:
        """Remove the archives that none of the catalogs names."""
        kept = {record.checksum for records in wanted for record in records.values()}
        for folder in self.packages.iterdir():
            if _SHA1.fullmatch(folder.name) and folder.name not in kept and folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)


def _lock(descriptor: int, directory: Path) -> None:
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(
            "another process is archiving there", file=str(directory), hint="wait until it has finished"
        ) from None


def _link(path: str, target: str) -> None:
    """Have ``target`` be the same file as ``path``, at once; a copy where the disk knows no such links."""
    with contextlib.suppress(OSError):
        if os.path.samefile(target, path):
            return
    fresh = Path(target).with_name(f".{os.path.basename(target)}.new")
    fresh.unlink(missing_ok=True)
    try:
        os.link(path, fresh)
    except OSError:
        shutil.copyfile(path, fresh)
    os.replace(fresh, target)
