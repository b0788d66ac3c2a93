"""What a lock file says, as values: they are checked when they are read, and their JSON Schema is made from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from pltpack.dataclass import dataclass
from pltpack.racket.version import version_key

FILE: Final = "racket.lock"
"""What a lock file is called."""

FORMAT: Final = 1
"""The version of the format that is written."""

_END: Final = r"(?![\s\S])"

Name: TypeAlias = Annotated[str, Meta(pattern=f"^[-_a-zA-Z0-9]{{1,255}}{_END}", description="The name of a package.")]
Text: TypeAlias = Annotated[
    str, Meta(pattern=rf"^[^\x00-\x1f\x7f]+{_END}", max_length=4096, description="A text on one line.")
]
Version: TypeAlias = Annotated[
    str, Meta(pattern=rf"^[0-9]{{1,9}}(?:\.[0-9]{{1,9}}){{1,3}}{_END}", description="A version, such as 1.2.")
]
Sha256: TypeAlias = Annotated[
    str, Meta(pattern=f"^[0-9a-f]{{64}}{_END}", description="A SHA-256, in digits of 16 in lower case.")
]
Size: TypeAlias = Annotated[int, Meta(ge=0, le=1 << 53, description="Bytes.")]
Moment: TypeAlias = Annotated[
    str,
    Meta(
        pattern=f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z{_END}",
        description="A time in UTC, such as 2026-11-28T08:30:00Z.",
    ),
]
LockedType: TypeAlias = Literal["file", "dir", "file-url", "dir-url", "git", "git-url", "github", "link", "static-link"]
"""What a source leads to: an archive or a directory on this disk or on a server, a repository, or a directory that is
linked and stays where it is."""


class LockedDependency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """What a package needs. ``platform`` is a Racket datum as it is written: ``windows`` (a system), ``"x86_64-linux"``
    (a path of libraries), ``#rx"linux"``; ``source`` is where it comes from if the name does not say it. ``build``:
    needed to build the package only."""

    name: Name
    version: Version | None = None
    platform: Text | None = None
    source: Text | None = None
    build: bool = False


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """A package that was asked for. Without a source it is one of that name in the catalogs; ``type`` is what the
    source leads to. Sources on this disk count from the directory of the lock file."""

    name: Name
    type: LockedType | None = None
    source: Text | None = None
    checksum: Text | None = None


class LockedPackage(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab", kw_only=True
):
    """One package, exactly.

    ``source`` is where the content was found, ``type`` what that is; ``catalog`` the catalog that said it, if one did.
    ``checksum`` is what Racket compares: the SHA-1 of an archive, the commit of a repository, the text that a URL
    directory says. ``sha256`` is that of the archive, and ``content`` that of all files as they are installed, with
    their names (:func:`~pltpack.fetch.tree.tree_digest`); linked packages have neither. ``size`` is the archive's, or
    that of all files where there is none. ``collection`` is missing for a package of several. ``racket`` and
    ``platforms`` say for which the block holds where it does not for all of the lock.
    """

    name: Name
    version: Version
    racket: tuple[Version, ...] = ()
    platforms: tuple[Text, ...] = ()
    type: LockedType
    source: Text
    catalog: Text | None = None
    checksum: Annotated[str, Meta(max_length=4096)] | None = None
    sha256: Sha256 | None = None
    content: Sha256 | None = None
    size: Size = 0
    license: Text | None = None
    collection: Text | None = None
    dependencies: tuple[LockedDependency, ...] = ()
    implies: tuple[Name, ...] = ()

    @property
    def linked(self) -> bool:
        """Whether the package stays where it is, and what is in it is nobody's promise."""
        return self.type in ("link", "static-link")

    def is_for(self, target: Target) -> bool:
        """Whether the block holds for a version of Racket and a platform."""
        return (not self.racket or target.racket in self.racket) and (
            not self.platforms or target.platform in self.platforms
        )


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """A lock file. ``asked`` is when the catalogs were asked, ``catalogs`` which ones, in their order. ``racket`` and
    ``platforms`` are those that the set was made for; ``wanted`` is what was asked for; ``provided`` names what the
    packages need and the installation has itself; with ``minimal`` that is only what every Racket has."""

    lock_version: Literal[1]
    asked: Moment
    racket: Annotated[tuple[Version, ...], Meta(min_length=1, max_length=64)]
    platforms: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=64)]
    minimal: bool = False
    catalogs: tuple[Text, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    provided: tuple[Name, ...] = ()
    packages: tuple[LockedPackage, ...] = msgspec.field(name="package", default=())

    @property
    def explicit(self) -> frozenset[str]:
        """The names of the packages that were asked for; all others came along with them."""
        return frozenset(wanted.name for wanted in self.wanted)

    @property
    def targets(self) -> tuple[Target, ...]:
        """All that the set was made for: each version on each platform."""
        return tuple(Target(version, platform) for version in self.racket for platform in self.platforms)

    def for_target(self, target: Target) -> dict[str, LockedPackage]:
        """The packages for a version of Racket and a platform, by name."""
        return {package.name: package for package in self.packages if package.is_for(target)}

    def named(self, name: str) -> Iterator[LockedPackage]:
        """The blocks of a package: more than one, if it is not the same for all versions and platforms."""
        return (package for package in self.packages if package.name == name)


@dataclass(frozen=True, slots=True)
class Target:
    """What packages are installed for: a version of Racket, and a platform as ``(system-library-subpath)`` names it,
    such as ``x86_64-linux``."""

    racket: str
    platform: str

    @property
    def system(self) -> str:
        """``windows``, ``macosx`` or ``unix``, as ``#:platform`` may say.

        >>> Target("8.7", "x86_64-linux").system, Target("8.7", "win32/x86_64").system
        ('unix', 'windows')
        """
        if self.platform.startswith("win"):
            return "windows"
        return "macosx" if self.platform.endswith("macosx") else "unix"


def ordered(lock: Lock) -> Lock:
    """The same lock with everything in the one order in which it is written."""
    packages = sorted(
        (_ordered(package) for package in lock.packages),
        key=lambda package: (package.name, [version_key(one) for one in package.racket], package.platforms),
    )
    return msgspec.structs.replace(
        lock,
        racket=tuple(sorted(set(lock.racket), key=version_key)),
        platforms=tuple(sorted(set(lock.platforms))),
        wanted=tuple(sorted(set(lock.wanted), key=lambda wanted: (wanted.name, wanted.source or ""))),
        provided=tuple(sorted(set(lock.provided))),
        packages=tuple(packages),
    )


def _ordered(package: LockedPackage) -> LockedPackage:
    return msgspec.structs.replace(
        package,
        racket=tuple(sorted(set(package.racket), key=version_key)),
        platforms=tuple(sorted(set(package.platforms))),
        dependencies=tuple(sorted(set(package.dependencies), key=_place)),
        implies=tuple(sorted(set(package.implies))),
    )


def _place(dependency: LockedDependency) -> tuple[str, bool, str, str, str]:
    return (
        dependency.name,
        dependency.build,
        dependency.version or "",
        dependency.platform or "",
        dependency.source or "",
    )
