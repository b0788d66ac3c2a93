"""Packages that are linked from a clone of their git repository, and what becomes of others of the same repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pltpack.pkg.source import Repository, parse_source
from pltpack.scope.plan import wording
from pltpack.scope.plan.origins import local_path
from pltpack.scope.plan.values import Options, Present, Question, Situation, Undecided, Wish
from pltpack.scope.state.records import Origin


def repository_of(origin: Origin) -> tuple[str, str] | None:
    """The repository that a package comes from: its URL without the path in it, and that path."""
    match origin.kind:
        case "url" | "git":
            text = origin.arguments[0]
        case "clone" if len(origin.arguments) > 1:
            text = origin.arguments[1]
        case "catalog" if len(origin.arguments) > 1:
            text = origin.arguments[1]
        case _:
            return None
    source = parse_source(text, name="x", strict=False)
    return None if source.repository is None else (_key(source.repository), "/".join(source.repository.path))


def _key(repository: Repository) -> str:
    port = f":{repository.port}" if repository.port is not None else ""
    return f"{repository.transport}://{repository.host}{port}/{repository.name}"


def clone_root(directory: Path, path: str) -> Path:
    """The directory of a clone, from that of a package in it and the package's path in the repository."""
    for _ in filter(None, path.split("/")):
        directory = directory.parent
    return directory


def converted(
    wishes: Sequence[Wish], situation: Situation, options: Options, known_answers: dict[tuple[str, ...], bool]
) -> list[Wish]:
    """Installed packages that become clones, too, because they come from the repository of one that shall be a clone.

    Raises :class:`~pltpack.errors.BlockedError` where that is not wanted.
    """
    found: list[Wish] = []
    names = {wish.name for wish in wishes}
    for wish in wishes:
        if wish.clone is None:
            continue
        source = parse_source(wish.source, type="clone", name=wish.name, strict=False)
        if source.repository is None:
            continue
        key = _key(source.repository)
        root = wish.clone
        others = []
        for name, present in situation.here.items():
            place = repository_of(present.record.origin)
            if name in names or place is None or place[0] != key:
                continue
            if present.record.origin.kind == "clone" and clone_root(present.directory, place[1]) == root:
                continue
            others.append(present)
        if not others:
            continue
        clones = [one for one in wishes if one.clone == root]
        details = (
            f"  repository: {key}",
            f"  local clone: {root}/",
            "  packages for local clone:",
            *(f"   {one.name}" for one in clones),
            "  non-clone packages:",
            *(f"   {one.name}" for one in others),
        )
        decision = options.multi_clone
        if decision == "ask":
            question = ("multi-clone", key, *(one.name for one in others))
            if question not in known_answers:
                lines = ("Packages from a Git repository should share a local clone", *details)
                raise Undecided(Question(question, lines, "Convert the non-clone packages to clones?", lines))
            decision = "convert" if known_answers[question] else "force"
        if decision == "fail":
            wording.blocked(
                "packages from a Git repository would not share a local clone;",
                " use `--multi-clone ask' for automated help",
                *details,
            )
        if decision == "convert":
            for one in others:
                names.add(one.name)
                url = one.record.origin.arguments[-1]
                found.append(Wish(url, "clone", one.name, one.record.checksum, one.record.auto, clone=root))
    return found


def as_clones(names: Sequence[str], packages: Mapping[str, Present], directory: Path) -> list[Wish]:
    """The wishes to make clones of installed packages; raises :class:`~pltpack.errors.BlockedError` for one that is
    not installed, or not from a repository."""
    wishes = []
    for name in names:
        present = packages.get(name)
        if present is None:
            continue  # refused by the plan, in the same words as ever
        if repository_of(present.record.origin) is None:
            wording.blocked(
                "package is not currently installed from a repository",
                f"  package: {name}",
                f"  current installation: {wording.shown_origin(present.record.origin)}",
            )
        url = present.record.origin.arguments[-1]
        wishes.append(Wish(url, "clone", name, auto=present.record.auto, clone=directory))
    return wishes


def own_clones(
    names: Sequence[str], wishes: Sequence[Wish], packages: Mapping[str, Present], *, linking: bool
) -> tuple[list[str], list[Wish]]:
    """A directory that is the clone of the installed package of its name means that package, unless it is to be placed
    some other way."""
    left: list[Wish] = []
    found = list(names)
    for wish in wishes:
        present = packages.get(wish.name)
        is_clone = present is not None and present.record.origin.kind == "clone"
        meant = not linking and wish.type == "link" and is_clone
        if meant and present is not None and present.directory == local_path(wish):
            found.append(wish.name)
        else:
            left.append(wish)
    return found, left
