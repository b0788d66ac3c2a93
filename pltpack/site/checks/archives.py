"""Checking the archives that a catalog names, as a client will find them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pltpack.catalog.record import Record
from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, PltError, UnsafePathError
from pltpack.pkg.checksum import SUFFIX, digests
from pltpack.pkg.staging import open_package
from pltpack.site.checks.findings import Finding
from pltpack.site.checks.records import is_archive


@dataclass(frozen=True, slots=True)
class Named:
    """An archive that a record names: the package, its place from the catalog, and what SHA-1 it shall have."""

    package: str
    path: str
    source: str
    checksum: str | None


def named_archives(catalog: Path, records: Mapping[str, Record]) -> Iterator[Named]:
    """The archives of a catalog on the disk that are files there: their sources are relative."""
    for name, record in records.items():
        source, checksum = record.get("source"), record.get("checksum")
        if isinstance(source, str) and is_archive(source) and "://" not in source and not source.startswith("/"):
            path = os.path.normpath(catalog / source)
            yield Named(name, path, source, checksum if isinstance(checksum, str) else None)


def check_archives(
    archives: Iterable[Named], *, executor: Executor | None = None, limits: Limits = Limits()
) -> Iterator[Finding]:
    """What is wrong with archives, each read once to its end, side by side with an ``executor``."""
    look = partial(check_archive, limits=limits)
    for findings in map(look, archives) if executor is None else executor.map(look, archives):
        yield from findings


def check_archive(archive: Named, *, limits: Limits = Limits()) -> list[Finding]:
    """What is wrong with one archive and the ``.CHECKSUM`` beside it."""

    def found(kind: str, detail: str, place: str = archive.source) -> Finding:
        return Finding(kind, place, detail, archive.package)

    try:
        sha1 = digests(archive.path).sha1
    except FileNotFoundError:
        return [found("archive-missing", "there is no such file")]
    except OSError as error:
        return [found("archive-damaged", error.strerror or "it cannot be read")]
    findings = []
    if archive.checksum is not None and archive.checksum != sha1:
        findings.append(found("checksum-wrong", f"the record says {archive.checksum[:60]}, the file has {sha1}"))
    findings += _beside(archive, sha1)
    try:
        package = open_package(archive.path, name=archive.package, check=False, limits=limits)
    except (UnsafePathError, LimitError) as error:
        return [*findings, found("archive-unsafe", f"{error.message} ({error.hint})" if error.hint else error.message)]
    except (PltError, OSError) as error:
        return [*findings, found("archive-damaged", str(error))]
    for problem in package.problems:
        kind = "info-unreadable" if "cannot be used" in problem else "package-problem"
        findings.append(found(kind, problem))
    return findings


def _beside(archive: Named, sha1: str) -> Iterator[Finding]:
    """What is wrong with the ``.CHECKSUM`` beside an archive, which clients ask for when they get the URL alone."""
    try:
        said = Path(archive.path + SUFFIX).read_bytes()
    except OSError:
        return
    if said != sha1.encode():
        yield Finding("checksum-file", archive.source + SUFFIX, repr(said[:60].decode("latin-1")), archive.package)
