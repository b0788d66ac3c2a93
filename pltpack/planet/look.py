"""Looking at one archive of PLaneT: its kind, what its info file says, and which packages it wants."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.archive import open_archive
from pltpack.codec.entries import File, PathSymbol
from pltpack.codec.limits import Limits
from pltpack.datum.values import Datum
from pltpack.formats.planet import AutoInstaller, PlanetShape, auto_installer
from pltpack.planet.index import Index
from pltpack.planet.info_fields import FIELDS, info_objections
from pltpack.planet.release import Release, info_value, read_info
from pltpack.planet.rescue.notes import Note
from pltpack.planet.rescue.resolve import World
from pltpack.planet.rescue.rewrite import SOURCE_LIMITS, Rewritten, is_source, rewrite
from pltpack.racket.info.info import INFO_NAMES

_NEED_AN_INDEX: Final = ("missing-package", "missing-file", "package-name")
"""Notes that say something only where it is known whose the package is, and what others there are."""

Kind: TypeAlias = Literal["package", "auto-installer", "other"]


@dataclass(slots=True)
class Look:
    """What an archive is: in the shape of PLaneT's packages, an auto-installer, or neither.

    ``fields`` are those of its info file that PLaneT reads, ``objections`` and ``warnings`` what ``raco planet create``
    would say of them, ``wants`` the packages that its code requests, each with the first form that does, ``notes`` the
    forms that no rescue could decide.
    """

    path: str
    kind: Kind
    installer: AutoInstaller | None = None
    fields: dict[str, Datum] = field(default_factory=dict)
    objections: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    size: int = 0
    wants: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def look_at_planet(archive: str | os.PathLike[str], *, limits: Limits = Limits()) -> Look:
    """Read an archive to its end and say what is in it for PLaneT.

    Raises what :func:`~pltpack.archive.open_archive` and reading raise.
    """
    name = os.fspath(archive)
    nobody = Release("", "", 0, 0, Path(name))
    world = World(Index(), lambda _: frozenset())
    with open_archive(archive, limits=limits) as reader:
        shape = PlanetShape(lambda: reader.preamble)
        found = Look(name, "other", auto_installer(reader.preamble))
        infos: dict[str, bytes] = {}
        for entry in reader:
            shape.add(entry.path)
            if not isinstance(entry, File):
                continue
            path = _plain(entry.path)
            found.files.append(path)
            found.size += entry.size
            if is_source(path) and entry.size <= SOURCE_LIMITS.length:
                data = b"".join(entry.body.chunks())
                if path in INFO_NAMES:
                    infos[path] = data
                _gather(found, rewrite(path, data, nobody, world))
    found.kind = "auto-installer" if found.installer is not None else "package" if shape.found else "other"
    _describe(found, infos)
    return found


def _plain(path: Iterable[str | PathSymbol]) -> str:
    return "/".join(element for element in path if isinstance(element, str))


def _gather(found: Look, result: Rewritten) -> None:
    for subject, text in result.missing.items():
        found.wants.setdefault(subject, text)
    found.notes += [note for note in result.notes if note.kind not in _NEED_AN_INDEX]


def _describe(found: Look, infos: dict[str, bytes]) -> None:
    info, problem = read_info(infos)
    if problem is not None:
        found.objections.append(problem)
    if info is None:
        return
    for name in FIELDS:
        if name in info:
            value = info_value(info, name)
            if value is not None:
                found.fields[name] = value  # type: ignore[assignment]  # paths and procedures are shown as they are
    for refused, message in info_objections(info, frozenset(found.files)):
        (found.objections if refused else found.warnings).append(message)
