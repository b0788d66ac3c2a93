"""``raco-pack``: files and directories into a ``.plt`` archive."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pltpack.packer.filters import std_filter
from pltpack.packer.mztar import CleanPath, SourceDirectory, SourceFile
from pltpack.packer.pack import Packed, PackOptions, pack_paths

from .. import options, racket_options
from ..console import complain, print_json, run_command, usage_error, write_line
from ..documents import Json, document
from ..outputs import check_output
from ..progress import progress
from . import pack_job
from .listing import entry_json, entry_line

if TYPE_CHECKING:
    from pltpack.codec.header import Preamble

_OTHER_FORMATS = (".zip", ".tgz", ".tar.gz", ".tar")


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
    header_from: Annotated[
        str | None,
        typer.Option("--header-from", metavar="ARCHIVE", help="Take the header, whatever its shape, from ARCHIVE."),
    ] = None,
    force: options.Force = False,
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

    Without further options it does what raco pack does; options may also stand behind the paths.
    """
    options.check_voice(quiet=quiet, verbose=verbose)
    if all_users and force_all_users:
        usage_error("--all-users and --force-all-users exclude each other")
    to_stdout = dest in ("-", "/dev/stdout")
    if to_stdout and json and not dry_run:
        usage_error("--json and an archive on standard output exclude each other")
    if header_from is not None and (plt_name is not None or setup or at_plt or all_users or force_all_users or collect):
        usage_error("--header-from excludes what makes a header: --plt-name, ++setup, --at-plt, --all-users, --collect")
    compression = options.compression(fast=fast, best=best, level=level, gzip_program=gzip_program)
    asked = pack_job.Asked(plt_name, setup, replace, all_users, force_all_users, exclude, directory)
    if collect:
        job = pack_job.collections(
            paths or [],
            asked,
            compiled=include_compiled,
            collects=collects,
            racket=racket,
            racket_version=racket_version,
        )
    else:
        _warn_of_idle(
            include_compiled=include_compiled, collects=collects, racket=racket, racket_version=racket_version
        )
        job = pack_job.files(paths or [], asked, at_plt=at_plt)
        pack_job.suggest_collect(job, racket, racket_version)
    preamble = job.header.preamble() if header_from is None else _header_of(header_from)
    sources = [os.path.join(job.directory, path) for path in job.paths]
    check_output(dest, "plt", inputs=sources, force=force)
    if dest.endswith(_OTHER_FORMATS) and not quiet:
        complain(f"warning: {dest} will be a .plt archive, whatever its name; raco-pkg create makes zip files")
    if dry_run:
        _print_plan(dest, list(job.entries(dest)), json=json)
        return
    if not collect:
        for path in job.paths:
            _warn(path, directory)
    result = _Result() if json else None
    # Where the lines about directories can be seen, they tell how far it is.
    with progress(f"Packing {dest}", quiet=quiet or sys.stdout.isatty()) as watch:
        packed = pack_paths(
            sys.stdout.buffer if to_stdout else dest,
            preamble,
            job.paths,
            as_paths=job.as_paths,
            file_filter=job.file_filter,
            encode=not raw,
            file_mode=job.file_mode,
            options=PackOptions(
                compression=compression,
                jobs=jobs,
                directory=job.directory,
                report=None if quiet or json or to_stdout else write_line,
                on_entry=result.entries.append if result else None,
                digest=result.digest if result else None,
            ),
            progress=watch,
        )
    if result:
        result.print(dest, packed)
    elif verbose and not quiet and not to_stdout:
        write_line(f' [output to "{dest}"]')


def _header_of(archive: str) -> Preamble:
    from pltpack.archive import open_archive

    with open_archive(archive) as opened:
        return opened.preamble


class _Result:
    """What ``--json`` tells of a finished archive."""

    def __init__(self) -> None:
        import hashlib

        self.entries: list[SourceDirectory | SourceFile] = []
        self.digest = hashlib.sha256()

    def print(self, dest: str, packed: Packed) -> None:
        written: dict[str, Json] = {
            "size": os.path.getsize(dest),
            "rawBytes": packed.raw_bytes,
            "rawSha256": self.digest.hexdigest(),
        }
        print_json(_document(dest, packed, self.entries, written))


def _warn_of_idle(**given: object) -> None:
    """Options that only matter to collections."""
    idle = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if idle:
        complain(f"{', '.join(idle)}: of no effect without --collect")


def _warn(path: str, directory: str) -> None:
    """Things that ``raco pack`` does without a word, and that surprise later."""
    clean = CleanPath.parse(path)
    if not clean.directory and not std_filter(path) and os.path.isfile(os.path.join(directory, path)):
        complain(f"{path}: left out, as the default filter drops such names")
    if ".." in clean.text.split("/"):
        complain(f"{path}: the archive will hold paths with .., which no safe unpacker follows")


def _document(
    dest: str, packed: Packed, entries: Sequence[SourceDirectory | SourceFile], written: dict[str, Json]
) -> dict[str, Json]:
    return document(
        "pack",
        archive=dest,
        **written,
        files=packed.files,
        directories=packed.directories,
        fileBytes=packed.file_bytes,
        entries=[entry_json(entry.entry()) for entry in entries],
    )


def _print_plan(dest: str, planned: Sequence[SourceDirectory | SourceFile], *, json: bool) -> None:
    packed = Packed()
    for entry in planned:
        packed.count(entry)
    if json:
        print_json(_document(dest, packed, planned, {"size": None, "rawBytes": None, "rawSha256": None}))
        return
    for entry in planned:
        if line := entry_line(entry.entry()):
            write_line(line)


def main() -> None:
    """The program ``raco-pack``."""
    run_command(pack)
