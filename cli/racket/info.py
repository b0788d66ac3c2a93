"""``pltpack info``: the fields of an ``info.rkt``."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .. import options, racket_options
from ..console import complain, print_json, write_line
from ..documents import Json, document

_HEAD: Final = 4096

if TYPE_CHECKING:
    from pltpack.racket.info.info import Info, Value
    from pltpack.racket.installation import Installation


def _refuse_archive(path: Path) -> None:
    """Say what it is, where it is no info file but an archive that may hold one."""
    from pltpack.errors import FormatError
    from pltpack.formats.recognise import by_content

    with path.open("rb") as stream:
        format = by_content(stream.read(_HEAD))
    if format is not None:
        hint = f"pltpack show {path} tells of it, pltpack cat {path} info.rkt prints its info.rkt"
        raise FormatError(f"a {format} archive, not an info.rkt", file=str(path), hint=hint) from None


def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An info.rkt, or a directory that has one.")] = Path(),
    field: Annotated[
        list[str], typer.Option("--field", metavar="NAME", help="Print this field only; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    collects: racket_options.Collects = [],  # noqa: B006  typer copies it
    json: options.Json = False,
) -> None:
    """Print the fields of an info.rkt, evaluated without Racket.

    The few fields that ask where a collection is or what the platform is are answered from the installation on PATH,
    or the one named with --racket. Without any they are reported, and the others printed.
    """
    from pltpack.errors import CallError, InfoError, InstallationError
    from pltpack.racket.info.info import load_info
    from pltpack.racket.installation import Installation

    installation: Installation | None
    try:
        installation = Installation.discover(racket=racket, version=racket_version, collects=collects)
    except InstallationError as error:
        if racket is not None or isinstance(error, CallError):
            raise
        installation = None
    try:
        found = load_info(path, installation=installation)
    except InfoError:
        if path.is_file():
            _refuse_archive(path)
        raise
    if found is None:
        raise FileNotFoundError(errno.ENOENT, "no info file here", str(path))
    names = [name for name in found if not field or name in field]
    for name in field:
        if name not in found:
            complain(f"{found.file}: no field {name}")
    if json:
        print_json(_document(found, names))
    else:
        for name in names:
            if name not in found.spoiled:
                write_line(f"{name}: {_shown(found[name])}")
    for name in names:
        if name in found.spoiled:
            complain(f"{found.spoiled[name]} [field {name}]")
    if any(name not in found or name in found.spoiled for name in field):
        raise typer.Exit(1)


def _document(found: Info, names: list[str]) -> dict[str, Json]:
    from pltpack.racket.info.json import json_value

    known = [name for name in names if name not in found.spoiled]
    return document(
        "info",
        file=found.file,
        fields={name: json_value(found[name]) for name in known},
        unknown={name: str(found.spoiled[name]) for name in names if name in found.spoiled},
    )


def _shown(value: Value) -> str:
    """A value as Racket writes it; paths and functions, which have no notation, as JSON."""
    from pltpack.datum.writer import write_datum
    from pltpack.racket.info.info import PathValue, Procedure

    match value:
        case PathValue(text):
            return f"#<path:{text}>"
        case Procedure(name):
            return f"#<procedure:{name}>"
        case _:
            try:
                return write_datum(value)
            except TypeError:
                from json import dumps

                from pltpack.racket.info.json import json_value

                return dumps(json_value(value))
