"""``raco-unpack`` and ``unpack``: list archives, and put their files where they belong."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import partial
from typing import Annotated, BinaryIO, Final

import typer

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader

from .. import options, racket_options
from ..console import DONE, print_json, run_command, usage_error, write_lines
from ..documents import Json, document
from ..inputs import shown
from ..limits import DEFAULT_LIMITS, limited
from ..processes import in_parallel
from ..progress import counted, progress
from .choosing import Choice
from .done import Action, Done
from .listing import entry_json, entry_line

_DOCUMENTS: Final = {
    (False, False): "unpack",
    (False, True): "unpack-at-plt",
    (True, False): "unpack-list",
}
"""The JSON documents, by whether entries are only listed, and whether they are installed."""


@limited
def unpack(
    archives: Annotated[
        list[str] | None, typer.Argument(metavar="[ARCHIVE]...", help="Archives; - is standard input.")
    ] = None,
    list_only: Annotated[bool, typer.Option("-l", "--list", help="List the content, unpack nothing.")] = False,
    config: Annotated[bool, typer.Option("-c", "--config", help="Show the archive's configuration.")] = False,
    force: Annotated[
        bool,
        typer.Option("-f", "--force", help="Replace existing files; with --at-plt: only warn of missing requirements."),
    ] = False,
    dest: Annotated[
        str, typer.Option("-C", "--dest", metavar="DIR", help="Unpack below DIR instead of the current directory.")
    ] = "",
    at_plt: Annotated[
        bool, typer.Option("--at-plt", help="Install: into the directories of Racket that the archive asks for.")
    ] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="With --at-plt: into the installation, for all its users.")
    ] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="With --at-plt: look at neither requirements nor conflicts.")
    ] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="With --at-plt: run raco setup on the collections afterwards.")
    ] = False,
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    collects: racket_options.Collects = [],  # noqa: B006  typer copies it
    only: Annotated[
        list[str], typer.Option("--only", metavar="GLOB", help="Only what matches (as in .gitignore); repeatable.")
    ] = [],  # noqa: B006
    exclude: options.Exclude = [],  # noqa: B006  typer copies it
    strip_components: Annotated[
        int, typer.Option("--strip-components", metavar="N", min=0, help="Drop N names from the front of every path.")
    ] = 0,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Keep what is whole in a damaged archive, and say what is not.")
    ] = False,
    sanitize: Annotated[
        bool, typer.Option("--sanitize", help="Make unsafe paths safe, dropping .. and roots, instead of refusing.")
    ] = False,
    durable: Annotated[bool, typer.Option("--durable", help="Wait for the disk: safe against power cuts too.")] = False,
    dry_run: options.DryRun = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what was written.")] = False,
    quiet: options.Quiet = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Unpack archives into the current directory, as raco unpack does, but safely.

    Nothing is written outside of it, links are not followed, and an archive that is damaged, or in the way of what is
    there, leaves everything as it was. With --at-plt archives are installed, as raco setup -A does short of
    compiling.
    """
    if not at_plt and (all_users or no_check or setup or racket or racket_version or collects):
        usage_error("--all-users, --no-check, --setup, --racket, --racket-version and --collects go with --at-plt")
    if at_plt and (dest or only or exclude or strip_components or salvage):
        usage_error("--dest, --only, --exclude, --strip-components and --salvage do not go with --at-plt")
    if list_only and (dest or at_plt or salvage or sanitize or durable or verbose):
        usage_error("--dest, --at-plt, --salvage, --sanitize, --durable and --verbose do not go with --list")
    options.check_voice(quiet=quiet, verbose=verbose)
    names = archives or []
    choice = Choice(only, exclude, strip_components)
    config = config and not json and not quiet  # a document has the header anyway
    act: Action
    installing = extracting = None
    if list_only and not (json or quiet) and in_parallel(names, jobs):
        from .many import list_in_parallel

        if code := list_in_parallel(names, config=config, choice=choice, limits=limits, jobs=jobs):
            raise typer.Exit(code)
        return
    if list_only:
        act = partial(_list, choice=choice, quiet=quiet, json=json)
    elif at_plt:
        from pltpack.racket.installation import Installation

        from .installing import Installing

        act = installing = Installing(
            installation=Installation.discover(racket=racket, version=racket_version, collects=collects),
            all_users=all_users,
            force=force,
            check=not no_check,
            setup=setup,
            sanitize=sanitize,
            durable=durable,
            dry_run=dry_run,
            verbose=verbose,
            quiet=quiet,
            json=json,
            limits=limits,
        )
    else:
        from .extracting import Extracting

        act = extracting = Extracting(
            dest=dest,
            force=force,
            choice=choice,
            salvage=salvage,
            sanitize=sanitize,
            durable=durable,
            dry_run=dry_run,
            verbose=verbose,
            quiet=quiet,
            json=json,
            limits=limits,
        )
    # Where lines about the entries can be seen, they tell how far it is.
    no_bar = quiet or (sys.stdout.isatty() and (list_only or config or verbose or dry_run))
    if extracting is not None and in_parallel(names, jobs):
        each = counted("Unpacking", names, extracting.side_by_side(names, config=config, jobs=jobs), quiet=no_bar)
    else:
        each = _one_after_the_other(names, act, config=config, limits=limits, quiet=no_bar)
    try:
        done = _told(_DOCUMENTS[list_only, at_plt], each, json=json)
    except FileNotFoundError as error:
        if error.filename not in names[1:]:
            raise
        # Other programs take what comes behind the archive for members of it.
        reason = f"{error.strerror} (each argument is an archive; --only GLOB takes a part of one)"
        raise FileNotFoundError(error.errno, reason, error.filename) from None
    if installing is not None:
        installing.set_up(done)
    if code := next((one.code for one in done if one.code), DONE):
        raise typer.Exit(code)


def _one_after_the_other(
    archives: list[str], act: Action, *, config: bool, limits: Limits, quiet: bool
) -> Iterator[Done]:
    for number, name in enumerate(archives, 1):
        label = f"{number}/{len(archives)} Unpacking {name}" if len(archives) > 1 else f"Unpacking {name}"
        with _opened(name, label, limits, quiet=quiet) as archive:
            if config:
                _show_config(archive)
            yield act(name, archive)


def _told(kind: str, each: Iterator[Done], *, json: bool) -> list[Done]:
    """What was done with the archives until one failed; the document tells of those before it."""
    told: list[Done] = []
    ended = False
    try:
        for one in each:
            told.append(one)
        ended = True
    finally:
        if json and (ended or told):
            print_json(document(kind, archives=[one.document for one in told]))
    return told


@contextlib.contextmanager
def _opened(name: str, label: str, limits: Limits, *, quiet: bool) -> Iterator[ArchiveReader]:
    source: str | BinaryIO = sys.stdin.buffer if name == "-" else name
    with contextlib.ExitStack() as stack:
        if (watch := stack.enter_context(progress(label, quiet=quiet))) is not None:
            from pltpack.input import watched

            source = stack.enter_context(watched(source, progress=watch, digests=False))
        yield stack.enter_context(open_archive(source, limits=limits))


def _show_config(archive: ArchiveReader) -> None:
    from .headers import config_lines

    write_lines(config_lines(archive.preamble))


def _list(name: str, archive: ArchiveReader, *, choice: Choice, quiet: bool, json: bool) -> Done:
    entries = choice.of(archive)
    if json:
        from .headers import header_json

        header = header_json(archive.preamble)
        listed: list[Json] = [entry_json(entry) for entry in entries]
        return Done(choice.report(shown(name), listed), {"archive": name, "header": header, "entries": listed})
    count = 0

    def lines() -> Iterator[str]:
        nonlocal count
        for line in filter(None, map(entry_line, entries)):
            count += 1
            yield line

    if quiet:
        count = sum(1 for _ in entries)
    else:
        write_lines(lines() if choice else filter(None, map(entry_line, entries)))
    return Done(choice.report(shown(name), count))


def main() -> None:
    """The programs ``raco-unpack`` and ``unpack``."""
    run_command(unpack)
