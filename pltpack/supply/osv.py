"""Advisories in the OSV format (Open Source Vulnerabilities, schema 1): files of one, of several, folders of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from pltpack.errors import FormatError, LimitError

LARGEST: Final = 64 << 20
"""Bytes of a file."""
MOST: Final = 100_000
"""Files below a folder."""

_Text = Annotated[str, Meta(max_length=65536)]


class OsvPackage(msgspec.Struct, frozen=True):
    """The package that an advisory is about: a name in an ecosystem, or a package URL."""

    ecosystem: _Text = ""
    name: _Text = ""
    purl: _Text = ""


class OsvEvent(msgspec.Struct, frozen=True):
    """Where a range begins or ends; one of the four is given."""

    introduced: _Text | None = None
    fixed: _Text | None = None
    last_affected: _Text | None = None
    limit: _Text | None = None


class OsvRange(msgspec.Struct, frozen=True):
    """A range of versions (``SEMVER``, ``ECOSYSTEM``) or of the commits of a repository (``GIT``)."""

    type: _Text = ""
    repo: _Text = ""
    events: tuple[OsvEvent, ...] = ()


class OsvAffected(msgspec.Struct, frozen=True):
    """A package, and which of its versions have the weakness."""

    package: OsvPackage = OsvPackage()
    ranges: tuple[OsvRange, ...] = ()
    versions: tuple[_Text, ...] = ()


class OsvSeverity(msgspec.Struct, frozen=True):
    """How bad it is: a score of some ``type``, such as a vector of CVSS."""

    type: _Text = ""
    score: _Text = ""


class Advisory(msgspec.Struct, frozen=True):
    """One weakness; ``withdrawn`` is when it was taken back."""

    id: Annotated[str, Meta(min_length=1, max_length=255)]
    summary: _Text = ""
    details: Annotated[str, Meta(max_length=1 << 20)] = ""
    aliases: tuple[_Text, ...] = ()
    withdrawn: _Text | None = None
    affected: tuple[OsvAffected, ...] = ()
    severity: tuple[OsvSeverity, ...] = ()


class _Several(msgspec.Struct, frozen=True):
    vulns: tuple[Advisory, ...]


def read_advisories(path: str | os.PathLike[str]) -> Iterator[Advisory]:
    """The advisories in a file (one, a list of them, or ``{"vulns": [...]}``), or in all ``.json`` files of a folder,
    in the order of their names.

    Raises :class:`~pltpack.errors.FormatError` with the name of the file, :class:`~pltpack.errors.LimitError`,
    ``OSError``.
    """
    place = Path(path)
    for file in _files(place) if place.is_dir() else [place]:
        yield from _read(file)


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for place, names, leaves in os.walk(folder):
        names.sort()
        for leaf in sorted(leaves):
            if not leaf.endswith(".json"):
                continue
            count += 1
            if count > MOST:
                raise LimitError(f"more than {MOST} advisories", file=str(folder))
            yield Path(place, leaf)


def _read(file: Path) -> tuple[Advisory, ...]:
    with file.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise LimitError(f"a file of advisories with more than {LARGEST} bytes", file=str(file))
    start = data.lstrip(b" \t\r\n\xef\xbb\xbf")
    try:
        if start.startswith(b"["):
            return msgspec.json.decode(start, type=tuple[Advisory, ...])
        found = msgspec.json.decode(start, type=dict[str, msgspec.Raw])
        if "vulns" in found:
            return msgspec.json.decode(start, type=_Several).vulns
        return (msgspec.json.decode(start, type=Advisory),)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(
            f"no advisories in the OSV format: {error}", file=str(file), hint="see https://ossf.github.io/osv-schema/"
        ) from None
