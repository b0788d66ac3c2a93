"""A fetched package becomes a zip file whose bytes depend on nothing but its content."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pltpack.catalog.record import dependency_datum
from pltpack.codec.limits import Limits
from pltpack.conversion.convert import convert
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import PackageError
from pltpack.fetch.fetched import Fetched
from pltpack.formats.formats import Format, entry_writer, format_of
from pltpack.pkg.checksum import Digests, digests
from pltpack.pkg.content import package_content, with_layer
from pltpack.pkg.staging import open_package

TIME: Final = 315532800
"""1980-01-01, the first time that a zip entry can have: that of all entries."""


@dataclass(frozen=True, slots=True)
class Repacked:
    """A zip file, and what is in it. ``modules`` and ``dependencies`` are ``None`` where the package does not tell
    them; ``problems`` are those of the package."""

    path: Path
    digests: Digests
    modules: list[Datum] | None
    dependencies: list[Datum] | None
    problems: tuple[str, ...]


def repack(fetched: Fetched, name: str, place: Path, *, limits: Limits = Limits()) -> Repacked:
    """Pack a package called ``name`` into ``place``, a directory, as ``raco pkg create --as-is`` does.

    Raises what reading packages raises, and ``OSError``.
    """
    tree = fetched.path
    if fetched.kind == "file":
        tree = place / "tree"
        convert(fetched.path, tree, source_format=_format(fetched), format="dir", name=name, limits=limits)
    target = place / f"{name}.zip"
    with target.open("xb") as sink, package_content(tree, "zip", "as-is") as content:
        entries = with_layer(tree, name, "zip", content.entries)
        with entry_writer(sink, "zip", name=name) as writer:
            for entry in entries:
                writer.add(replace(entry, mtime=_time()))
        sink.flush()
        os.fsync(sink.fileno())
    staged = open_package(tree, name=name, check=False, limits=limits)
    unusable = staged.info is None and any(entry.path == "info.rkt" for entry in staged.entries)
    needed = (*staged.dependencies, *staged.build_dependencies)
    return Repacked(
        path=target,
        digests=digests(target),
        modules=None if unusable else [[Symbol("lib"), module] for module in staged.modules],
        dependencies=None if unusable else [dependency_datum(dependency) for dependency in needed],
        problems=(*content.warnings, *staged.problems),
    )


def _format(fetched: Fetched) -> Format:
    """The format of an archive by the name that it had where it came from."""
    path = urlsplit(fetched.source).path if "://" in fetched.source else fetched.source
    return format_of(path.rpartition("/")[2])


def _time() -> int:
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not said:
        return TIME
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise PackageError(f"SOURCE_DATE_EPOCH is {said!r}, not a number of seconds since 1970")
    return max(int(said), TIME)
