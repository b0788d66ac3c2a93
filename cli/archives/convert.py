"""``pltpack convert``: packages in another format, with a report of what that does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, cast, get_args

import typer

from pltpack.codec.limits import Limits
from pltpack.conversion.convert import target_format
from pltpack.errors import PackageError
from pltpack.formats.formats import Format
from pltpack.signals import termination_raises

from .. import options
from ..console import print_json, usage_error
from ..documents import document
from ..limits import limited
from .converting import NO_CHECKSUM, STANDARD_OUTPUT, Converting

_FORMATS = ", ".join(get_args(Format))


@limited
def convert(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="SRC... [DEST]",
            help="SRC: a .plt, zip, tgz, tar or directory; - is stdin. "
            "DEST, unless there is --into: x.plt, x.zip, x.tgz, x.tar; without a suffix a directory; - is stdout.",
        ),
    ],
    into: Annotated[
        str | None,
        typer.Option("--into", metavar="DIR", help="Convert every SRC, each below DIR under its own name."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="plt, zip, tgz, tar or dir (default: by DEST's name; --into and stdout need it).",
            autocompletion=lambda: list(get_args(Format)),
        ),
    ] = None,
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="What SRC is: plt, zip, tgz, tar or dir (default: by its content).",
            autocompletion=lambda: list(get_args(Format)),
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The package's name in a .plt (default: from DEST).")
    ] = None,
    as_stored: options.AsStored = False,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Write nothing, and exit with 1, if anything would be lost.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Write nothing, and exit with 1, if raco pkg install would refuse the result."),
    ] = False,
    checksum: Annotated[
        bool, typer.Option("--checksum", help="Write DEST.CHECKSUM, too (one that is there is always renewed).")
    ] = False,
    force: options.Force = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name every path that loses something.")] = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Convert packages into another format.

    What raco pkg install finds in SRC, it finds in DEST: content of collects/ moves up when it leaves a .plt, and an
    info.rkt is added where Racket would add one. What DEST cannot hold (header fields, permissions, times, links) is
    reported. A .plt written anew as a .plt keeps everything.

    With --into DIR many packages are converted, in several processes: a.plt to DIR/a.zip, or to DIR/a. One that
    fails does not stop the others; the exit code is that of the first that did.

    \b
    pltpack convert games.plt games.zip
    pltpack convert games.tgz games/
    pltpack convert old-raw.plt fresh.plt
    pltpack convert --into dist --format zip *.plt
    curl -s URL | pltpack convert - - --from zip --format plt > games.plt
    """
    options.check_voice(quiet=quiet, verbose=verbose)
    for option, given in (("--format", format), ("--from", source_format)):
        if given is not None and given not in get_args(Format):
            usage_error(f"{option} is one of {_FORMATS}, not {given}")
    converting = Converting(
        format=cast("Format | None", format),
        source_format=cast("Format | None", source_format),
        name=name,
        view="stored" if as_stored else "package",
        checksum=checksum,
        force=force,
        lossless=lossless,
        strict=strict,
        dry_run=dry_run,
        quiet=quiet,
        limits=limits,
    )
    with termination_raises():
        if into is not None:
            from .convert_many import convert_many

            code = convert_many(paths, into, converting, verbose=verbose, jobs=jobs, json=json)
        elif len(paths) == 2:
            if paths[1] in STANDARD_OUTPUT:
                if format in (None, "dir"):
                    usage_error("standard output has no name that tells the format: --format is wanted")
                if json or checksum:
                    usage_error("--json and --checksum do not go with an archive on standard output")
                converting = replace(converting, quiet=True)
                quiet = True
            if (converting.format or _named(paths[1])) == "dir" and checksum:
                usage_error(NO_CHECKSUM)
            converted = converting(*paths)
            if json:
                print_json(document("convert", **converted.json()))
            converted.tell(lines=not (json or quiet), verbose=verbose)
            code = converted.code
        else:
            usage_error("SRC and DEST are wanted, or for many packages --into DIR SRC...")
    if code:
        raise typer.Exit(code)


def _named(dest: str) -> Format:
    """The format that the name of a target tells."""
    try:
        return target_format(dest)
    except PackageError as error:
        usage_error(f"{dest} does not tell by its name what it is to be: --format says it, or {error.hint}")
