"""``pltpack list``: what is in an archive, a package or a directory."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, BinaryIO, cast

import typer

from pltpack.codec.entries import NO_BODY, Directory, File, listed_path
from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.inspection.members import Member
from pltpack.inspection.summary import Summary, summarise
from pltpack.inspection.wording import counted, moment, totals
from pltpack.many.columns import ENTRIES, Row
from pltpack.many.discover import is_archive
from pltpack.many.rows import archive_entries

from .. import options
from ..console import DIFFERENT, complain, complain_of, escape, exit_code, print_json, usage_error, write_line
from ..documents import Json, document
from ..inputs import is_stream, readable, shown
from ..limits import limited
from ..many.tables import Spelling, code_of, print_table, spelling
from ..many.tables import archives as found
from ..processes import each
from ..progress import counted as counted_bar
from ..progress import progress, seen_on_terminal
from .documents import counts_json, member_json


@limited
def list_archive(
    archives: Annotated[
        list[str],
        typer.Argument(
            metavar="ARCHIVE... [GLOB]...",
            help="A .plt, zip, tgz, tar or directory, or many; - is stdin. What is no archive is a pattern: only what "
            "matches (as in .gitignore).",
        ),
    ],
    long: Annotated[bool, typer.Option("-l", "--long", help="A table with sizes, and what else is known.")] = False,
    as_tree: Annotated[bool, typer.Option("-t", "--tree", help="A tree with sizes.")] = False,
    table: options.Table = False,
    csv: options.Csv = False,
    jsonl: options.Jsonl = False,
    recursive: options.Recursive = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """List what is in archives of any format.

    Behind the first archive, an argument that names a file which is an archive is one more, and any other is a pattern.
    A directory stands for the archives in it, however deep, unless it is a package itself (has an info.rkt, or no
    archives in it).

    \b
    pltpack list games.plt                  all paths, as raco unpack -l lists them
    pltpack list games.plt '*.rkt' -l       Racket files, with sizes
    pltpack list games.tgz 'games/cards/'   a folder and what is in it
    pltpack list --csv archives/ '*.scrbl'  one line an entry, of all archives of a folder
    curl -s URL | pltpack list - --tree     from standard input
    """
    how = spelling(table=table, csv=csv, json=json, jsonl=jsonl)
    if sum((long, as_tree, how is not None)) > 1:
        usage_error("--long, --tree and the tables exclude each other")
    given, globs = _told_apart(archives)
    names = found(given, recursive=recursive)
    chosen = _matcher(globs)
    if how is not None and (how is not Spelling.JSON or len(names) > 1):
        codes: set[int] = set()
        work = partial(_rows, globs=globs, limits=limits)
        streaming = how not in (Spelling.JSON, Spelling.TABLE)
        tables = counted_bar(
            "Listing", names, each(work, names, jobs=jobs), quiet=seen_on_terminal(streaming=streaming)
        )
        rows = (row for rows in tables for row in rows)
        print_table("list", ENTRIES, code_of(rows, codes), how)
        if codes:
            raise typer.Exit(max(codes))
        return
    listing = _Listing(chosen, long, as_tree, json, limits)
    if len(names) == 1:
        matched = listing(names[0])
    else:
        matched, code = _each_in_turn(listing, names)
        if code:
            raise typer.Exit(code)
    if globs and not matched:
        complain(f"nothing in {', '.join(map(shown, given))} matches {' '.join(globs)}{_no_archives(globs)}")
        raise typer.Exit(DIFFERENT)


def _told_apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The archives and the patterns among the arguments."""
    first, *rest = arguments
    archives = [first] + [name for name in rest if name == "-" or is_archive(name)]
    return archives, [name for name in rest if name not in archives]


def _no_archives(globs: list[str]) -> str:
    """What to add for arguments that look like archives and were taken for patterns."""
    from pltpack.formats.formats import SUFFIXES

    wrong = [glob for glob in globs if glob.endswith(SUFFIXES)]
    if not wrong:
        return ""
    return f" (taken for patterns, as there is no such archive: {', '.join(wrong)})"


def _each_in_turn(listing: _Listing, names: list[str]) -> tuple[bool, int]:
    """List many archives, each below its name, whatever becomes of the one before it."""
    matched, code = False, 0
    for number, name in enumerate(names):
        write_line("\n" * bool(number) + f"{escape(shown(name))}:")
        try:
            matched = listing(name) or matched
        except (PltError, OSError) as error:
            complain_of(error)
            code = max(code, exit_code(error))
    return matched, code


def _rows(name: str, *, globs: list[str], limits: Limits) -> list[Row]:
    chosen = _matcher(globs)
    if not is_stream(name):
        return archive_entries(name, chosen=chosen, limits=limits)
    with readable(name) as source:
        return archive_entries(shown(name), source=cast("BinaryIO", source), chosen=chosen, limits=limits)


@dataclass(frozen=True, slots=True)
class _Listing:
    """Lists one archive; the fields are the options of the same names."""

    chosen: Callable[[str], bool] | None
    long: bool
    as_tree: bool
    json: bool
    limits: Limits

    def __call__(self, archive: str) -> bool:
        """Print what is in the archive; whether anything was chosen."""
        show = None if self.as_tree or self.json else _long_line if self.long else _line
        kept = Summary(None, "plt")

        def take(member: Member) -> None:
            if self.chosen is not None and not self.chosen(member.path + "/" * (member.kind == "directory")):
                return
            kept.take(member, keep=show is None)
            if show is not None and (line := show(member)):
                write_line(line)

        bar = progress(f"Listing {shown(archive)}", quiet=seen_on_terminal(streaming=show is not None))
        with readable(archive) as source, bar as watch:
            summary = summarise(
                source, digests="none", members=False, limits=self.limits, on_member=take, progress=watch
            )
        if self.as_tree:
            _print_tree(kept, shown(archive))
        elif self.json:
            entries: list[Json] = [member_json(member) for member in kept.members]
            counts = counts_json(kept)
            print_json(document("list", archive=archive, format=summary.format, counts=counts, entries=entries))
        elif self.long:
            write_line(totals(kept))
        if summary.damage is not None:
            raise summary.damage
        return any(kept.count(kind) for kind in ("file", "directory", "link"))


def _matcher(globs: list[str]) -> Callable[[str], bool] | None:
    if not globs:
        return None
    from pltpack.patterns import matcher

    return matcher(globs)


def _line(member: Member) -> str:
    """As ``raco unpack -l`` prints it; for links with their targets."""
    if member.elements is not None:
        entry = Directory(member.elements) if member.kind == "directory" else File(member.elements, 0, NO_BODY)
        return listed_path(entry) + " [replace]" * member.replace
    if member.kind == "link":
        return f"{member.path} -> {member.target}"
    return member.path + "/" * (member.kind == "directory")


def _long_line(member: Member) -> str:
    path = _line(member)
    if not path:
        return ""
    size = f"{member.size:,}" if member.kind == "file" else "-"
    if member.mode is None or member.mtime is None:
        return f"{'dir' if member.kind == 'directory' else 'file':4} {size:>15}  {path}"
    kind = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "link": stat.S_IFLNK}[member.kind]
    return f"{stat.filemode(kind | member.mode)} {size:>15}  {moment(member.mtime):16}  {path}"


def _print_tree(summary: Summary, name: str) -> None:
    from pltpack.inspection.tree import tree, tree_lines

    root = tree(summary.members, name)
    write_line(root.name)
    for branches, node in tree_lines(root):
        # A name must not be able to draw branches of its own.
        text = escape(node.name)
        if node.kind == "directory":
            text = f"{text}/  ({counted(node.files, 'file')}, {counted(node.size, 'byte')})"
        elif node.kind == "link":
            text = f"{text} -> {escape(node.target)}"
        else:
            text = f"{text}  {node.size:,}"
        write_line(branches + text)
    write_line(totals(summary))
