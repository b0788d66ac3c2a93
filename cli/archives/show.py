"""``pltpack show``: everything that an archive says of itself, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final, cast

import typer

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, PltError
from pltpack.inspection.facts import facts
from pltpack.inspection.summary import Digests, summarise
from pltpack.inspection.verify import verify
from pltpack.many.columns import ARCHIVES, Row
from pltpack.many.rows import archive_row

from .. import options, racket_options
from ..console import complain, complain_of, exit_code, exit_code_of, print_json, usage_error, write_line
from ..inputs import is_stream, readable, shown
from ..limits import limited
from ..many.tables import Spelling, code_of, print_table, spelling
from ..many.tables import archives as found
from ..outputs import check_output
from ..processes import each
from ..progress import counted, progress, seen_on_terminal
from .documents import summary_json

_WIDTH: Final = 15


@limited
def show(
    archives: Annotated[
        list[str],
        typer.Argument(metavar="ARCHIVE...", help="A .plt, zip, tgz, tar or directory, or many; - is stdin."),
    ],
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write a page: facts, findings, tree, map of sizes; or one over many archives.",
        ),
    ] = None,
    force: options.Force = False,
    digests: Annotated[bool, typer.Option("--digests", help="Take the SHA-256 of every file, for --json.")] = False,
    table: options.Table = False,
    csv: options.Csv = False,
    jsonl: options.Jsonl = False,
    recursive: options.Recursive = False,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    jobs: options.Processes = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Show everything that archives say of themselves.

    Their header, where they would be installed and as which package, their encoding, counts and digests; of many of
    them a table. A directory stands for the archives in it, however deep, told by their content, unless it is a package
    itself (has an info.rkt, or no archives in it).

    \b
    pltpack show games.plt                  for people
    pltpack show games.plt --json           for programs (docs/json.md)
    pltpack show games.plt --html page.html for the browser
    pltpack show archives/ --html page.html one page over all of them
    pltpack show --table *.plt              one line an archive
    pltpack show --csv archives/ > all.csv  the same for spreadsheets, with all columns
    """
    how = spelling(table=table, csv=csv, json=json, jsonl=jsonl)
    names = found(archives, recursive=recursive)
    showing = _Showing(racket, racket_version, digests, quiet, limits)
    if how is not None and (how is not Spelling.JSON or len(names) > 1):
        if html is not None:
            usage_error("--html and a table exclude each other")
        codes: set[int] = set()
        streaming = how not in (Spelling.JSON, Spelling.TABLE)
        rows = counted(
            "Reading",
            names,
            each(partial(_row, limits=limits), names, jobs=jobs),
            quiet=quiet or seen_on_terminal(streaming=streaming),
        )
        print_table("show", ARCHIVES, code_of(rows, codes), how)
        if codes:
            raise typer.Exit(max(codes))
        return
    if html in ("-", "/dev/stdout") and json:
        usage_error("--json and a page on standard output exclude each other")
    if html is not None:
        check_output(html, "html", inputs=names, force=force)
    elif force:
        usage_error("--force goes with --html")
    if html is not None and len(names) > 1:
        _write_overview(html, names, jobs, limits, quiet=quiet)
        return
    if len(names) == 1:
        if (damage := showing(names[0], html, json=json)) is not None:
            raise damage
        return
    code = 0
    for number, name in enumerate(names):
        if number and not quiet:
            write_line("")
        try:
            error: PltError | OSError | None = showing(name, html, json=json)
        except (PltError, OSError) as raised:
            error = raised
        if error is not None:
            complain_of(error)
            code = max(code, exit_code(error))
    if code:
        raise typer.Exit(code)


def _row(name: str, *, limits: Limits) -> Row:
    if not is_stream(name):
        return archive_row(name, limits=limits)
    with readable(name) as source:
        return archive_row(shown(name), source=cast("BinaryIO", source), limits=limits)


@dataclass(frozen=True, slots=True)
class _Showing:
    """Shows one archive; the fields are the options of the same names."""

    racket: Path | None
    racket_version: str | None
    digests: bool
    quiet: bool
    limits: Limits

    def __call__(self, archive: str, html: str | None, *, json: bool) -> FormatError | None:
        """Print what there is to say; the damage, if there is any, is for the caller to tell."""
        taken: Digests = "members" if self.digests else "archive"
        with readable(archive) as source, progress(f"Reading {shown(archive)}", quiet=self.quiet) as watch:
            summary = summarise(
                source,
                digests=taken,
                members=json or html is not None,
                package=not is_stream(archive),
                limits=self.limits,
                progress=watch,
            )
        places = package = None
        if not is_stream(archive) and summary.damage is None:
            from pltpack.inspection.package import view_package

            package = summary.package or view_package(archive, limits=self.limits)
        if summary.plt is not None:
            from pltpack.inspection.places import places as find_places
            from pltpack.racket.installation import Installation

            places = find_places(summary, Installation.discover(racket=self.racket, version=self.racket_version))
        if html is not None:
            from pltpack.inspection.pages.archive import page

            report = None if is_stream(archive) else verify(archive, limits=self.limits)
            _write_page(html, page(summary, shown(archive), places, package, report))
        if json:
            print_json(summary_json(summary, archive, places, package))
        elif html is None and not self.quiet:
            for label, text in facts(summary, shown(archive), places, package):
                if label != "damage":  # that is an error, told on standard error
                    write_line(f"{label + ':' if label else '':{_WIDTH}}{text}".rstrip())
        return summary.damage


def _write_overview(html: str, names: list[str], jobs: int | None, limits: Limits, *, quiet: bool) -> None:
    """A page over all of the archives; those that cannot be read are told on it and on standard error."""
    from pltpack.many.overview import look, overview_of

    looks = list(counted("Reading", names, each(partial(look, limits=limits), names, jobs=jobs), quiet=quiet))
    _write_page(html, overview_of(looks))
    codes = {exit_code_of(code) for one in looks if isinstance(code := one.row["error"], str)}
    for one in looks:
        if one.row["error"] is not None:
            complain(f"{one.row['archive']}: {one.row['message']}")
    if codes:
        raise typer.Exit(max(codes))


def _write_page(path: str, text: str) -> None:
    path = "/dev/stdout" if path == "-" else path
    from pltpack.transaction.file import replacing

    with replacing(path) as stream:
        stream.write(text.encode())
