"""The form in which the record of a package is edited: from fields to what the API takes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from pltpack.server.pages.asked import Form, Trouble
from pltpack.server.problems import Problem
from pltpack.server.records.package import Fields

NOTHING: Final = Fields()
_TEXTS: Final = ("description", "author", "license")
_SPARE: Final = 2
"""Empty rows for sources of more versions."""


@dataclass(frozen=True, slots=True)
class Row:
    """A source for one version of Racket, as it is typed."""

    version: str = ""
    source: str = ""
    checksum: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.version or self.source or self.checksum)


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What stands in the form: the text of each field, the sources by version; and after somebody else was quicker, the
    label, what is there now, and what was typed of each field where they differ."""

    texts: Mapping[str, str]
    rows: tuple[Row, ...]
    meanwhile: tuple[tuple[str, str, str], ...] = ()


def record_fields(form: Form, now: Fields) -> dict[str, object]:
    """What was typed, as the API takes it. A text that is empty is left to the archive, unless it is empty ``now``."""
    typed = {name: form.line(name) for name in _TEXTS}
    texts = {name: text or ("" if getattr(now, name) == "" else None) for name, text in typed.items()}
    versions: dict[str, object] = {}
    for row in _typed_rows(form):
        if row.version in versions:
            raise Problem(422, "invalid", "a version stands there twice", [f"versions: {row.version} is there twice"])
        versions[row.version] = {"source": row.source, "checksum": row.checksum}
    return {"source": form.line("source"), **texts, "tags": form.one("tags").split(), "versions": versions}


def record_form(now: Fields, trouble: Trouble | None, do: str) -> RecordForm:
    """What stands in the form: what is there ``now``, or what was typed if saving it failed."""
    texts, rows = _texts(now), _rows(now)
    if trouble is None or trouble.do != do:
        return RecordForm(texts, _with_spare(rows))
    typed = {name: trouble.typed.one(name) for name in (*texts, "name") if name in trouble.typed}
    typed_rows = _typed_rows(trouble.typed)
    differ = []
    if trouble.meanwhile:
        pairs = [(name, texts[name], typed.get(name, "").strip()) for name in texts]
        pairs.append(("versions", _row_text(rows), _row_text(typed_rows)))
        differ = [pair for pair in pairs if pair[1] != pair[2]]
    return RecordForm({**texts, **typed}, _with_spare(typed_rows), tuple(differ))


def _texts(fields: Fields) -> dict[str, str]:
    texts = {name: getattr(fields, name) or "" for name in _TEXTS}
    return {"source": fields.source, **texts, "tags": " ".join(fields.tags)}


def _rows(fields: Fields) -> tuple[Row, ...]:
    return tuple(Row(version, own.source, own.checksum) for version, own in fields.versions.items())


def _typed_rows(form: Form) -> tuple[Row, ...]:
    names = ("version-name", "version-source", "version-checksum")
    texts = zip_longest(*(map(str.strip, form.many(name)) for name in names), fillvalue="")
    return tuple(row for row in (Row(*three) for three in texts) if not row.is_empty)


def _with_spare(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return (*rows, *[Row()] * _SPARE)


def _row_text(rows: tuple[Row, ...]) -> str:
    return "; ".join(" ".join(filter(None, (row.version, row.source, row.checksum))) for row in rows)
