"""``pltpack edit``: an archive with changes, everything else as it was."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pltpack.codec.limits import Limits
from pltpack.editing.changes import AddDirectory, AddFile, Change, Content, RemoveEntries, RenameEntry
from pltpack.editing.edit import edit as edit_archive
from pltpack.editing.edited import Edited
from pltpack.inspection.wording import amounts, counted

from .. import options
from ..console import print_json, usage_error, write_lines
from ..documents import Json, document
from ..inputs import shown
from ..limits import limited_but_for_paths
from ..progress import progress

if TYPE_CHECKING:
    from pltpack.packer.filters import FileFilter


@limited_but_for_paths
def edit(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="A .plt archive; - is stdin (then -o is needed).")],
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write FILE instead of changing ARCHIVE; - is stdout."),
    ] = None,
    add: Annotated[
        list[str],
        typer.Option(
            "--add",
            metavar="FILE=PATH",
            help="Put FILE, or a directory with all in it, at PATH in the archive; repeatable.",
        ),
    ] = [],  # noqa: B006  typer copies it
    mkdir: Annotated[list[str], typer.Option("--mkdir", metavar="PATH", help="Have a directory; repeatable.")] = [],  # noqa: B006
    rm: Annotated[
        list[str],
        typer.Option("--rm", metavar="GLOB", help="Remove what matches (as in .gitignore); repeatable."),
    ] = [],  # noqa: B006
    rename: Annotated[
        list[str],
        typer.Option("--rename", metavar="OLD=NEW", help="Rename a file, or a directory with all in it; repeatable."),
    ] = [],  # noqa: B006
    set: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Set a field of the header: name, requires, conflicts, collections, location, test-dirs; repeatable.",
        ),
    ] = [],  # noqa: B006
    filter: Annotated[
        list[str],
        typer.Option("--filter", metavar="COMMAND", help="Send files through a program; repeatable."),
    ] = [],  # noqa: B006
    only: Annotated[
        list[str], typer.Option("--only", metavar="GLOB", help="With --filter: only files that match; repeatable.")
    ] = [],  # noqa: B006
    replace: Annotated[
        bool, typer.Option("--replace", help="Added files replace existing ones when they are unpacked.")
    ] = False,
    exclude: Annotated[
        list[str],
        typer.Option(
            "--exclude", metavar="GLOB", help="With --add: leave out what matches in a directory; repeatable."
        ),
    ] = [],  # noqa: B006
    raw: Annotated[bool, typer.Option("--raw", help="Write the raw stream, without gzip and base64.")] = False,
    fast: options.Fast = False,
    best: options.Best = False,
    level: options.Level = None,
    gzip_program: options.GzipProgram = False,
    jobs: options.Jobs = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Change an archive: add, replace, rename and remove files, and set fields of the header.

    What no option speaks of stays as it is, byte for byte: the header, of whatever shape, and all other entries. The
    archive is changed when all has gone well, and left alone otherwise. First files are removed, then renamed, then
    added, then sent through the programs, which find their path in PLTPACK_ENTRY.

    \b
    pltpack edit old.plt --add main.rkt=collects/games/main.rkt -o new.plt
    pltpack edit old.plt --rm '*.bak' --rename collects/game=collects/games
    pltpack edit old.plt --set name="Games 2" --set "requires=mzlib 370.1, mred"
    pltpack edit old.plt --filter 'sed s/mzscheme/racket/' --only '*.rkt'
    """
    target = output if output is not None else archive
    if archive == "-" and output is None:
        usage_error("an archive from standard input cannot be changed in place: -o FILE is needed")
    if target == "-" and json and not dry_run:
        usage_error("--json and an archive on standard output exclude each other")
    if only and not filter:
        usage_error("--only goes with --filter")
    if not (add or mkdir or rm or rename or set or filter) and output is None:
        usage_error("nothing is to be changed: --add, --mkdir, --rm, --rename, --set or --filter is wanted")
    try:
        changes = [*_changes(rm, rename), *_added(add, mkdir, exclude, replace=replace)]
        changes += [*_filters(filter, only), *_fields(set)]
        compression = options.compression(fast=fast, best=best, level=level, gzip_program=gzip_program)
        with progress(f"Editing {shown(archive)}", quiet=quiet) as watch:
            made = edit_archive(
                sys.stdin.buffer if archive == "-" else archive,
                changes,
                sys.stdout.buffer if target == "-" else target,
                encode=not raw,
                compression=compression,
                jobs=jobs,
                dry_run=dry_run,
                limits=limits,
                progress=watch,
            )
    except ValueError as error:
        _refuse(error)
    if json:
        print_json(_json(made, archive, target, written=not dry_run))
    elif not quiet and (target != "-" or dry_run):
        write_lines(_lines(made, shown(archive), target))


def _refuse(error: ValueError) -> NoReturn:
    """A value that contradicts another is a wrong call; damaged data, which is a ``ValueError`` too, is none."""
    from pltpack.errors import PltError

    if isinstance(error, PltError | UnicodeError):
        raise error
    usage_error(str(error))


def _matcher(globs: list[str]) -> Callable[[str], bool]:
    from pltpack.patterns import matcher

    return matcher(globs)


def _changes(rm: list[str], rename: list[str]) -> Iterator[Change]:
    for glob in rm:
        yield RemoveEntries(_matcher([glob]), glob)
    for text in rename:
        old, new = _pair(text, "--rename OLD=NEW")
        yield RenameEntry(old, new)


def _pair(text: str, option: str) -> tuple[str, str]:
    left, equals, right = text.rpartition("=")
    if not (left and equals and right):
        usage_error(f"{text!r} is not what {option} wants")
    return left, right


def _added(add: list[str], mkdir: list[str], exclude: list[str], *, replace: bool) -> Iterator[Change]:
    for path in mkdir:
        yield AddDirectory(path)
    for text in add:
        source, path = _pair(text, "--add FILE=PATH") if "=" in text else (text, text)
        if os.path.isdir(source):
            yield from _tree(source, path, exclude, replace=replace)
        else:
            yield AddFile(path, _found(source), replace or None)


def _found(source: str) -> Content:
    """What is at a path: a file as the one that it is now, whatever takes its place later; a pipe as a pipe.

    One that is not there is told before anything is read.
    """
    from pltpack.regular import FileContent, identity_of

    status = os.stat(source)
    return FileContent(Path(source), identity_of(status)) if stat.S_ISREG(status.st_mode) else Path(source)


def _tree(source: str, path: str, exclude: list[str], *, replace: bool) -> Iterator[Change]:
    """A directory as ``raco pack`` takes it: without backups, version control and compiled files."""
    from pltpack.codec.entries import display_path
    from pltpack.packer.filters import excluding, std_filter
    from pltpack.packer.mztar import SourceFile, walk
    from pltpack.regular import FileContent

    file_filter: FileFilter = std_filter
    if exclude:
        inner = excluding(exclude, std_filter, directory=source)
        prefix = f"{source.rstrip('/')}/"
        file_filter = lambda found: inner(found.removeprefix(prefix))  # noqa: E731
    for entry in walk(source, file_filter, as_path=path):
        shown_path = display_path(entry.path)
        if isinstance(entry, SourceFile):
            found = FileContent(Path(os.fsdecode(entry.source)), entry.identity)
            yield AddFile(shown_path, found, replace or None)
        else:
            yield AddDirectory(shown_path)


def _filters(commands: list[str], only: list[str]) -> Iterator[Change]:
    from pltpack.editing.program import program_filter

    chosen = _matcher(only) if only else None
    for command in commands:
        words = shlex.split(command)
        if not words:
            usage_error("--filter wants a command")
        yield program_filter(words, chosen)


def _fields(texts: list[str]) -> Iterator[Change]:
    from pltpack.editing.header import parsed

    for text in texts:
        yield parsed(text)


def _lines(made: Edited, source: str, target: str) -> Iterator[str]:
    for name, before, after in made.header:
        yield f"~ header {name}: {before} -> {after}"
    for path in made.removed:
        yield f"- {path}"
    for old, new in made.renamed:
        yield f"> {old} -> {new}"
    for path in (*made.replaced, *made.filtered):
        yield f"~ {path}"
    for path in made.added:
        yield f"+ {path}"
    amount = amounts(made.files, made.directories, 0, made.content_bytes)
    kept = f"{counted(made.kept, 'entry', 'entries')} kept"
    yield f"{source} -> {'standard output' if target == '-' else target}: {amount}; {kept}"


def _json(made: Edited, source: str, target: str, *, written: bool) -> dict[str, Json]:
    return document(
        "edit",
        source=source,
        dest=target,
        written=written,
        changed=made.changed,
        header=[{"field": name, "before": before, "after": after} for name, before, after in made.header],
        added=list(made.added),
        replaced=list(made.replaced),
        removed=list(made.removed),
        renamed=[{"old": old, "new": new} for old, new in made.renamed],
        filtered=list(made.filtered),
        kept=made.kept,
        counts={
            "files": made.files,
            "directories": made.directories,
            "links": 0,
            "bytes": made.content_bytes,
        },
    )
