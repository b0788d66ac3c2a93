"""``pltpack dirs``: the directories of a Racket installation, and why they are what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from .. import options, racket_options
from ..console import print_json, write_line
from ..documents import Json, document

if TYPE_CHECKING:
    from pltpack.datum.values import Datum
    from pltpack.errors import PltError
    from pltpack.racket.installation import Installation
    from pltpack.racket.origin import Located

_WIDTH: Final = 36
_SEVERAL: Final = " " * _WIDTH


class _Row(NamedTuple):
    name: str
    function: str
    value: Located[object] | PltError


def dirs(
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    collects: racket_options.Collects = [],  # noqa: B006  typer copies it
    json: options.Json = False,
) -> None:
    """Print every directory of a Racket installation, and where its value comes from.

    Racket is not run: the installation on PATH, or the one named with --racket, is only looked at. Without any,
    the user's directories are those of --racket-version.
    """
    from pltpack.errors import PltError
    from pltpack.racket.installation import Installation

    installation = Installation.discover(racket=racket, version=racket_version, collects=collects)
    if not installation.user_known:
        _ = installation.version  # raises, and says which option to give
    rows = list(_rows(installation))
    if json:
        print_json(_document(installation, rows))
    else:
        write_line(f"{'executable':<{_WIDTH}}{_text(installation.executable)}")
        for row in rows:
            for line in _lines(row):
                write_line(line)
    problem = next((row.value for row in rows if isinstance(row.value, PltError)), None)
    if problem is not None:
        raise problem


def _rows(installation: Installation) -> Iterator[_Row]:
    from pltpack.racket.package_settings import package_settings

    for attribute, setting, value in installation.settings():
        yield _Row(attribute.replace("_", "-"), setting.function, value)
    settings = package_settings(installation)
    for field in fields(settings):
        name = field.name.replace("_", "-")
        yield _Row(name, f"raco pkg config {name}", getattr(settings, field.name))


def _lines(row: _Row) -> Iterator[str]:
    """The lines of a row: the name, the values, and the origin behind the last."""
    from pltpack.errors import PltError

    if isinstance(row.value, PltError):
        yield f"{row.name:<{_WIDTH}}error: {row.value}"
        return
    value = row.value.value
    if isinstance(value, tuple):
        texts = ["(the collection directories)" if item is None else _text(item) for item in value]
    else:
        texts = [_text(value)]
    *first, last = texts or ["none"]
    for number, text in enumerate([*first, f"{last}  ({row.value.origin})"]):
        yield f"{_SEVERAL if number else row.name:<{_WIDTH}}{text}"


def _text(value: object) -> str:
    from pltpack.datum.writer import write_datum

    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case "":
            return '""'
        case str() | Path() | int() | float():
            return str(value)
        case _:
            return write_datum(cast("Datum", value))  # a module path


def _document(installation: Installation, rows: list[_Row]) -> dict[str, Json]:
    from pltpack.errors import PltError

    directories: dict[str, Json] = {}
    for name, function, value in rows:
        entry: dict[str, Json] = {"racket": function}
        if isinstance(value, PltError):
            entry["error"] = str(value)
        else:
            entry["value"] = _plain(value.value)
            entry["origin"] = {
                "source": value.origin.source.value,
                "detail": value.origin.detail or None,
                "file": None if value.origin.file is None else str(value.origin.file),
            }
        directories[name] = entry
    return document(
        "dirs",
        executable=_plain(installation.executable),
        vm=installation.vm,
        platform=installation.platform,
        userPaths=installation.user_paths,
        directories=directories,
    )


def _plain(value: object) -> Json:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else _text(value)
