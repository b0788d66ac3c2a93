"""``pltpack list``: what is in an archive, a package or a directory."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import Annotated

import typer

from pltpack.codec.entries import NO_BODY, Directory, File, listed_path
from pltpack.codec.limits import Limits
from pltpack.inspection.members import Member
from pltpack.inspection.summary import Summary, summarise
from pltpack.inspection.wording import counted, moment, totals

from .. import options
from ..console import DIFFERENT, complain, escape, print_json, usage_error, write_line
from ..documents import Json, document
from ..inputs import readable, shown
from ..limits import limited
from .documents import counts_json, member_json


@limited
def list_archive(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="A .plt, zip, tgz, tar or directory; - is stdin.")],
    globs: Annotated[
        list[str] | None, typer.Argument(metavar="[GLOB]...", help="Only what matches (as in .gitignore).")
    ] = None,
    long: Annotated[bool, typer.Option("-l", "--long", help="A table with sizes, and what else is known.")] = False,
    as_tree: Annotated[bool, typer.Option("-t", "--tree", help="A tree with sizes.")] = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """List what is in an archive of any format.

    \b
    pltpack list games.plt                  all paths, as raco unpack -l lists them
    pltpack list games.plt '*.rkt' -l       Racket files, with sizes
    pltpack list games.tgz 'games/cards/'   a folder and what is in it
    curl -s URL | pltpack list - --tree     from standard input
    """
    if sum((long, as_tree, json)) > 1:
        usage_error("--long, --tree and --json exclude each other")
    chosen = _matcher(globs)
    show = None if as_tree or json else _long_line if long else _line
    found = Summary(None, "plt")

    def take(member: Member) -> None:
        if chosen is not None and not chosen(member.path + "/" * (member.kind == "directory")):
            return
        found.members.append(member)
        if show is not None and (line := show(member)):
            write_line(line)

    with readable(archive) as source:
        summary = summarise(source, digests="none", limits=limits, on_member=take)
    if as_tree:
        _print_tree(found, shown(archive))
    elif json:
        entries: list[Json] = [member_json(member) for member in found.members]
        print_json(document("list", archive=archive, format=summary.format, counts=counts_json(found), entries=entries))
    elif long:
        write_line(totals(found))
    if summary.damage is not None:
        raise summary.damage
    if globs and not found.members:
        complain(f"nothing in {shown(archive)} matches {' '.join(globs)}")
        raise typer.Exit(DIFFERENT)


def _matcher(globs: list[str] | None) -> Callable[[str], bool] | None:
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
