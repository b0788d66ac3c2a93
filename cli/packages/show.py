"""``raco-pkg show``: the installed packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from ..options import only_one
from . import scope_options as o
from .scoped import USUAL, Where, record_json, scoped
from .terminal_table import draw, for_people

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation
    from pltpack.scope.state.installed import Installed
    from pltpack.scope.state.places import Places

_SHORT: Final = 12
"""Digits of a checksum that tell it from others."""


@scoped
def show(
    packages: Annotated[list[str] | None, typer.Argument(metavar="PACKAGE...", help="Only these.")] = None,
    all: Annotated[bool, typer.Option("-a", "--all", help="Those that came along with others, too.")] = False,
    long: Annotated[bool, typer.Option("-l", "--long", help="Everything in full, as data.")] = False,
    full_checksum: Annotated[bool, typer.Option("--full-checksum", help="Checksums in full.")] = False,
    rx: Annotated[bool, typer.Option("--rx", help="PACKAGE is a regular expression, searched in the names.")] = False,
    directory: Annotated[bool, typer.Option("-d", "--dir", help="The directory of each package, too.")] = False,
    version: Annotated[
        str | None,
        typer.Option("-v", "--version", metavar="VERSION", help="The user scope of another version or installation."),
    ] = None,
    json: options.Json = False,
    as_racket: o.AsRacket = False,
    where: Where = USUAL,
) -> None:
    """Show the installed packages, as raco pkg show does.

    No lock is taken and nothing is written. On a terminal the table is drawn for people, unless --long or --as-racket
    asks for that of raco pkg, which goes into files and pipes.

    \b
    raco-pkg show -ald
    raco-pkg show --json -u
    """
    from pltpack.scope.state.installed import read_scope

    only_one({**where.flags(), "-v --version": version is not None})
    given = list(packages or [])
    wanted = _matcher(given, rx=rx)
    found = where.discover()
    scopes = _scopes(where, found, version)
    tables = [(places, read_scope(places)) for places in scopes]
    alone = where.named() is not None or version is not None
    if json:
        print_json(_document(tables, wanted))
        return
    if for_people(plain=long or as_racket):
        for places, installed in tables:
            title = None if alone else _heading(places, found)
            _draw(title, installed, wanted, all=all or bool(given), directory=directory, full_checksum=full_checksum)
        return
    for places, installed in tables:
        for line in _lines(
            places,
            installed,
            wanted,
            found,
            alone=alone,
            all=all or bool(given),
            look=(long, directory, full_checksum),
        ):
            write_line(line)


def _scopes(where: Where, installation: Installation, version: str | None) -> list[Places]:
    from pltpack.scope.state.places import places_of, searched_scopes, user_places

    if version is not None:
        return [user_places(installation, version)]
    named = where.named()
    if named is not None:
        return [places_of(installation, named)]
    searched = list(searched_scopes(installation))[::-1]
    if not searched:
        installation.located_version()  # says how to give what is missing: to show nothing would look like an answer
    return searched


def _matcher(given: list[str], *, rx: bool) -> Any:
    """A function that tells whether a name is asked for."""
    if not rx:
        names = set(given)
        return lambda name: not names or name in names
    import re

    if not given:
        usage_error("regular-expression mode requires at least one pattern")
    patterns = []
    for text in given:
        try:
            patterns.append(re.compile(text))
        except re.error as error:
            usage_error(f"bad regular-expression pattern; {error}, in: {text}")
    return lambda name: any(pattern.search(name) for pattern in patterns)


def _lines(
    places: Places,
    installed: dict[str, Installed],
    wanted: Any,
    installation: Installation,
    *,
    alone: bool,
    all: bool,
    look: tuple[bool, bool, bool],
) -> Iterator[str]:
    from pltpack.scope.listing import Look, environ_columns, hidden, table

    long, directories, full_checksum = look
    indent = "" if alone else " "
    if not alone:
        yield _heading(places, installation)
    shown = [one for one in installed.values() if wanted(one.name) and (all or not one.record.auto)]
    lines = table(shown, Look(long, directories, full_checksum, environ_columns()))
    for line in lines:
        yield f"{indent}{line}"
    if not lines:
        yield " [none]"
    left_out = sum(one.record.auto for one in installed.values() if wanted(one.name)) if not all else 0
    if left_out:
        yield f"{indent}{hidden(left_out)}"


def _draw(
    title: str | None,
    installed: dict[str, Installed],
    wanted: Any,
    *,
    all: bool,
    directory: bool,
    full_checksum: bool,
) -> None:
    """The table of a scope for people."""
    from pltpack.scope.listing import hidden

    found = [one for name, one in sorted(installed.items()) if wanted(name)]
    shown = [one for one in found if all or not one.record.auto]
    left_out = len(found) - len(shown)
    headers = ["Package", "Checksum", "Source", *(["Directory"] if directory else [])]
    rows = [
        [
            f"{one.name}{'*' if one.record.auto else ''}",
            (one.record.checksum or "")[: None if full_checksum else _SHORT],
            " ".join((one.record.origin.kind, *one.record.origin.arguments)),
            *([str(one.directory)] if directory else []),
        ]
        for one in shown
    ]
    draw(headers, rows, title=title)
    if any(one.record.auto for one in shown):
        write_line("* came along with others")
    if left_out:
        write_line(hidden(left_out))


def _heading(places: Places, installation: Installation) -> str:
    if places.scope == "user":
        return f'User-specific for installation "{installation.installation_name}":'
    return "Installation-wide:" if places.scope == "installation" else f"{places.packages}:"


def _document(tables: list[tuple[Places, dict[str, Installed]]], wanted: Any) -> dict[str, Any]:
    return document(
        "installed",
        scopes=[
            {
                "scope": str(places.scope),
                "directory": str(places.packages),
                "packages": [
                    {"name": one.name, "directory": str(one.directory), **(record_json(one.record) or {})}
                    for one in sorted(installed.values(), key=lambda one: one.name)
                    if wanted(one.name)
                ],
            }
            for places, installed in tables
        ],
    )
