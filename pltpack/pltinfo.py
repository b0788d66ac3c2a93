"""The members of an archive as values, with names that may be used as paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from pltpack.arguments import check_several
from pltpack.codec.entries import Directory, File, PathList, PathSymbol, display_path
from pltpack.codec.limits import Limits
from pltpack.errors import MemberError, UnsafePathError
from pltpack.suggestions import did_you_mean
from pltpack.unpacker.paths import PathGuard, PathPolicy

Unsafe: TypeAlias = Literal["refuse", "sanitize", "show"]
"""What becomes of names that lead elsewhere than below a directory."""

_TOLD: Final = 100
"""So many unsafe names are told one by one."""


@dataclass(frozen=True, slots=True)
class PltInfo:
    """A member of an archive. ``name`` is its path with ``/`` between the names and none behind; it leads
    nowhere but below the directory it is joined to, unless the archive was opened to show unsafe names. ``path`` is
    the path as the archive has it, of which nothing is promised. ``size`` counts bytes; ``replace``: unpacking
    replaces files.
    """

    name: str
    path: PathList
    size: int = 0
    directory: bool = False
    replace: bool = False
    offset: int = 0

    def is_dir(self) -> bool:
        """Whether it is a directory."""
        return self.directory

    def is_file(self) -> bool:
        """Whether it is a file."""
        return not self.directory

    isdir = is_dir
    isfile = is_file

    # The names of zipfile.

    @property
    def filename(self) -> str:
        """The name, with a ``/`` behind that of a directory."""
        return f"{self.name}/" if self.directory else self.name

    @property
    def file_size(self) -> int:
        """The size in bytes."""
        return self.size


_HINT: Final = "unsafe='sanitize' drops what leads elsewhere, unsafe='show' only shows it"


def named_members(entries: Iterable[Directory | File], unsafe: Unsafe, limits: Limits) -> list[PltInfo]:
    """The members of an archive. Raises :class:`~pltpack.errors.UnsafePathError` for unsafe names to be refused."""
    guard = PathGuard(PathPolicy.within(limits, sanitize=unsafe == "sanitize"))
    members: list[PltInfo] = []
    refused: list[UnsafePathError] = []
    count = 0
    for entry in entries:
        member = _info(entry)
        if unsafe != "show":
            try:
                safe = guard(entry.path) if member.directory else guard.file(entry.path)
            except UnsafePathError as error:
                count += 1
                if len(refused) < _TOLD:
                    refused.append(error)
                continue
            if unsafe == "sanitize":
                member = replace(member, name="/".join(safe) or ".")
        members.append(member)
    if refused:
        first = refused[0]
        what = f"{count} paths lead elsewhere; {first.message}" if count > 1 else first.message
        raise UnsafePathError(what, paths=[path for error in refused for path in error.paths], hint=_HINT)
    return members


def _info(entry: Directory | File) -> PltInfo:
    name = display_path(entry.path) or "."
    if isinstance(entry, Directory):
        return PltInfo(name, entry.path, directory=True, offset=entry.offset)
    return PltInfo(name, entry.path, entry.size, replace=entry.replace, offset=entry.offset)


def asked_members(members: Iterable[str | PltInfo], known: Iterable[PltInfo], archive: str | None) -> list[str]:
    """The paths of members as the unpacker tells them. Raises :class:`~pltpack.errors.MemberError` for one that is not
    there, neither itself nor anything below it, ``TypeError`` for a single one."""
    check_several("members", members)
    there = {asked_name(member) for member in known}
    asked = [asked_name(member) for member in members]
    for name in asked:
        if name and name not in there and not any(path.startswith(f"{name}/") for path in there):
            hint = did_you_mean(name, there)
            raise MemberError(f"there is no member {name!r}", file=archive, hint=hint)
    return asked


def asked_name(member: str | PltInfo) -> str:
    """The path of a member as the unpacker tells it."""
    if isinstance(member, str):
        return plain_name(member)
    return "/".join(part for part in member.path if not isinstance(part, PathSymbol))


def plain_name(name: str) -> str:
    """The name without what stays where it is."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))
