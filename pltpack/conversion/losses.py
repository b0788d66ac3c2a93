"""What a package loses when it is converted to another format: what the way back would not bring."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pltpack.codec.header import Header
from pltpack.conversion.header_fields import header_fields
from pltpack.datum.values import same_datum
from pltpack.formats.entries import Entry
from pltpack.formats.formats import FORMATS, Format
from pltpack.formats.zip import EARLIEST, LATEST
from pltpack.pkg.view import Survey, View

NO_TIME: Final = EARLIEST
"""The time, in seconds since 1970, of what has none: one that every format can hold."""

LossKind: TypeAlias = Literal["header", "mode", "time", "link", "replace", "location", "member", "layer"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the target does not hold. ``paths`` lists the members it is about, none for the header.

    ``detail`` says what becomes of it; for the header, ``field`` names the field.
    """

    kind: LossKind
    detail: str
    paths: tuple[str, ...] = ()
    field: str = ""


def losses(
    survey: Survey, source: Format, target: Format, view: View, way_back: Header, *, gone: Collection[str] = ()
) -> Iterator[Loss]:
    """What is lost, links aside; ``way_back`` is the header that converting back would give a ``.plt`` archive.

    ``gone`` lists files that the way back will not bring, of which nothing more need be said.
    """
    entries = [entry for path, entry in survey.entries.items() if path not in gone]
    if source == "plt":
        yield from _header_losses(survey, way_back)
    else:
        yield from _metadata_losses(entries, target)
    if survey.replacing:
        yield Loss("replace", "files that replaced others become ordinary ones", tuple(survey.replacing))
    if survey.moved:
        yield Loss("location", "doc, lib and include are no places of their own in a package", tuple(survey.moved))
    if survey.top is not None and view == "package":
        yield Loss("layer", "the only directory at the top is dropped, as raco pkg install does", (survey.top,))
    if survey.ignored:
        reason = "is left out, as Racket passes over such members"
        yield Loss("member", reason, tuple(path for path, _ in survey.ignored))


def _header_losses(survey: Survey, way_back: Header) -> Iterator[Loss]:
    assert survey.preamble is not None
    header = survey.header
    if header is None:
        yield Loss("header", "the whole header", field="header")
        return
    fields = dict(header_fields(way_back))
    for name, value in header_fields(header):
        if value != fields[name]:
            yield Loss("header", f"{value}; converting back gives {fields[name]}", field=name)
    today = header.preamble()
    if not same_datum(today.info, survey.preamble.info) or not same_datum(today.unit, survey.preamble.unit):
        yield Loss("header", "of an older shape; converting back gives one of today", field="shape")


def _metadata_losses(entries: Sequence[Entry], target: Format) -> Iterator[Loss]:
    kept = [entry for entry in entries if entry.kind != "link"]
    traits = FORMATS[target]
    if not traits.modes:
        usual = {"file": 0o644, "directory": 0o755}
        if paths := [entry.path for entry in kept if entry.mode != usual[entry.kind]]:
            yield Loss("mode", f"{target} holds no permissions", tuple(paths))
    elif target == "dir" and (paths := [entry.path for entry in kept if entry.mode != packed_mode(entry.mode)]):
        detail = "in a directory only whether the owner may write and execute counts"
        yield Loss("mode", detail, tuple(paths))
    if not traits.times:
        if paths := [entry.path for entry in kept if entry.mtime or entry.other_time]:
            yield Loss("time", f"{target} holds no times", tuple(paths))
        return
    if target == "zip":
        detail = "zip holds times in steps of two seconds, from 1980 to 2107"
        paths = [entry.path for entry in kept if entry.other_time or entry.mtime != zip_time(entry.mtime)]
    else:
        detail = "times are whole seconds from 1970 on, up to 2242"
        paths = [entry.path for entry in kept if entry.other_time or (entry.mtime < 0 and target != "dir")]
    if paths:
        yield Loss("time", detail, tuple(paths))


def zip_time(seconds: int) -> int:
    """The time that a zip entry has instead."""
    return max(EARLIEST, min(seconds, LATEST)) & ~1


def packed_mode(mode: int) -> int:
    """The permissions that a file of a directory has when it is packed: those of all by those of the owner."""
    return 0o444 | (0o200 if mode & 0o200 else 0) | (0o111 if mode & 0o100 else 0)
