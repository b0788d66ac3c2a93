"""Making an archive for PLaneT, as ``raco planet create`` does, but for rendering documentation, which runs code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pltpack.errors import InfoError, LimitError, PackageError, SourceError
from pltpack.packer.filters import std_filter
from pltpack.packer.mztar import SourceFile, walk
from pltpack.packer.pack import Packed, PackOptions, pack_plt
from pltpack.planet.info_fields import info_objections
from pltpack.planet.request import SUFFIX
from pltpack.racket.info.info import Info, find_info, load_info

DOCUMENTS: Final = "planet-docs"
"""The directory that holds rendered documentation; all of it is packed, whatever the names in it."""

_NAME: Final = "archive"


@dataclass(slots=True)
class Created:
    """An archive that was made, or with ``dry_run`` would be. ``warnings`` and ``objections`` are about the info file;
    with objections it is only made if that is forced. ``unrendered``: documents that the info file names and that
    ``planet-docs`` does not have."""

    path: Path
    packed: Packed
    warnings: list[str] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    unrendered: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def create_planet_archive(
    directory: str | os.PathLike[str],
    dest: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
    options: PackOptions = PackOptions(),
) -> Created:
    """Pack a directory for PLaneT; the raw stream is that of ``raco planet create`` for the same content.

    ``dest`` is by default ``DIR.plt`` in the current directory; one that is there is replaced. Documents are not
    rendered: what is in ``planet-docs`` goes in.

    Raises :class:`~pltpack.errors.PackageError` for an info file that PLaneT refuses (unless ``force``),
    :class:`~pltpack.errors.SourceError` for what cannot be packed, ``OSError``.
    """
    top = Path(os.path.abspath(directory))
    if not os.path.lexists(top):
        raise SourceError("there is no such directory", file=os.fspath(directory))
    if not top.is_dir():
        raise PackageError("not a directory", file=os.fspath(directory), hint="name the directory of a package")
    path = Path(dest) if dest is not None else Path(f"{top.name or 'package'}{SUFFIX}")
    files = sorted(_files(top))
    result = Created(path, Packed(), files=files)
    _check_info(top, result)
    if result.objections and not force:
        more = f" (and {len(result.objections) - 1} more)" if len(result.objections) > 1 else ""
        raise PackageError(
            f"PLaneT refuses the info file: {result.objections[0]}{more}",
            file=os.fspath(directory),
            hint="--force packs it all the same",
        )
    if not dry_run:
        from dataclasses import replace

        result.packed = pack_plt(
            os.path.abspath(path),
            _NAME,
            ["."],
            file_filter=planet_filter,
            plt_relative=False,
            options=replace(options, directory=str(top)),
        )
    else:
        for entry in walk(".", planet_filter, directory=str(top)):
            result.packed.count(entry)
    return result


def planet_filter(path: str) -> bool:
    """What PLaneT packs: the usual files, and everything below ``planet-docs``.

    >>> planet_filter("./doc"), planet_filter("./planet-docs/doc")
    (False, True)
    """
    names = [name for name in path.split("/") if name not in ("", ".")]
    return names[:1] == [DOCUMENTS] or std_filter(path)


def _files(top: Path) -> Iterator[str]:
    for entry in walk(".", planet_filter, directory=str(top)):
        if isinstance(entry, SourceFile):
            yield "/".join(str(name) for name in entry.path[1:])


def _check_info(top: Path, result: Created) -> None:
    files = frozenset(result.files)
    try:
        info = load_info(top) if find_info(top) is not None else None
    except (InfoError, LimitError) as error:
        result.objections.append(str(error))
        return
    if info is None:
        result.warnings.append("there is no info.rkt: nothing will describe the package")
        return
    for refused, message in info_objections(info, files):
        (result.objections if refused else result.warnings).append(message)
    result.unrendered = [document for document in _documents(info) if not _is_rendered(document, files)]


def _documents(info: Info) -> Iterator[str]:
    """The sources of documentation that the info file names."""
    try:
        scribblings = info.get("scribblings")
    except InfoError:
        return
    for entry in scribblings if isinstance(scribblings, list) else []:
        if isinstance(entry, list) and entry and isinstance(entry[0], str):
            yield entry[0]


def _is_rendered(document: str, files: frozenset[str]) -> bool:
    name = document.rpartition("/")[2].removesuffix(".scrbl")
    return f"{DOCUMENTS}/{name}/index.html" in files
