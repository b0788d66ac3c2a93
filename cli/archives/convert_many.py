"""The side of ``convert`` that takes many packages, in parallel processes: each below one directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import get_args

from pltpack.conversion.convert import package_name
from pltpack.errors import PackageError, PltError
from pltpack.formats.formats import FORMATS, Format, format_of

from ..console import DONE, complain_of, describe, exit_code, print_json, usage_error
from ..documents import Json, document
from ..processes import each
from ..progress import counted, seen_on_terminal
from .converting import NO_CHECKSUM, Converted, Converting


def convert_many(
    sources: Sequence[str], into: str, converting: Converting, *, verbose: bool, jobs: int | None, json: bool
) -> int:
    """Convert packages, and say of each what became of it, in their order.

    Returns the exit code: that of the first that failed. What ``into`` cannot be for them is a wrong call, and told
    before anything is written.
    """
    format = _only_format(sources, into, converting)
    dests = _destinations(sources, into, format)
    lines = not (json or converting.quiet)
    no_bar = converting.quiet or seen_on_terminal(streaming=lines)
    if len(sources) > 1:
        converting = replace(converting, quiet=True)  # one bar tells of all of them
    work = partial(_attempt, converting=converting, into=into, format=format)
    documents: list[Json] = []
    code = DONE
    with contextlib.nullcontext() if converting.dry_run else _folder(into):
        results = counted("Converting", sources, each(work, sources, jobs=jobs), quiet=no_bar)
        for source, dest, result in zip(sources, dests, results, strict=True):
            if isinstance(result, Converted):
                result.tell(lines=lines, verbose=verbose)
                documents.append({**result.json(), "error": None, "exitCode": result.code})
            else:
                complain_of(result)
                documents.append(_failure_json(source, dest, format, result))
            code = code or (result.code if isinstance(result, Converted) else exit_code(result))
    if json:
        print_json(document("convert-into", into=into, conversions=documents))
    return code


def _only_format(sources: Sequence[str], into: str, converting: Converting) -> Format:
    if converting.format is None:
        usage_error(f"--into wants --format, too: one of {', '.join(get_args(Format))}")
    if converting.name is not None and len(sources) > 1:
        usage_error("--name is for one package")
    if converting.checksum and converting.format == "dir":
        usage_error(NO_CHECKSUM)
    if "-" in sources:
        usage_error(f"standard input has no name that it could have in {into}; give SRC and DEST")
    return converting.format


def _destinations(sources: Sequence[str], into: str, format: Format) -> list[str]:
    """Where the packages go. None of them may get in the way of another one, nor of any source."""
    dests = [_destination(source, into, format) for source in sources]
    origins = {_place(source): source for source in sources}
    taken: dict[str, str] = {}
    for source, dest in zip(sources, dests, strict=True):
        if os.path.isdir(source) and Path(_place(into)).is_relative_to(_place(source)):
            usage_error(f"{into} lies in {source}: what is written there would become a part of that package")
        place = _place(dest)
        if place in taken:
            usage_error(f"{taken[place]} and {source} would both become {dest}")
        if place in origins:
            usage_error(f"{source} would become {dest}, which is the source {origins[place]}")
        taken[place] = source
    return dests


def _destination(source: str, into: str, format: Format) -> str:
    """Below ``into``, under the name that the package has by its file or directory."""
    try:
        named = format_of(source)
    except PackageError:
        named = "dir"  # no suffix to drop
    name = package_name(source, named)
    if not name:
        usage_error(f"{source} has no name that it could have in {into}; give SRC and DEST")
    return os.path.join(into, name + next(iter(FORMATS[format].suffixes), ""))


def _place(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


def _attempt(source: str, *, converting: Converting, into: str, format: Format) -> Converted | PltError | OSError:
    try:
        return converting(source, _destination(source, into, format))
    except PltError as error:
        return error.within(file=source)
    except OSError as error:
        if error.filename is None:
            error.filename = source
        return error


def _failure_json(source: str, dest: str, format: Format, error: PltError | OSError) -> dict[str, Json]:
    return {
        "source": {"archive": source, "format": None},
        "dest": {"archive": dest, "format": format, "name": None},
        "written": False,
        "error": describe(error),
        "exitCode": exit_code(error),
    }


@contextlib.contextmanager
def _folder(path: str) -> Iterator[None]:
    """Have a directory inside the block. Those that had to be made for it go again if nothing is in them."""
    missing = [folder for folder in (Path(path), *Path(path).parents) if not folder.exists()]
    try:
        os.makedirs(path, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
