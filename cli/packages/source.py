"""``pltpack source``: what a package source names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options
from ..console import DIFFERENT, complain, print_json, usage_error, write_line
from ..documents import Json

if TYPE_CHECKING:
    from pltpack.pkg.source import PackageSource


def source(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A package source, as raco pkg install takes it.")],
    type: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="Take it for that type, do not guess.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Take directories for links.")] = False,
    json: options.Json = False,
) -> None:
    """Say which type a package source has and which package it names, as Racket infers them.

    Exits with 1 if Racket refuses it.

    \b
    pltpack source games.tar.gz
    pltpack source 'git://github.com/u/games.git?path=lib#v2' --json
    pltpack source --type github u/games
    """
    from pltpack.pkg.source import SOURCE_TYPES, parse_source

    if type is not None and type not in SOURCE_TYPES:
        usage_error(f"--type is one of {', '.join(SOURCE_TYPES)}, not {type}")
    found = parse_source(text, type=type, link_dirs=link, strict=False)
    if json:
        print_json(_json(found))
    else:
        for line in _lines(found):
            write_line(line)
        if found.problem is not None:
            complain(found.problem)
    if found.problem is not None:
        raise typer.Exit(DIFFERENT)


def _lines(source: PackageSource) -> Iterator[str]:
    yield f"type: {source.type or 'none'}"
    yield f"name: {source.name or 'none'}"
    if source.path is not None:
        yield f"path: {source.path}"
    repository = source.repository
    if repository is not None:
        port = f":{repository.port}" if repository.port is not None else ""
        yield f"repository: {repository.transport}://{repository.host or ''}{port}/{repository.name}"
        yield f"branch: {repository.branch or 'the default one'}"
        if repository.path:
            yield f"path: {'/'.join(repository.path)}"
    if source.checksum is not None:
        yield f"checksum: {source.checksum}"
    if source.checksum_at is not None:
        yield f"checksum at: {source.checksum_at}"


def _json(source: PackageSource) -> dict[str, Json]:
    from ..documents import document

    repository, url = source.repository, source.url
    return document(
        "source",
        source=source.text,
        type=source.type,
        name=source.name,
        problem=source.problem,
        path=None if source.path is None else str(source.path),
        url=None
        if url is None
        else {
            "scheme": url.scheme,
            "user": url.user,
            "host": url.host,
            "port": url.port,
            "path": [element if isinstance(element, str) else {"$sym": element.value} for element in url.path],
            "query": [[key, value] for key, value in url.query],
            "fragment": url.fragment,
        },
        repository=None
        if repository is None
        else {
            "transport": repository.transport,
            "host": repository.host,
            "port": repository.port,
            "name": repository.name,
            "branch": repository.branch,
            "path": list(repository.path),
        },
        checksum=source.checksum,
        checksumAt=source.checksum_at,
    )
