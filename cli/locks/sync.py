"""``raco-pkg sync``: a scope, an environment or the layer of an image becomes what a lock file says."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, usage_error, write_line
from ..documents import document
from ..packages import scope_options as o
from ..packages.scoped import USUAL, Where, plan_json, scoped_and_locked
from . import lock_options as lo
from .target import Layer, environment_of, opened_target

if TYPE_CHECKING:
    from pltpack.lock.places.environment import Environment
    from pltpack.lock.sync import Synced
    from pltpack.scope.plan.values import Plan
    from pltpack.scope.scope import Scope


@scoped_and_locked
def sync(
    offline: o.Offline = False,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Exit with 1 if the lock and info.rkt do not agree, and do nothing.")
    ] = False,
    from_: lo.From = [],  # noqa: B006  typer copies it
    link_mode: lo.LinkMode = "",
    env: lo.Env = None,
    file: lo.File = lo.LOCK,
    force: Annotated[bool, typer.Option("--force", help="Remove packages, too, that no sync has put there.")] = False,
    no_trash: o.NoTrash = False,
    no_cache: o.NoCache = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
    setup: o.Setup = False,
    jobs: lo.Jobs = None,
) -> None:
    """Install, remove and replace packages until there is exactly what racket.lock says.

    Nothing is resolved and no catalog asked: what is not in the cache is fetched from where the lock says, and a wrong
    byte is refused. The project's environment, .racket beside the lock file, is meant if there is one; else the scope.
    An installation (-i) keeps what it has by itself, which --force removes but for what it needs.

    \b
    raco-pkg sync
    raco-pkg sync --frozen --offline
    raco-pkg sync --from vendor/
    raco-pkg sync --root image/ --racket-version 8.7
    raco-pkg sync --root image/ -i
    """
    from pltpack.scope.access import Access

    root = where.root
    if root is not None:
        where = Layer.of(where)
    mode = lo.link_mode(link_mode or ("copy" if root is not None else ""))
    if root is not None and mode == "hardlink":
        usage_error("the files of an image are its own: --link-mode copy or clone")
    base = file.absolute().parent
    made = [root.absolute()] if root is not None and not dry_run and not root.exists() else []
    for place in made:
        place.mkdir(parents=True)
    environment = environment_of(where, env, base)
    access = Access(use_cache=not no_cache, offline=offline, jobs=jobs, tell=lo.silent if quiet or json else write_line)
    with opened_target(where, environment, access, quiet=quiet or json) as opened_scope:
        result = synced(
            opened_scope, file, environment,
            places=tuple(from_), mode=mode, frozen=frozen, force=force, trash=not no_trash and environment is None,
            dry_run=dry_run, quiet=quiet, json=json, root=root, made=made,
        )  # fmt: skip
        if result is not None and result.applied is not None and setup:
            from ..packages.setting_up import set_up

            set_up(opened_scope, result.applied, environ=None if environment is None else environment.variables())


def synced(
    scope: Scope,
    file: Path,
    environment: Environment | None,
    *,
    places: tuple[str, ...] = (),
    mode: Any,
    frozen: bool = False,
    force: bool = False,
    trash: bool = True,
    dry_run: bool = False,
    quiet: bool = False,
    json: bool = False,
    root: Path | None = None,
    made: Sequence[Path] = (),
) -> Synced | None:
    """Make a scope equal to a lock file, and say what was done; ``None`` if nothing had to be looked at.

    Below another ``root`` it becomes a layer, to which the directories belong that were ``made`` for it.
    """
    from pltpack.lock.stamp import is_current, lock_key

    known = scope.installation.known_version
    base = file.absolute().parent
    key = lock_key(file, str(base), "" if known is None else known.value)
    if root is None and not (frozen or dry_run or json) and is_current(scope.places, key):
        if not quiet:
            write_line("Nothing to do")
        return None
    from pltpack.lock.places.image import layer_time, level, new_directories
    from pltpack.lock.read import read_lock
    from pltpack.lock.sync import SyncOptions, sync_lock

    lock = read_lock(file)
    if frozen:
        _refuse_disagreements(file, lock, base, json=json)
    wanted = SyncOptions(
        places=places, mode=mode, trash=trash and root is None, force=force or environment is not None,
        links=root is None,
    )  # fmt: skip
    new = [] if root is None else new_directories(root.absolute(), scope.places)
    result = sync_lock(scope, lock, base, wanted, key="" if root is not None else key, dry_run=dry_run)
    if root is not None and not dry_run:
        level(scope.places, [*new, *made], layer_time(lock.asked))
    if json:
        place = None if environment is None else str(environment.directory)
        print_json(document("sync", file=str(file), environment=place, **plan_json(result.plan, scope, result.applied)))
    elif not quiet:
        for warning in result.plan.warnings:
            complain(f"warning: {warning}")
        for line in _said(result.plan, {one.name for one in lock.packages}, dry_run=dry_run):
            write_line(line)
        for name in sorted({one.name for one in lock.packages if one.linked}) if root is not None else ():
            write_line(f"left out {name}: it is linked, and not in the image")
    return result


def _refuse_disagreements(file: Path, lock: Any, base: Path, *, json: bool) -> None:
    from pltpack.lock.frozen import disagreements

    found = list(disagreements(lock, base))
    if not found:
        return
    for line in found if not json else ():
        complain(line)
    if json:
        print_json(document("sync", file=str(file), disagreements=[*found]))
    else:
        complain(f"{file} is not up to date: run raco-pkg lock")
    raise typer.Exit(DIFFERENT)


_WORDS = {"install": "installed", "replace": "replaced", "remove": "removed", "promote": "kept", "demote": "kept"}


def _said(plan: Plan, locked: Set[str], *, dry_run: bool) -> list[str]:
    from pltpack.inspection.wording import counted

    lines = [f"would {step.kind} {step.name}" if dry_run else f"{_WORDS[step.kind]} {step.name}" for step in plan.steps]
    own = len(plan.records.keys() - locked)
    if own:
        lines.append(f"left alone {counted(own, 'package')} of the installation")
    number = counted(len(plan.records) - own, "package")
    return [*lines, f"{number} in all" if plan.steps else f"Nothing to do: {number}"]
