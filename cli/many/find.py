"""``pltpack find``: files in archives, by their names and by what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated, BinaryIO, cast

import typer

from pltpack.codec.limits import Limits
from pltpack.many.columns import MATCHES, Row
from pltpack.many.query import MOST_LINES, Query
from pltpack.many.rows import empty, failed
from pltpack.many.search import Match, Searched, search_archive

from .. import options
from ..console import DIFFERENT, complain_of, exit_code, usage_error, write_line
from ..inputs import is_stream, readable, shown
from ..limits import limited
from ..processes import each
from ..progress import counted, seen_on_terminal
from .tables import Spelling, print_table, spelling
from .tables import archives as found


@limited
def find(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATTERN] ARCHIVE...",
            help="PATTERN, with --text or --regexp: what a line must hold. ARCHIVE: archives of any format, or "
            "directories with archives; - is stdin.",
        ),
    ],
    text: Annotated[bool, typer.Option("--text", help="Search for lines that hold PATTERN.")] = False,
    regexp: Annotated[
        bool, typer.Option("--regexp", "-E", help="Search for lines that match PATTERN, an expression of Python.")
    ] = False,
    ignore_case: Annotated[
        bool, typer.Option("--ignore-case", "-i", help="Take large letters for small ones.")
    ] = False,
    name: Annotated[
        list[str], typer.Option("--name", metavar="GLOB", help="Only files that match (as in .gitignore); repeatable.")
    ] = [],  # noqa: B006  typer copies it
    module: Annotated[
        str | None, typer.Option("--module", metavar="PATH", help="Only the file that (require PATH) finds.")
    ] = None,
    requires: Annotated[
        str | None,
        typer.Option("--requires", metavar="COLL", help="Only programs that require COLL or a module of it."),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Tell how many lines of each file there are.")] = False,
    files: Annotated[bool, typer.Option("--files", "-l", help="Tell only the files, not the lines.")] = False,
    table: options.Table = False,
    csv: options.Csv = False,
    jsonl: options.Jsonl = False,
    recursive: options.Recursive = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Search archives for files, and for lines in them.

    Everything that is asked for must hold. A directory stands for the archives in it, however deep, unless it is a
    package itself. The exit code is 0 if something is found, 1 if nothing is, and more on errors.

    \b
    pltpack find 'mred' archives/ --text
    pltpack find -E '^.require .lib' archives/ --name '*.ss'
    pltpack find --name '*.scrbl' archives/
    pltpack find --module games/cards archives/
    pltpack find --requires mred archives/ -l
    """
    how = spelling(table=table, csv=csv, json=json, jsonl=jsonl)
    query, named = _query(arguments, text, regexp, ignore_case, name, module, requires)
    if count and files:
        usage_error("--count and --files exclude each other")
    if how is not None and (count or files):
        usage_error("--count and --files are for people; tables tell both")
    names = found(named, recursive=recursive)
    outcome = _Outcome()
    streaming = how not in (Spelling.JSON, Spelling.TABLE)
    work = partial(_searched, query=query, limits=limits)
    results = counted("Searching", names, each(work, names, jobs=jobs), quiet=seen_on_terminal(streaming=streaming))
    searched = outcome.seen(results)
    if how is not None:
        print_table("find", MATCHES, (row for one in searched for row in _rows(one)), how)
    else:
        for one in searched:
            for match in one.matches:
                for line in _lines(one.archive, match, count=count, files=files):
                    write_line(line)
    if code := outcome.code or (0 if outcome.matches else DIFFERENT):
        raise typer.Exit(code)


def _query(
    arguments: list[str],
    text: bool,
    regexp: bool,
    ignore_case: bool,
    name: list[str],
    module: str | None,
    requires: str | None,
) -> tuple[Query, list[str]]:
    """What is searched for, and where."""
    if text and regexp:
        usage_error("--text and --regexp exclude each other")
    pattern = None
    if text or regexp:
        pattern, *arguments = arguments
        if not arguments:
            usage_error("PATTERN and archives are wanted with --text and --regexp")
    elif ignore_case:
        usage_error("--ignore-case goes with --text and --regexp")
    if pattern is None and not name and module is None and requires is None:
        usage_error("what is searched for? --text, --regexp, --name, --module or --requires is wanted")
    query = Query(tuple(name), pattern, regexp, ignore_case, module, requires)
    try:
        query.compiled()
    except ValueError as error:
        usage_error(str(error))
    return query, arguments


def _searched(name: str, *, query: Query, limits: Limits) -> Searched:
    if not is_stream(name):
        return search_archive(name, query, limits=limits)
    with readable(name) as source:
        return search_archive(shown(name), query, source=cast("BinaryIO", source), limits=limits)


class _Outcome:
    """How much was found, and the exit code; errors are told on standard error."""

    def __init__(self) -> None:
        self.matches = 0
        self.code = 0

    def seen(self, searched: Iterable[Searched]) -> Iterator[Searched]:
        for one in searched:
            self.matches += len(one.matches)
            yield one
            if one.error is not None:
                complain_of(one.error)
                self.code = max(self.code, exit_code(one.error))


def _lines(archive: str, match: Match, *, count: bool, files: bool) -> Iterator[str]:
    place = f"{archive}:{match.path}"
    if files or not match.count:
        yield place
    elif count:
        yield f"{place}:{match.count}"
    else:
        for line in match.lines:
            yield f"{place}:{line.number}:{line.text}"
        if match.count > MOST_LINES:
            yield f"{place}: and {match.count - MOST_LINES:,} more lines"


def _rows(searched: Searched) -> Iterator[Row]:
    head = empty(MATCHES, searched.archive)
    for match in searched.matches:
        row = head | {"path": match.path, "size": match.size, "count": match.count if match.count else None}
        if not match.lines:
            yield row
        for line in match.lines:
            yield row | {"line": line.number, "text": line.text}
    if searched.error is not None:
        yield failed(head, searched.error)
