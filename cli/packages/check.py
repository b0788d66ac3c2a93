"""``raco-pkg check``: whether a scope is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options, racket_options
from ..console import DIFFERENT, print_json, write_line
from ..documents import document
from . import scope_options as o
from .scoped import Where, opened
from .terminal_table import draw, for_people


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without asking: links, and what no record knows.")
    ] = False,
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Do not compare files with the archives that they came from.")
    ] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    scope: o.ScopeName = None,
    installation: o.Installation = False,
    user: o.User = False,
    scope_dir: o.ScopeDir = None,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    root: o.Root = None,
    lock_timeout: o.LockTimeout = 60.0,
) -> None:
    """Check that records, links and directories agree, and that every package has what it needs.

    Found are missing directories, links that are missing or lead nowhere, files that are not as in the archive that
    is recorded, dependencies that are not met, modules that two packages have, and directories that no record knows.
    Exits with 1 if something is wrong that was not mended.

    \b
    raco-pkg check
    raco-pkg check --repair
    """
    from pltpack.scope.check import check_scope
    from pltpack.scope.check import repair as mend

    where = Where(scope, installation, user, scope_dir, racket, racket_version, root, lock_timeout)
    with opened(where, quiet=True) as opened_scope:
        findings = check_scope(opened_scope, content=not no_content)
        mended = mend(opened_scope, findings) if repair else []
    left = [finding for finding in findings if finding not in mended]
    if json:
        print_json(
            document(
                "package-check",
                scope=opened_scope.places.shown,
                findings=[
                    {
                        "code": one.code,
                        "package": one.package,
                        "message": one.message,
                        "mendable": one.mendable,
                        "mended": one in mended,
                    }
                    for one in findings
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
        if not findings:
            write_line("All is well.")
    if left:
        raise typer.Exit(DIFFERENT)
