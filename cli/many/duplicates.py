"""``pltpack duplicates``: what archives have in common."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, BinaryIO, cast

import typer

from pltpack.codec.limits import Limits
from pltpack.inspection.wording import counted
from pltpack.many.duplicates import Duplicates, Fingerprint, compared, fingerprint

from .. import options
from ..console import complain_of, exit_code, print_json, usage_error, write_lines
from ..documents import Json, document, error_json
from ..inputs import is_stream, readable, shown
from ..limits import limited
from ..processes import each
from ..progress import counted as counted_bar
from .tables import archives as found

_KINDS = ("raw", "content", "versions", "files")


@limited
def duplicates(
    archives: Annotated[
        list[str],
        typer.Argument(metavar="ARCHIVE...", help="Archives of any format, directories with archives; - is stdin."),
    ],
    by: Annotated[
        list[str],
        typer.Option(
            "--by",
            metavar="KIND",
            help="What to tell: raw, content, versions, files; repeatable (default: all but files).",
            autocompletion=lambda: list(_KINDS),
        ),
    ] = [],  # noqa: B006  typer copies it
    recursive: options.Recursive = False,
    jobs: options.Processes = None,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Tell which archives are the same, or versions of one package, and which files are in more than one.

    The same raw stream: the same archive, however it was compressed. The same content: the same files under the same
    paths, in whatever format. Versions: archives that share files, many of them or, if they are called alike, a few.

    \b
    pltpack duplicates archives/
    pltpack duplicates archives/ --by files
    """
    if wrong := [kind for kind in by if kind not in _KINDS]:
        usage_error(f"--by is one of {', '.join(_KINDS)}, not {wrong[0]}")
    names = found(archives, recursive=recursive)
    same = compared(counted_bar("Reading", names, each(partial(_read, limits=limits), names, jobs=jobs)))
    for unread in same.errors:
        assert unread.error is not None
        complain_of(unread.error)
    if json:
        print_json(_json(same))
    else:
        write_lines(_lines(same, by or _KINDS[:3]))
    if code := max((exit_code(unread.error) for unread in same.errors if unread.error is not None), default=0):
        raise typer.Exit(code)


def _read(name: str, *, limits: Limits) -> Fingerprint:
    if not is_stream(name):
        return fingerprint(name, limits=limits)
    with readable(name) as source:
        return fingerprint(shown(name), source=cast("BinaryIO", source), limits=limits)


def _lines(same: Duplicates, kinds: list[str] | tuple[str, ...]) -> Iterator[str]:
    if "raw" in kinds:
        for group in same.raw.values():
            yield "the same raw stream:"
            yield from (f"  {archive}" for archive in group)
    if "content" in kinds:
        for group in same.content.values():
            yield "the same content:"
            yield from (f"  {archive}" for archive in group)
    if "versions" in kinds:
        for versions in same.versions:
            yield f"versions of {versions.name}:"
            yield from (f"  {archive}" for archive in versions.archives)
    if "files" in kinds:
        for file in same.files:
            yield f"the same {counted(file.size, 'byte')}:"
            yield from (f"  {place.archive}:{place.path}" for place in file.places)
    surplus = sum(len(group) - 1 for group in same.raw.values())
    yield f"{counted(same.archives, 'archive')}, {surplus:,} of them there more than once"


def _json(same: Duplicates) -> dict[str, Json]:
    return document(
        "duplicates",
        archives=same.archives,
        raw=[{"sha256": digest, "archives": [*group]} for digest, group in same.raw.items()],
        content=[{"sha256": digest, "archives": [*group]} for digest, group in same.content.items()],
        versions=[{"name": versions.name, "archives": [*versions.archives]} for versions in same.versions],
        files=[
            {
                "size": file.size,
                "sha256": file.sha256,
                "places": [{"archive": place.archive, "path": place.path} for place in file.places],
            }
            for file in same.files
        ],
        errors=[
            {"archive": unread.archive, "error": error_json(unread.error, exit_code(unread.error))}
            for unread in same.errors
            if unread.error is not None
        ],
    )
