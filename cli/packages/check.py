"""``raco-pkg check``: whether a scope is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from ..locks import lock_options as lo
from .scoped import USUAL, Where, opened, scoped_and_locked
from .terminal_table import draw, for_people

if TYPE_CHECKING:
    from pltpack.scope.scope import Scope
    from pltpack.supply.content import Deviation


@scoped_and_locked
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without asking: links, and what no record knows.")
    ] = False,
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Do not compare files with the archives that they came from.")
    ] = False,
    content: Annotated[
        bool, typer.Option("--content", help="Compare all packages, file by file, with what the lock file says.")
    ] = False,
    file: lo.File = lo.LOCK,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
) -> None:
    """Check that records, links and directories agree, and that every package has what it needs.

    Found are missing directories, links that are missing or lead nowhere, files that are not as in the archive that
    is recorded, dependencies that are not met, modules that two packages have, and directories that no record knows.
    With --content also what is not as the lock file says: packages that are not locked or not installed, and files that
    were changed, added or removed. Exits with 1 if something is wrong that was not mended.

    \b
    raco-pkg check
    raco-pkg check --content
    raco-pkg check --repair
    """
    from pltpack.scope.check import check_scope
    from pltpack.scope.check import repair as mend

    with opened(where, quiet=True) as opened_scope:
        findings = check_scope(opened_scope, content=not no_content)
        mended = mend(opened_scope, findings) if repair else []
        deviations = _deviations(opened_scope, file) if content else []
    left = [finding for finding in findings if finding not in mended]
    if json:
        print_json(
            document(
                "package-check",
                scope=opened_scope.places.shown,
                findings=[
                    *(
                        _entry(one.code, one.package, one.message, None, one.mendable, one in mended)
                        for one in findings
                    ),
                    *(_entry(one.code, one.package, one.message, one.path) for one in deviations),
                ],
            )
        )
    elif not quiet and findings and for_people():
        draw(
            ["Package", "Mended", "Problem"],
            [[one.package or "", "yes" if one in mended else "no", one.message] for one in findings],
            whole=True,
        )
    elif not quiet:
        for one in findings:
            write_line(f"{one.message}{' (mended)' if one in mended else ''}")
        for deviation in deviations:
            write_line(deviation.message)
        if not findings and not deviations:
            write_line("All is well.")
    if left or deviations:
        raise typer.Exit(DIFFERENT)


def _entry(
    code: str, package: str | None, message: str, path: str | None, mendable: bool = False, mended: bool = False
) -> dict[str, Json]:
    return {
        "code": code,
        "package": package,
        "path": path,
        "message": message,
        "mendable": mendable,
        "mended": mended,
    }


def _deviations(scope: Scope, file: Path) -> list[Deviation]:
    """What is not as a lock file says; single files are told of what is in the cache."""
    from pltpack.lock.contents import Contents
    from pltpack.lock.read import read_lock
    from pltpack.lock.targets import open_fetcher
    from pltpack.scope.access import Access
    from pltpack.supply.content import check_content

    lock = read_lock(file)
    with open_fetcher(scope.installation, Access(offline=True)) as fetcher:
        return list(check_content(scope, lock, Contents(fetcher, file.absolute().parent).near))
