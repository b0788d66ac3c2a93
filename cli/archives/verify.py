"""``pltpack verify``: read archives to the end and tell what is wrong with them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from pltpack.codec.limits import Limits
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.verify import verify as verify_archive
from pltpack.inspection.wording import amounts

from .. import options
from ..console import DAMAGED, DIFFERENT, INPUT_OUTPUT, complain_of, print_json, write_line
from ..documents import Json, document
from ..inputs import readable, shown
from ..limits import limited
from ..processes import each, in_parallel
from ..progress import progress
from .documents import report_json


@limited
def verify(
    archives: Annotated[
        list[str], typer.Argument(metavar="ARCHIVE...", help="Archives, packages, directories; - is stdin.")
    ],
    quiet: options.Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell notes, too.")] = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Check archives without unpacking them.

    Damage, unsafe paths, odd spellings, names that are traps on other systems: all are told. A .CHECKSUM file beside an
    archive is compared with it. The exit code is 0 if nothing is wrong, 1 if something is, and 3 if an archive is
    damaged.

    \b
    pltpack verify games.plt
    pltpack verify dist/* --json
    """
    documents: list[Json] = []
    code = 0
    work = partial(_verified, limits=limits, quiet=quiet or in_parallel(archives, jobs))
    for name, report in zip(archives, each(work, archives, jobs=jobs), strict=True):
        if isinstance(report, OSError):
            complain_of(report)
            code = INPUT_OUTPUT
            continue
        if json:
            documents.append(report_json(report, name))
        else:
            _print(report, shown(name), quiet=quiet, verbose=verbose)
        if not report.clean:
            code = max(code, DIFFERENT if report.whole else DAMAGED)
    if json:
        print_json(document("verify", archives=documents))
    if code:
        raise typer.Exit(code)


def _verified(name: str, *, limits: Limits, quiet: bool) -> Report | OSError:
    try:
        with readable(name) as source, progress(f"Verifying {shown(name)}", quiet=quiet) as watch:
            return verify_archive(source, limits=limits, progress=watch)
    except OSError as error:
        return error


def _print(report: Report, name: str, *, quiet: bool, verbose: bool) -> None:
    told = [level for level in Level if verbose or level is not Level.NOTE]
    for finding in sorted(report.of(*told), key=lambda finding: list(Level).index(finding.level)):
        write_line(f"{name}: {finding.level.value}: {finding}")
    if not quiet and report.clean:
        write_line(f"{name}: OK ({amounts(report.files, report.directories, report.links, report.content_bytes)})")
