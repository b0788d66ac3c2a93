"""``raco-pkg audit``: which locked packages have known weaknesses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from ..locks import lock_options as lo

if TYPE_CHECKING:
    from pltpack.supply.audit import Finding


def audit(
    advisories: Annotated[
        list[Path],
        typer.Argument(metavar="ADVISORIES...", help="Files in the OSV format, or folders of such files (.json)."),
    ],
    file: lo.File = lo.LOCK,
    ignore: Annotated[
        list[str], typer.Option("--ignore", metavar="ID", help="Pass over this advisory, or alias; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    racket_version: Annotated[
        str | None, typer.Option("--racket-version", metavar="V", help="Only what holds for this version of Racket.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", metavar="P", help="Only what holds for this platform, as x86_64-linux.")
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Compare a lock file with advisories about weaknesses, which are in files: no network is asked.

    An advisory is about a package by the ecosystem Racket and its name, by a package URL (pkg:generic/racket/NAME,
    pkg:generic/NAME or pkg:racket/NAME), or by the repository that it is from. Exits with 1 if there is something to
    tell, be it certain or possible.

    \b
    raco-pkg audit advisories/
    raco-pkg audit advisories/ --ignore OSV-2026-1 --json
    """
    from pltpack.lock.read import read_lock
    from pltpack.supply.audit import audit_lock
    from pltpack.supply.osv import read_advisories

    from .export import target_of

    lock = read_lock(file)
    known = [advisory for path in advisories for advisory in read_advisories(path)]
    findings = audit_lock(lock, known, ignore=ignore, target=target_of(lock, racket_version, platform))
    if json:
        print_json(
            document(
                "audit",
                file=str(file),
                advisories=len(known),
                packages=len(lock.packages),
                findings=[_json(finding) for finding in findings],
            )
        )
    elif not quiet:
        from pltpack.inspection.wording import counted

        for finding in findings:
            write_line(str(finding))
        count, given = counted(len(lock.packages), "package"), "advisory" if len(known) == 1 else "advisories"
        write_line(f"{count}, {len(known)} {given}: {counted(len(findings), 'finding')}")
    if findings:
        raise typer.Exit(DIFFERENT)


def _json(finding: Finding) -> dict[str, Json]:
    block = finding.part.block
    return {
        "id": finding.advisory.id,
        "aliases": list(finding.advisory.aliases),
        "summary": finding.advisory.summary,
        "severity": [{"type": one.type, "score": one.score} for one in finding.advisory.severity],
        "package": block.name,
        "version": block.version,
        "checksum": block.checksum,
        "certain": finding.certain,
        "fixed": list(finding.fixed),
    }
