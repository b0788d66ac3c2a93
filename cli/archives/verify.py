"""``pltpack verify``: read archives to the end and tell what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated, Final

import typer

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.verify import verify as verify_archive
from pltpack.inspection.wording import amounts, counted
from pltpack.many.columns import REPORTS, Row
from pltpack.many.rows import empty, failed, report_row

from .. import options
from ..console import (
    DAMAGED,
    DIFFERENT,
    Colour,
    complain_of,
    escape,
    exit_code,
    print_json,
    print_json_line,
    usage_error,
    write_coloured,
    write_line,
)
from ..documents import Json, document, error_json
from ..inputs import readable, shown
from ..limits import limited
from ..many.tables import Spelling, print_table, spelling
from ..many.tables import archives as found
from ..processes import each
from ..progress import counted as counted_bar
from ..progress import progress, seen_on_terminal
from .documents import report_json

_COLOURS: Final[dict[Level, Colour]] = {
    Level.DAMAGE: "red",
    Level.UNSAFE: "red",
    Level.LENIENCY: "yellow",
    Level.TRAP: "yellow",
    Level.NOTE: "cyan",
}


@limited
def verify(
    archives: Annotated[
        list[str], typer.Argument(metavar="ARCHIVE...", help="Archives, packages, directories; - is stdin.")
    ],
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="LEVEL",
            help="What fails: damage, unsafe, leniency, trap or note, and all that is worse (default: trap).",
            autocompletion=lambda: [level.value for level in Level],
        ),
    ] = Level.TRAP.value,
    summary: Annotated[
        bool, typer.Option("--summary", help="Tell only how many archives have which findings.")
    ] = False,
    table: options.Table = False,
    csv: options.Csv = False,
    jsonl: options.Jsonl = False,
    recursive: options.Recursive = False,
    quiet: options.Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell notes, too.")] = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Check archives without unpacking them.

    Damage, unsafe paths, odd spellings, names that are traps on other systems: all are told. A .CHECKSUM file beside an
    archive is compared with it. A directory stands for the archives in it, however deep, unless it is a package itself
    (has an info.rkt, or no archives in it). The exit code is 0 if nothing is wrong, 1 if something is, and 3 if an
    archive is damaged.

    \b
    pltpack verify games.plt
    pltpack verify dist/* --json
    pltpack verify archives/ --fail-on unsafe --summary
    pltpack verify archives/ --csv > findings.csv
    """
    options.check_voice(quiet=quiet, verbose=verbose)
    how = spelling(table=table, csv=csv, json=json, jsonl=jsonl)
    failing = _failing(fail_on)
    if summary and how is not None:
        usage_error("--summary excludes --table, --csv, --json and --jsonl")
    names = found(archives, recursive=recursive)
    work = partial(_verified, limits=limits, quiet=quiet or len(names) > 1)
    outcome = _Outcome(failing)
    streaming = not summary and how not in (Spelling.JSON, Spelling.TABLE)
    reports = counted_bar(
        "Verifying", names, each(work, names, jobs=jobs), quiet=quiet or seen_on_terminal(streaming=streaming)
    )
    verified = outcome.seen(zip(names, reports, strict=True))
    if how is Spelling.JSON:
        documents: list[Json] = [_json(name, report) for name, report in verified]
        print_json(document("verify", archives=documents))
    elif how is Spelling.JSONL:
        for name, report in verified:
            print_json_line(document("verify-archive", **_json(name, report)))
    elif how is not None:
        print_table("verify", REPORTS, (_row(name, report) for name, report in verified), how)
    else:
        for name, report in verified:
            if isinstance(report, Report) and not summary:
                _print(report, shown(name), quiet=quiet, verbose=verbose)
        if summary:
            for line in outcome.lines(notes=verbose):
                write_line(line)
    if outcome.code:
        raise typer.Exit(outcome.code)


def _failing(text: str) -> tuple[Level, ...]:
    """The levels that fail: the one that is named and all that are worse."""
    levels = [level.value for level in Level]
    if text not in levels:
        usage_error(f"--fail-on is one of {', '.join(levels)}, not {text}")
    return tuple(Level)[: levels.index(text) + 1]


def _verified(name: str, *, limits: Limits, quiet: bool) -> Report | PltError | OSError:
    try:
        with readable(name) as source, progress(f"Verifying {shown(name)}", quiet=quiet) as watch:
            return verify_archive(source, limits=limits, progress=watch)
    except (PltError, OSError) as error:
        return error


class _Outcome:
    """What was found in all of the archives, and the exit code."""

    def __init__(self, failing: tuple[Level, ...]) -> None:
        self._failing = failing
        self._archives = 0
        self._clean = 0
        self._unread = 0
        self._found: dict[tuple[Level, str], list[int]] = {}
        """Of each kind of finding, how many archives have it, and how many times."""
        self.code = 0

    def seen(
        self, verified: Iterable[tuple[str, Report | PltError | OSError]]
    ) -> Iterator[tuple[str, Report | PltError | OSError]]:
        """What was verified, after a look at it; what could not be read is told on standard error."""
        for name, report in verified:
            self._archives += 1
            if isinstance(report, Report):
                self._count(report)
            else:
                self._unread += 1
                complain_of(report)
                self.code = max(self.code, exit_code(report))
            yield name, report

    def _count(self, report: Report) -> None:
        self._clean += report.clean
        if report.of(*self._failing):
            self.code = max(self.code, DIFFERENT if report.whole else DAMAGED)
        kinds = Counter((finding.level, finding.code) for finding in report.findings)
        for kind, times in kinds.items():
            counts = self._found.setdefault(kind, [0, 0])
            counts[0] += 1
            counts[1] += times

    def lines(self, *, notes: bool) -> Iterator[str]:
        """The summary: a line for each kind of finding, the worst first, and one for all archives."""
        levels = list(Level)
        for (level, code), (archives, times) in sorted(
            self._found.items(), key=lambda item: (levels.index(item[0][0]), -item[1][0], item[0][1])
        ):
            if notes or level is not Level.NOTE:
                yield f"{level.value:8} {code:18} {counted(times, 'time')} in {counted(archives, 'archive')}"
        unread = f", {self._unread:,} could not be read" if self._unread else ""
        yield f"{counted(self._archives, 'archive')}: {self._clean:,} OK{unread}"


def _json(name: str, report: Report | PltError | OSError) -> dict[str, Json]:
    if isinstance(report, Report):
        return report_json(report, name)
    return {"archive": name, "error": error_json(report, exit_code(report))}


def _row(name: str, report: Report | PltError | OSError) -> Row:
    return report_row(report, name) if isinstance(report, Report) else failed(empty(REPORTS, name), report)


def _print(report: Report, name: str, *, quiet: bool, verbose: bool) -> None:
    told = [level for level in Level if verbose or level is not Level.NOTE]
    for finding in sorted(report.of(*told), key=lambda finding: list(Level).index(finding.level)):
        # Escaped into a pipe, too: the names are strangers'.
        write_coloured(escape(f"{name}: {finding.level.value}: {finding}"), _COLOURS[finding.level])
    if not quiet and report.clean:
        write_coloured(
            f"{name}: OK ({amounts(report.files, report.directories, report.links, report.content_bytes)})", "green"
        )
