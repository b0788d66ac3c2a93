"""``raco-pkg restore``: a package comes back from the trash."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .scoped import USUAL, Where, opened, scoped_and_locked


@scoped_and_locked
def restore(
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="What to take back.")],
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    where: Where = USUAL,
) -> None:
    """Put packages back that were removed or replaced last, with all that was known of them.

    What is installed under their names now goes into the trash. Only what raco-pkg itself has put there can be taken
    back: raco pkg does not write down where a package came from.

    \b
    raco-pkg restore games
    """
    from pltpack.scope.change import restore as put_back

    with opened(where, quiet=True) as opened_scope:
        found = {name: str(put_back(opened_scope, name, dry_run=dry_run)) for name in packages}
    if json:
        print_json(document("restored", scope=opened_scope.places.shown, dryRun=dry_run, packages=dict(found)))
        return
    for name, path in found.items() if not quiet else ():
        write_line(f"Restoring {name} from {path}{' (but not really)' if dry_run else ''}")
