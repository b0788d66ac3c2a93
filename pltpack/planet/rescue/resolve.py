"""From a request to the module that it means in a rescued package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pltpack.pkg.names import is_module_path
from pltpack.planet.index import Index
from pltpack.planet.release import Release
from pltpack.planet.request import Request, short_name
from pltpack.planet.rescue.names import Target
from pltpack.planet.rescue.replacements import Replacements, module_of

_TWINS: Final = {".ss": ".rkt", ".rkt": ".ss"}
"""Suffixes that Racket takes for the same: a request for one finds the other."""


@dataclass(frozen=True, slots=True)
class World:
    """What requests are resolved against: the packages at hand, what files each has, and what stands in for others."""

    index: Index
    files: Callable[[Release], frozenset[str]]
    replacements: Replacements = field(default_factory=Replacements)
    aliases: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    """By owner, package and major version: other names, see :attr:`~pltpack.planet.rescue.names.Target.alias`."""

    def target(self, owner: str, package: str, major: int) -> Target:
        """What a major version becomes."""
        return Target(owner, package, major, self.aliases.get((owner, package, major)))

    def target_of(self, release: Release) -> Target:
        """What a release becomes."""
        return self.target(release.owner, release.package, release.major)


@dataclass(slots=True)
class Resolution:
    """What becomes of a request: the ``path`` to write in its place (``None``: it is left alone), the ``dependency``
    that comes with it (``None``: it is the package itself), and notes, each a kind and a message.

    ``target`` is the package that is meant, as far as that is known; ``missing``: it is not at hand.
    """

    path: str | None = None
    dependency: str | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)
    target: Target | None = None
    missing: bool = False


def resolve(request: Request, own: Release, world: World) -> Resolution:
    """What a request in ``own`` means."""
    bounds = request.bounds
    is_own = request.key == own.key and bounds.major in (None, own.major)
    if is_own:
        return _resolved(request, world.target_of(own), own, world, own=True)
    majors = world.index.majors(*request.key)
    major = bounds.major if bounds.major is not None else max(majors, default=None)
    replacement = world.replacements.find(request, major)
    if replacement is not None:
        return Resolution(_written(replacement.module(request), ""), replacement.provider)
    if major is None:
        message = f"{request.owner}/{short_name(request.package)} is not at hand, and no major version is asked for"
        return Resolution(notes=[("missing-package", message)], target=None, missing=True)
    target = world.target(*request.key, major)
    return _resolved(request, target, world.index.latest(*request.key, major), world, own=False)


def _resolved(request: Request, target: Target, release: Release | None, world: World, *, own: bool) -> Resolution:
    found = Resolution(target=target, missing=release is None)
    if (objection := target.objection) is not None:
        found.notes.append(("package-name", objection))
        return found
    module = module_of(request.file)
    suffix = request.file[len(module) :]
    path = _written(f"{target.collection}/{module}", suffix)
    if path is None:
        found.notes.append(("not-a-path", f"{target.collection}/{request.file} is no module path"))
        return found
    found.path = path
    found.dependency = None if own else target.name
    if release is None:
        found.notes.append(("missing-package", f"{target} is not at hand"))
        return found
    if not request.bounds.admits_minor(release.minor):
        found.notes.append(("minor-version", f"{request} is asked for, {release} is used"))
    if not has_file(world.files(release), request.file):
        found.notes.append(("missing-file", f"{release} has no {request.file}"))
    return found


def _written(module: str, suffix: str) -> str | None:
    """The module path of a module: short where that can be, else ``(lib "...")``."""
    if "." not in module and suffix in (".ss", ".rkt", ""):
        return module if is_module_path(module) else None
    path = module + suffix
    return f'(lib "{path}")' if is_module_path(path) else None


def has_file(files: frozenset[str], path: str) -> bool:
    """Whether Racket would find a module's file."""
    if path in files:
        return True
    stem, dot, suffix = path.rpartition(".")
    twin = _TWINS.get(dot + suffix)
    return twin is not None and stem + twin in files


def resolve_language(request: Request, own: Release, world: World) -> Resolution:
    """What ``#lang planet`` with a request means: the language to name behind ``#lang``."""
    found = resolve(request, own, world)
    if found.path is None or found.target is None:
        if found.path is not None:
            return Resolution(notes=[("not-a-path", f"{request} is replaced by a module, which is no language")])
        return found
    found.notes = [note for note in found.notes if note[0] != "missing-file"]
    directory = "" if request.file == "main.rkt" else module_of(request.file)
    language = "/".join(part for part in (found.target.collection, directory) if part)
    release = own if world.target_of(own) == found.target else world.index.latest(*request.key, found.target.major)
    reader = "/".join(part for part in (directory, "lang/reader.rkt") if part)
    if release is None or has_file(world.files(release), reader):
        found.path = language
    else:
        found.path = f"{found.target.collection}/{module_of(request.file)}"
        found.notes.append(("language-reader", f"{release} has no {reader}: {found.path} needs a submodule reader"))
    return found
