"""``raco setup`` after a change: for which collections, and how it is called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pltpack.racket.installation import Installation
from pltpack.scope.plan.values import Plan
from pltpack.scope.scope import Scope
from pltpack.scope.state.places import Places


def collections_to_set_up(plan: Plan, scope: Scope) -> list[str]:
    """The collections that ``raco pkg`` would name: those of new packages, and after an update also those of all
    packages of the scope that depend on them; after a removal those of the removed ones that still exist."""
    found: dict[str, None] = {}
    changed = plan.of("install", "replace")
    for step in changed:
        assert step.content is not None
        found.update(dict.fromkeys(step.content.setup_collections))
    packages = scope.packages
    if plan.command == "update":
        for name in _dependents({step.name for step in changed}, packages.values()):
            collection = packages[name].record.collection
            found.update(dict.fromkeys([collection] if collection is not None else _top(packages[name].directory)))
    index = scope.surroundings().collections
    for step in plan.of("remove"):
        collection = step.before.collection if step.before is not None else None
        if collection is not None and index.find(collection) is not None:
            found[collection] = None
    return list(found)


def _dependents(names: set[str], packages: Iterable[object]) -> list[str]:
    from pltpack.scope.state.installed import Installed

    known = [one for one in packages if isinstance(one, Installed)]
    reached = set(names)
    growing = True
    while growing:
        growing = False
        for one in known:
            if one.name not in reached and any(name in reached for name, _ in one.facts.dependencies):
                reached.add(one.name)
                growing = True
    return sorted(reached - names)


def _top(directory: Path) -> list[str]:
    from pltpack.packer.filters import std_filter

    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if path.is_dir() and std_filter(path.name))


def setup_command(
    places: Places,
    installation: Installation,
    collections: Iterable[str],
    *,
    jobs: int | None = None,
    docs: bool = True,
    recompile_only: bool = False,
    fail_fast: bool = False,
) -> list[str] | None:
    """The call of ``raco setup``; ``None`` if there is no Racket to run."""
    executable = installation.layout.executable
    if executable is None:
        return None
    command = [str(executable), "-N", "raco", "-l-", "raco", "setup", "--tidy", "--doc-index"]
    command.append("--avoid-main" if places.scope == "user" else "--no-user")
    if jobs is not None:
        command += ["-j", str(jobs)]
    if not docs:
        command.append("-D")
    if recompile_only:
        command.append("--recompile-only")
    if fail_fast:
        command.append("--fail-fast")
    return [*command, "-l", *collections]


def later(command: Iterable[str] | None, collections: Iterable[str]) -> str:
    """What to run where there is a Racket."""
    return f"raco setup --tidy -l {' '.join(collections)}" if command is None else " ".join(command)
