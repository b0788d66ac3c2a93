"""What somebody asks for: texts become wishes, as ``raco pkg install`` and ``update`` take them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.errors import CallError, PackageError
from pltpack.pkg.names import is_package_name
from pltpack.scope.plan.values import Wish

if TYPE_CHECKING:
    from pltpack.pkg.source import SourceType

Placing: TypeAlias = Literal["link", "static-link", "copy"]
"""What becomes of a directory: it is linked, or copied among the packages."""

GIVEN_TYPES: Final[tuple[SourceType, ...]] = (
    "file",
    "dir",
    "file-url",
    "dir-url",
    "git",
    "git-url",
    "github",
    "name",
)
"""The types that can be given on the command line, in the order of the manual."""

_GIT: Final = re.compile(r"(?P<start>[^?#]*?)(?P<end>/*(?:[?#].*)?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asking:
    """How sources are meant: their ``type``, the ``name`` of the one package, the ``checksum`` that is expected, what
    becomes of directories (``None``: they are linked), and a directory for a ``clone``."""

    type: SourceType | None = None
    name: str | None = None
    checksum: str | None = None
    placing: Placing | None = None
    clone: Path | None = None


def wishes_of(sources: Sequence[str], asking: Asking = Asking()) -> list[Wish]:
    """The wishes for some sources. Raises :class:`~pltpack.errors.PackageError` for what is no source, and
    :class:`~pltpack.errors.CallError` for a name that no package can have."""
    if asking.name is not None:
        if not is_package_name(asking.name):
            raise CallError(f'"{asking.name}" is an invalid package name')
        if len(sources) > 1:
            raise CallError("the --name flag only makes sense with a single package source")
    return [wish_of(source, asking) for source in sources]


def wish_of(source: str, asking: Asking = Asking()) -> Wish:
    """The wish for one source. Raises as :func:`wishes_of`."""
    from pltpack.pkg.source import parse_source

    linking = asking.placing in ("link", "static-link")
    if asking.clone is not None and asking.type is None and not is_package_name(source):
        type: SourceType | None = "clone"
    else:
        type = asking.placing if linking else asking.type  # type: ignore[assignment]  # "copy" is no linking
    parsed = parse_source(source, type=type, name=asking.name, strict=False)
    name = asking.name or parsed.name
    problem = parsed.problem if asking.name is None or parsed.type is None else _without_name(source, type, asking)
    if problem is not None or parsed.type is None or name is None:
        details = (f" {problem}", f"  given: {source}", *((f"  for package name: {name}",) if name else ()))
        raise PackageError("invalid package source;", details=details)
    found = parsed.type
    if found == "dir" and asking.placing is None:
        found = "link"
    return Wish(_written(source, found, asking.type), found, name, asking.checksum, clone=asking.clone)


def _without_name(source: str, type: SourceType | None, asking: Asking) -> str | None:
    """The objection to a source whose name is given: not that no name can be told."""
    from pltpack.pkg.source import parse_source

    return parse_source(source, type=type, name=asking.name, strict=False).problem


def _written(source: str, found: SourceType, given: SourceType | None) -> str:
    """A source as it will be recorded: what a given type implies is written out."""
    if given == "github" and not source.startswith(("git://", "github://")):
        return f"git://github.com/{source}"
    if given == "git" and found == "git":
        match = _GIT.fullmatch(source)
        if match is not None and not match["start"].endswith(".git"):
            return f"{match['start']}.git{match['end']}"
    return source


def current_directory(directory: Path) -> Wish:
    """The wish for a directory in which somebody asks for no package at all: it is linked."""
    return wish_of(str(directory), Asking(type="dir"))
