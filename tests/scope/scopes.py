"""A user scope without any Racket, archives to install into it, and pictures of what is there."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope, open_scope
from pltpack.scope.state.links import LinkEntries
from pltpack.scope.state.records import read_records

FORCE = Options(deps="force")
AUTO = Options(deps="search-auto")


def make_package(file: Path, version: str = "1.0", deps: str = "", **files: str) -> Path:
    """A zip archive of a single-collection package, called like the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    info = f'#lang info\n(define version "{version}")\n(define deps \'({deps}))\n'
    content = {"info.rkt": info, "main.rkt": f'#lang racket/base\n(provide it)\n(define it "{file.stem} {version}")\n'}
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in {**content, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6)), text)
    return file


def catalog(folder: Path, archives: list[Path]) -> str:
    """A catalog of archives in a folder; returns its path."""
    (folder / "pkg").mkdir(parents=True, exist_ok=True)
    for archive in archives:
        sha1 = hashlib.sha1(archive.read_bytes()).hexdigest()
        record = f'#hash((checksum . "{sha1}") (source . "{os.path.relpath(archive, folder)}"))'
        (folder / "pkg" / archive.stem).write_text(record)
    return str(folder)


def scope_in(folder: Path, *, catalogs: tuple[str, ...] = ()) -> Scope:
    """The user scope of version 8.7 below a folder that is the user's home."""
    (folder / "home").mkdir(parents=True, exist_ok=True)
    environ = {"PLTADDONDIR": str(folder / "addon"), "HOME": str(folder / "home"), "PATH": ""}
    installation = Installation.discover(version="8.7", environ=environ)
    access = Access(catalogs=catalogs, cache=folder / "cache")
    return open_scope("user", installation=installation, access=access, lock_timeout=5)


def picture(folder: Path) -> dict[str, bytes]:
    """The files of a scope, without the lock, the staging area, and times in the names of the trash."""
    found = {}
    for place, names, leaves in os.walk(folder / "addon"):
        names[:] = [name for name in names if not name.startswith(".pltpack-") and name != ".trash"]
        for leaf in leaves:
            path = Path(place, leaf)
            if not leaf.startswith(".LOCK"):
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def is_whole(scope: Scope) -> bool:
    """Whether every record has its directory and its link."""
    places = scope.places
    links = LinkEntries.read(places.links)
    return all(
        (directory := record.directory(name, places.packages)).is_dir() and links.holds(directory, record)
        for name, record in read_records(places.table).items()
    )
