"""How a source is recorded, told from the source alone."""

from __future__ import annotations

import os
from pathlib import Path

from pltpack.pkg.source import parse_source
from pltpack.racket.simplify import simplify
from pltpack.scope.plan.values import Wish
from pltpack.scope.state.records import Origin
from pltpack.scope.state.relative import recorded_path


def expected_origin(wish: Wish, packages: Path, catalog_source: str | None = None) -> Origin:
    """The origin that will be recorded; ``catalog_source`` is the repository that a catalog leads to."""
    match wish.type:
        case "name":
            return Origin("catalog", (wish.source, *((catalog_source,) if catalog_source else ())))
        case "file":
            return Origin("file", (str(local_path(wish)),))
        case "dir":
            return Origin("dir", (os.path.join(local_path(wish), ""),))
        case "link" | "static-link":
            return Origin(wish.type, (recorded_path(local_path(wish), packages),))
        case "clone":
            assert wish.clone is not None
            return Origin("clone", (recorded_path(clone_directory(wish), packages), wish.source))
        case "git-url":
            return Origin("git", (wish.source,))
    return Origin("url", (wish.source,))


def same_origin(one: Origin, other: Origin) -> bool:
    """Whether two are the same for ``raco pkg``: of packages from catalogs the names decide."""
    if one.kind == other.kind == "catalog":
        return one.arguments[0] == other.arguments[0]
    return one == other


def local_path(wish: Wish) -> Path:
    """The whole path of a file or directory."""
    parsed = parse_source(wish.source, type=None if "://" in wish.source else wish.type, name=wish.name, strict=False)
    return simplify(Path(os.path.abspath(parsed.path if parsed.path is not None else wish.source)))


def clone_directory(wish: Wish) -> Path:
    """The directory of a package in its clone: the clone's, and below it the path in the repository."""
    assert wish.clone is not None
    source = parse_source(wish.source, type="clone", name=wish.name, strict=False)
    inner = source.repository.path if source.repository is not None else ()
    return wish.clone.joinpath(*inner)
