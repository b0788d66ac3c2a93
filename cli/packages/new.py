"""``raco-pkg new``: the directory of a new package."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from . import scope_options as o


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the package, and of its collection.")],
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    as_racket: o.AsRacket = False,
) -> None:
    """Make a directory NAME with the files of a new package, as raco pkg new does.

    \b
    raco-pkg new mylib
    """
    from pltpack.scope.new import new_package, package_files

    del as_racket  # the files have the same names, and words of our own
    user = _user()
    year = time.localtime().tm_year
    if dry_run:
        paths = [Path(name, path) for path in package_files(name, user=user, year=year)]
    else:
        paths = [path.relative_to(Path.cwd()) for path in new_package(name, parent=Path.cwd(), user=user, year=year)]
    if json:
        print_json(document("new-package", name=name, dryRun=dry_run, files=[str(path) for path in paths]))
    elif not quiet:
        if dry_run:
            for path in paths:
                write_line(f"would write {path}")
        write_line("Initializing license (Apache-2.0 OR MIT). You are free to change the license.")


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "nobody"
