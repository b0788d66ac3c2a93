"""``pltpack catalog check``: what users would run into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pltpack.codec.limits import Limits

from .. import options
from ..console import DIFFERENT, print_json, usage_error, write_line
from ..documents import document
from ..limits import limited

if TYPE_CHECKING:
    from pltpack.site.checks.findings import CheckReport


@limited
def check(
    catalog: Annotated[
        str, typer.Argument(metavar="CATALOG", help="A site, a directory, a .sqlite file, or the URL of a catalog.")
    ],
    upstream: Annotated[
        list[str],
        typer.Option("--upstream", metavar="CATALOG", help="Dependencies may be in this one, too; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    against: Annotated[
        list[str],
        typer.Option("--against", metavar="CATALOG", help="Tell names that this one has as well; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    no_archives: Annotated[
        bool, typer.Option("--no-archives", help="Do not read the archives; of a server, one record alone.")
    ] = False,
    allowed_signers: Annotated[
        str | None,
        typer.Option("--allowed-signers", metavar="FILE", help="It must be signed by one of these keys."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    jobs: options.Processes = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF, for continuous integration.")] = False,
    limits: Limits = Limits(),
) -> None:
    """Check a catalog as raco pkg will use it.

    Each finding says what is wrong, where, what it does to users, and what to do. The exit code is 0 without errors,
    and 1 with.

    \b
    pltpack catalog check site/
    pltpack catalog check https://host/catalog/ --against https://pkgs.racket-lang.org/
    """
    if json and as_sarif:
        usage_error("--json and --sarif exclude each other")
    from pltpack.site.checks.check import check_catalog

    from .build import executor_for

    with executor_for(jobs, 0 if no_archives else 100) as executor:
        report = check_catalog(
            catalog,
            upstream=upstream,
            against=against,
            archives=not no_archives,
            executor=executor,
            allowed_signers=allowed_signers,
            limits=limits,
        )
    tell_findings(
        "catalog-check", report, tool="pltpack catalog check", quiet=quiet, json=json, as_sarif=as_sarif, strict=strict
    )


def tell_findings(
    kind: str, report: CheckReport, *, tool: str, quiet: bool, json: bool, as_sarif: bool, strict: bool
) -> None:
    """Tell what a check has found, which makes the exit code; ``tool`` is what SARIF calls the command."""
    from pltpack import __version__
    from pltpack.inspection.wording import counted
    from pltpack.site.checks.findings import KINDS, LEVELS, sarif

    if json:
        print_json(
            document(
                kind,
                packages=report.packages,
                archives=report.archives,
                counts={level: report.counts[level] for level in LEVELS},
                findings=[
                    {
                        "kind": finding.kind,
                        "level": finding.level,
                        "place": finding.place,
                        "package": finding.package,
                        "detail": finding.detail,
                        "title": KINDS[finding.kind].title,
                        "remedy": KINDS[finding.kind].remedy,
                    }
                    for finding in report.findings
                ],
            )
        )
    elif as_sarif:
        print_json(sarif(report, __version__, tool))
    else:
        for finding in report.findings:
            if not quiet or finding.level == "error":
                write_line(finding.line())
        if not quiet:
            counts = report.counts
            amounts = ", ".join(counted(counts[level], level) for level in counts)
            write_line(f"{counted(report.packages, 'package')}, {counted(report.archives, 'archive')}: {amounts}")
    if not report.sound or (strict and report.counts["warning"]):
        raise typer.Exit(DIFFERENT)
