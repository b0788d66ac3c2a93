"""``raco-pack``: files and directories into a ``.plt`` archive."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from pltpack.codec.header import Header
from pltpack.packer.filters import FileFilter, FileMode, excluding, std_filter
from pltpack.packer.filters import include_compiled as include_compiled_filter
from pltpack.packer.mztar import CleanPath, SourceDirectory, SourceFile, walk
from pltpack.packer.pack import Packed, PackOptions, pack_plt, unicode_path

from . import collect as collect_module
from . import options, racket_options
from .console import complain, print_json, run_command, usage_error, write_line
from .listing import entry_json, entry_line

DEFAULT_NAME = "archive"
ALL_USERS_TEST = ("collects", "doc", "include", "lib")


def pack(
    dest: Annotated[str, typer.Argument(metavar="DEST", help="The archive to write; - is standard output.")],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files and directories, relative paths; or collections."),
    ] = None,
    collect: Annotated[
        bool, typer.Option("--collect", help="Paths are collections: take all that their info.rkt says.")
    ] = False,
    plt_name: Annotated[
        str | None, typer.Option("--plt-name", metavar="NAME", help="The archive's name for itself.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Files replace existing ones when unpacked.")] = False,
    at_plt: Annotated[bool, typer.Option("--at-plt", help="Paths are relative to the user's add-ons.")] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="Paths go to the Racket installation if it is writable.")
    ] = False,
    force_all_users: Annotated[
        bool, typer.Option("--force-all-users", help="Paths go to the Racket installation.")
    ] = False,
    include_compiled: Annotated[
        bool, typer.Option("--include-compiled", help="With --collect: take compiled folders too.")
    ] = False,
    setup: Annotated[
        list[str], typer.Option("++setup", metavar="COLL", help="Set up COLL after unpacking; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say where the archive went.")] = False,
    quiet: options.Quiet = False,
    raw: Annotated[bool, typer.Option("--raw", help="Write the raw stream, without gzip and base64.")] = False,
    fast: options.Fast = False,
    best: options.Best = False,
    level: options.Level = None,
    gzip_program: options.GzipProgram = False,
    jobs: options.Jobs = None,
    exclude: options.Exclude = [],  # noqa: B006  typer copies it
    directory: options.Directory = "",
    collects: racket_options.Collects = [],  # noqa: B006  typer copies it
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Pack files, directories or collections into the archive DEST.

    Without further options it does what ``raco pack`` does; options may also stand behind the paths.
    """
    if all_users and force_all_users:
        usage_error("--all-users and --force-all-users exclude each other")
    file_mode: FileMode = "file-replace" if replace else "file"
    compression = options.compression(fast=fast, best=best, level=level, gzip_program=gzip_program)
    at_plt_home = all_users or force_all_users
    if collect:
        plan = collect_module.plan(
            paths or [],
            collect_module.Where(racket, racket_version, collects, directory),
            name=plt_name,
            replace=replace,
            at_plt_home=at_plt_home,
            test_plt_collects=not force_all_users,
            setup=setup,
        )
        header, sources, as_paths, directory = plan.header, plan.paths, plan.as_paths, ""
        file_filter: FileFilter = include_compiled_filter if include_compiled else std_filter
        if exclude:
            file_filter = collect_module.excluding_below(exclude, file_filter, sources)
    else:
        if include_compiled or collects or racket or racket_version:
            complain("--include-compiled, --collects, --racket and --racket-version do nothing without --collect")
        header = Header(
            DEFAULT_NAME if plt_name is None else plt_name,
            collections=tuple((name,) for name in setup),
            plt_relative=at_plt or at_plt_home,
            plt_home_relative=at_plt_home,
            test_plt_dirs=ALL_USERS_TEST if all_users else None,
        )
        sources = as_paths = tuple(_relative(path) for path in paths or [])
        file_filter = excluding(exclude, std_filter, directory=directory) if exclude else std_filter
    if dry_run:
        planned = [
            entry
            for path, as_path in zip(sources, as_paths, strict=True)
            for entry in walk(path, file_filter, file_mode, as_path=as_path, directory=directory)
        ]
        _print_plan(dest, planned, json=json)
        return
    if not collect:
        for path in sources:
            _warn(path, directory)
    to_stdout = dest == "-"
    result = _Result() if json else None
    packed = pack_plt(
        sys.stdout.buffer if to_stdout else dest,
        header.name,
        sources,
        as_paths=as_paths,
        file_filter=file_filter,
        encode=not raw,
        file_mode=file_mode,
        collections=header.collections,
        plt_relative=header.plt_relative,
        at_plt_home=header.plt_home_relative,
        test_plt_dirs=header.test_plt_dirs,
        requires=header.requires,
        conflicts=header.conflicts,
        options=PackOptions(
            compression=compression,
            jobs=jobs,
            directory=directory,
            report=None if quiet or json or to_stdout else write_line,
            on_entry=result.entries.append if result else None,
            digest=result.digest if result else None,
        ),
    )
    if result and not to_stdout:
        result.print(dest, packed)
    elif verbose and not quiet and not to_stdout:
        write_line(f' [output to "{dest}"]')


class _Result:
    """What ``--json`` tells of a finished archive."""

    def __init__(self) -> None:
        import hashlib

        self.entries: list[SourceDirectory | SourceFile] = []
        self.digest = hashlib.sha256()

    def print(self, dest: str, packed: Packed) -> None:
        print_json(
            {
                "archive": dest,
                "size": os.path.getsize(dest),
                "rawBytes": packed.raw_bytes,
                "rawSha256": self.digest.hexdigest(),
                "files": packed.files,
                "directories": packed.directories,
                "fileBytes": packed.file_bytes,
                "entries": [entry_json(entry.entry()) for entry in self.entries],
            }
        )


def _relative(path: str) -> str:
    """A path argument as Unicode text; absolute and empty ones are wrong calls."""
    text = unicode_path(path)
    try:
        CleanPath.parse(text)
    except ValueError as error:
        usage_error(f"{error} (-C DIR packs from another directory)")
    return text


def _warn(path: str, directory: str) -> None:
    """Things that ``raco pack`` does without a word, and that surprise later."""
    clean = CleanPath.parse(path)
    if not clean.directory and not std_filter(path) and os.path.isfile(os.path.join(directory, path)):
        complain(f"{path}: left out, as the default filter drops such names")
    if ".." in clean.text.split("/"):
        complain(f"{path}: the archive will hold paths with .., which no safe unpacker follows")


def _print_plan(dest: str, planned: Sequence[SourceDirectory | SourceFile], *, json: bool) -> None:
    packed = Packed()
    for entry in planned:
        packed.count(entry)
    if json:
        print_json(
            {
                "archive": dest,
                "files": packed.files,
                "directories": packed.directories,
                "fileBytes": packed.file_bytes,
                "entries": [entry_json(entry.entry()) for entry in planned],
            }
        )
        return
    for entry in planned:
        write_line(entry_line(entry.entry()))


def main() -> None:
    """The program ``raco-pack``."""
    run_command(pack)
