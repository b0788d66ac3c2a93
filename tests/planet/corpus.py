"""The samples of ``fixtures/planet``, and packages made for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pltpack.archive import create_archive
from pltpack.codec.entries import SAME
from pltpack.codec.header import Header
from pltpack.planet.index import Index, index_planet
from pltpack.planet.release import Release
from pltpack.planet.rescue.rescue import FileLists
from pltpack.planet.rescue.resolve import World

FIXTURES = Path(__file__).parents[2] / "fixtures" / "planet"
REPOSITORY = FIXTURES / "repository"


def cases(name: str) -> Any:
    """The content of a JSON file of the samples."""
    return json.loads((FIXTURES / name).read_text("utf-8"))


def repository() -> Index:
    """The index of the sample archives."""
    return index_planet(REPOSITORY)


def world(index: Index) -> World:
    """What requests are resolved against."""
    return World(index, FileLists())


def pack(path: Path, files: dict[str, bytes | str]) -> Path:
    """An archive in the shape of PLaneT's, with these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with create_archive(path, Header("archive", plt_relative=False)) as archive:
        archive.add_directory((SAME,))
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            archive.add_file((SAME, *name.split("/")), data, len(data))
    return path


def put(folder: Path, name: str, files: dict[str, bytes | str]) -> Release:
    """A package in a folder, laid out as PLaneT's: ``owner/pkg 1.0``."""
    owner, _, rest = name.partition("/")
    package, _, version = rest.partition(" ")
    major, _, minor = (version or "1.0").partition(".")
    path = folder / owner / f"{package}.plt" / major / minor / f"{package}.plt"
    return Release(owner, f"{package}.plt", int(major), int(minor), pack(path, files))
