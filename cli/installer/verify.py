"""``pltpack installer verify``: whether installers are whole, safe, and those that they should be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pltpack.errors import PltError

from .. import options
from ..console import DAMAGED, DIFFERENT, complain_of, escape, exit_code, print_json, write_line
from ..documents import Json, document, error_json
from ..limits import DEFAULT_LIMITS, MaxEntries, MaxFile, MaxRatio, MaxTotal
from .installer_options import limits_of, report_json

if TYPE_CHECKING:
    from pltpack.distribution.installer.look import InstallerReport


def verify(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Installers: .sh, .tgz.")],
    sums: Annotated[
        str | None,
        typer.Option(
            "--sums",
            metavar="WHAT",
            help="What their sums should be: a site, installers.rktd, SHA256SUMS, or a digest.",
        ),
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    max_entries: MaxEntries = DEFAULT_LIMITS.entries,
    max_total: MaxTotal = DEFAULT_LIMITS.total_bytes,
    max_file: MaxFile = DEFAULT_LIMITS.file_bytes,
    max_ratio: MaxRatio = DEFAULT_LIMITS.ratio,
) -> None:
    """Check installers without running them: the checksum in the head, the archive to its end, every path.

    The exit code is 0 if all are sound, 1 if something is wrong, and 3 if one is damaged.
    """
    from pltpack.distribution.installer.look import look_at_installer
    from pltpack.distribution.installer.sums import expected_sums, sums_problem

    limits = limits_of(max_entries, max_total, max_file, max_ratio)
    said = None if sums is None else expected_sums(sums)
    documents: list[Json] = []
    code = 0
    for name in files:
        try:
            report = look_at_installer(name, limits=limits)
        except (PltError, OSError) as error:
            code = max(code, exit_code(error))
            documents.append({"file": name, "sound": False, "error": error_json(error, exit_code(error))})
            if not json:
                complain_of(error)
            continue
        if said is not None and (problem := sums_problem(report.sums, said.get(os.path.basename(name), said.get("")))):
            report.problems.append(problem)
        damaged = report.damage is not None or any("BINSUM" in problem for problem in report.problems)
        code = max(code, DAMAGED if damaged else 0 if report.sound else DIFFERENT)
        documents.append({"sound": report.sound, "error": None, **report_json(report)})
        if not json:
            _print(report, name, quiet=quiet)
    if json:
        print_json(document("installer-verify", installers=documents))
    if code:
        raise typer.Exit(code)


def _print(report: InstallerReport, name: str, *, quiet: bool) -> None:
    from pltpack.distribution.installer.look import findings

    for finding in findings(report):
        write_line(f"{escape(name)}: {escape(finding)}")
    if report.sound and not quiet:
        write_line(f"{escape(name)}: sound")
