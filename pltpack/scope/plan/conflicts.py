"""What two packages cannot both have: modules, and items in places that all share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pltpack.scope.plan import wording
from pltpack.scope.plan.values import Content, Item, Options, Owner, Situation


def refuse_modules(content: Content, contents: Mapping[str, Content]) -> None:
    """Raise an error if a module of a package is somewhere already, or in another package of the plan.

    Of a package that the plan replaces the new version counts; one of the same name is never in the way.
    """
    ours = set(content.modules)
    for other in contents.values():
        if other.name != content.name and (shared := ours.intersection(other.modules)):
            _refuse(content, other.name, min(shared))
    for module in content.modules:
        owner = content.owners.get(module)
        if owner is None or owner.package == content.name or owner.package in contents:
            continue
        if owner.package is None:
            wording.blocked(
                "package conflicts with existing installed module;",
                " the existing installed module is not part of a package",
                f"  package: {content.wish.source}",
                f"  module path: {_shown(module)}",
                f"  file: {owner.place}",
            )
        _refuse(content, owner.package, module)


def _refuse(content: Content, other: str, module: str) -> None:
    wording.blocked(
        "packages conflict",
        f"  package: {content.wish.source}",
        f"  package: {other}",
        f"  module path: {_shown(module)}",
    )


def _shown(module: str) -> str:
    return module.removesuffix(".rkt")


def refuse_items(content: Content, contents: Mapping[str, Content], situation: Situation, options: Options) -> None:
    """Raise an error if a launcher, document, library, shared file or manual page of a package has a name that another
    has, too. In user scope documents may share names unless ``--strict-doc-conflicts``."""
    exempt = situation.scope == "user" and not options.strict_doc_conflicts
    for item in content.items:
        if item.category == "doc" and exempt:
            continue
        for other in contents.values():
            if other.name != content.name and item in other.items:
                wording.blocked(
                    "packages conflict",
                    f"  package: {content.wish.source}",
                    f"  package: {other.name}",
                    *_item(item),
                )
        owner = content.taken.get(item)
        if owner is not None and _counts(owner, content, contents):
            wording.blocked(
                "package conflicts with existing installed item",
                f"  package: {content.wish.source}",
                *_item(item),
                *((f"  installed package: {owner.package}",) if owner.package else ()),
            )


def _counts(owner: Owner, content: Content, contents: Mapping[str, Content]) -> bool:
    return owner.package is None or (owner.package != content.name and owner.package not in contents)


def _item(item: Item) -> tuple[str, str]:
    return f"  item category: {item.category}", f'  item name: "{item.name}"'


def refuse_overlapping_links(content: Content, contents: Mapping[str, Content]) -> None:
    """Raise an error if two linked directories of the plan lie in one another."""
    if not content.origin.linked:
        return
    for other in contents.values():
        if other.name != content.name and other.origin.linked and overlaps(content.place, other.place):
            wording.blocked(
                "cannot link directories that overlap for different packages",
                f"  package: {content.name}",
                f"  path: {content.wish.source}",
                f"  overlapping package: {other.name}",
                f"  overlapping path: {other.wish.source}",
            )


def overlaps(one: Path, other: Path) -> bool:
    """Whether one directory is the other, or lies in it."""
    return one == other or one in other.parents or other in one.parents
