"""``raco-pkg lock``: exactly which packages a project needs, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import options, racket_options
from ..console import DIFFERENT, complain, print_json, usage_error, write_line
from ..documents import document
from ..packages import scope_options as o
from . import lock_options as lo

if TYPE_CHECKING:
    from pltpack.lock.make import Ways
    from pltpack.lock.values import Lock
    from pltpack.scope.plan.values import Wish


def lock(
    packages: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PKG...",
            help="Names and sources (default: those of the lock file that is there, else the package that is here).",
        ),
    ] = None,
    installed: Annotated[bool, typer.Option("--installed", help="Lock what is installed in the scope.")] = False,
    update: Annotated[
        list[str], typer.Option("--update", metavar="NAME", help="Look for something newer; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Look for something newer of everything.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing, and exit with 1 if the lock file is not as it would be.")
    ] = False,
    platform: Annotated[
        list[str],
        typer.Option("--platform", metavar="P", help="A platform, such as x86_64-linux or aarch64-macosx; repeatable."),
    ] = [],  # noqa: B006
    racket_version: Annotated[
        list[str], typer.Option("--racket-version", metavar="V", help="A version of Racket; repeatable.")
    ] = [],  # noqa: B006
    minimal: Annotated[
        bool, typer.Option("--minimal", help="Lock all that a minimal Racket does not have, whatever this one has.")
    ] = False,
    copy: o.Copy = False,
    type: o.Type = None,
    name: o.Name = None,
    file: lo.File = lo.LOCK,
    catalog: o.Catalogs = [],  # noqa: B006
    no_cache: o.NoCache = False,
    offline: o.Offline = False,
    jobs: lo.Jobs = None,
    racket: racket_options.Racket = None,
    scope: o.ScopeName = None,
    installation: o.Installation = False,
    user: o.User = False,
    scope_dir: o.ScopeDir = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say in racket.lock exactly which packages a project needs.

    What was locked before stays as it was, unless --update or --upgrade asks for something newer. The file is made for
    a diff: one order, a block for each package.

    \b
    raco-pkg lock
    raco-pkg lock games rackunit-lib
    raco-pkg lock --check
    raco-pkg lock --upgrade --racket-version 8.7 --racket-version 8.10 --platform x86_64-linux
    """
    from pltpack.lock.changes import changes
    from pltpack.lock.read import read_lock
    from pltpack.lock.write import write_lock
    from pltpack.scope.access import Access

    from ..packages.scoped import Where, opened

    if installed and (packages or update or upgrade or platform or racket_version or minimal):
        usage_error("--installed is for what is there: no packages, updates, platforms or versions go with it")
    where = Where(scope, installation, user, scope_dir, racket, racket_version[0] if racket_version else None)
    if where.named() is not None and not installed:
        usage_error("a scope is for --installed")
    tell = lo.silent if quiet or json else write_line
    access = Access(catalogs=tuple(catalog) or None, use_cache=not no_cache, offline=offline, jobs=jobs, tell=tell)
    previous = read_lock(file) if file.exists() else None
    base = file.absolute().parent
    ways = _ways(where, access, racket_version, platform, minimal=minimal)
    if installed:
        from pltpack.lock.installed import lock_installed

        with opened(where, access=access, quiet=True) as opened_scope:
            made = lock_installed(opened_scope, base, ways, previous=previous)
    else:
        from pltpack.lock.make import make_lock

        wanted = _wanted(packages or [], base, previous, copy=copy, type=type, name=name)
        with access.rooms:
            made = make_lock(wanted, base, ways, previous=previous, update=update, upgrade=upgrade)
    found = list(changes(previous, made))
    same = previous == made
    writes = not same and not check and not dry_run
    if writes:
        write_lock(made, file)
    if json:
        print_json(
            document(
                "lock",
                file=str(file),
                changed=not same,
                written=writes,
                racket=list(made.racket),
                platforms=list(made.platforms),
                packages=len(made.packages),
                changes=[
                    {
                        "name": change.name,
                        "kind": change.kind,
                        "before": [block.version for block in change.before],
                        "after": [block.version for block in change.after],
                    }
                    for change in found
                ],
            )
        )
    elif not quiet:
        for change in found:
            write_line(str(change))
        write_line(_said(file, made, same=same, writes=writes))
    if check and not same:
        if not json:
            complain(f"{file} is not what raco-pkg lock would write: run raco-pkg lock")
        raise typer.Exit(DIFFERENT)


def _said(file: Path, made: Lock, *, same: bool, writes: bool) -> str:
    from pltpack.inspection.wording import counted

    count = counted(len(made.packages), "package")
    if same:
        return f"{file} is up to date: {count}"
    return f"{file}: {count}" if writes else f"{file} would change: {count}"


def _ways(where: Any, access: Any, versions: list[str], platforms: list[str], *, minimal: bool) -> Ways:
    from pltpack.lock.make import Ways
    from pltpack.racket.version import checked_version

    for version in versions:
        checked_version(version, "--racket-version")
    return Ways(
        where.discover(),
        access,
        minimal=minimal,
        racket=tuple(versions),
        platforms=tuple(platforms),
    )


def _wanted(
    packages: list[str], base: Path, previous: Lock | None, *, copy: bool, type: str | None, name: str | None
) -> list[Wish]:
    from pltpack.lock.make import wanted_before
    from pltpack.scope.plan.asked import GIVEN_TYPES, Asking, current_directory, wishes_of

    from ..options import one_of

    if packages:
        if type is not None:
            one_of("type", type, GIVEN_TYPES)
        placing: Any = "copy" if copy else None
        return wishes_of(packages, Asking(type=type, name=name, placing=placing))  # type: ignore[arg-type]  # checked above
    if copy or type is not None or name is not None:
        usage_error("--copy, --type and --name are for a PKG")
    if previous is not None:
        return wanted_before(previous, base)
    from pltpack.racket.info.info import find_info

    if find_info(base) is None:
        usage_error(f"there is no info.rkt in {base}, and no lock file: say which packages to lock")
    return [current_directory(base)]
