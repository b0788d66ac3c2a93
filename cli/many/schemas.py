"""The JSON documents of the commands for archives, described for programs: JSON Schemas (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from pltpack.many.columns import ARCHIVES, ENTRIES, MATCHES, Column

from ..documents import VERSION

Schema: TypeAlias = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer", "minimum": 0}
_TRUTH: Final[Schema] = {"type": "boolean"}
_DIGEST: Final[Schema] = {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}
_MODE: Final[Schema] = {"type": "string", "pattern": "^[0-7]{4,}$"}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _object(_optional: Sequence[str] = (), /, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in _optional],
    }


_TEXTS: Final = _list(_TEXT)
_FORMAT: Final = _one_of("plt", "zip", "tgz", "tar", "dir")
_VIEW: Final = _one_of("stored", "package")
_COUNTS: Final = _object(files=_NUMBER, directories=_NUMBER, links=_NUMBER, bytes=_NUMBER)
_REASONS: Final = _list(_object(path=_TEXT, reason=_TEXT))
_ELEMENTS: Final = _list({"anyOf": [_TEXT, _object(symbol=_one_of("same", "up"))]})
_ENTRY: Final = _object(
    ("elements", "size", "sha256", "mode", "mtime", "target"),
    kind=_one_of("dir", "file", "file-replace", "link"),
    path=_TEXT,
    elements=_ELEMENTS,
    size=_NUMBER,
    sha256=_DIGEST,
    mode=_MODE,
    mtime={"type": "integer"},
    target=_TEXT,
)
_ERROR: Final = _object(
    code=_TEXT,
    message=_TEXT,
    file=_maybe(_TEXT),
    entry=_maybe(_TEXT),
    offset=_maybe(_NUMBER),
    layer=_maybe(_TEXT),
    hint=_maybe(_TEXT),
    exitCode=_NUMBER,
)
_HEADER: Final[Schema] = {
    "anyOf": [
        _object(
            name=_TEXT,
            requires=_list(_object(collection=_TEXT, version=_list({"type": ["integer", "string"]}))),
            conflicts=_TEXTS,
            collections=_TEXTS,
            location=_one_of("main", "user", "local"),
            testDirectories=_maybe(_TEXTS),
        ),
        _object(problem=_TEXT, info=_TEXT, unit=_TEXT),
        {"type": "null"},
    ]
}
_DEPENDENCIES: Final = _list(_object(source=_TEXT, version=_maybe(_TEXT)))
_PACKAGE: Final[Schema] = {
    "anyOf": [
        _object(
            name=_maybe(_TEXT),
            packageVersion=_TEXT,
            collection=_maybe(_TEXT),
            collections=_TEXTS,
            modules=_TEXTS,
            dependencies=_DEPENDENCIES,
            buildDependencies=_DEPENDENCIES,
            problems=_TEXTS,
        ),
        _object(problem=_TEXT),
        {"type": "null"},
    ]
}
_ENCODING: Final = _object(
    layers=_one_of("base64+gzip", "gzip", "raw"),
    rawBytes=_NUMBER,
    base64=_object(
        foreignBytes=_NUMBER,
        carriageReturns=_NUMBER,
        paddingMissing=_TRUTH,
        textAfterPadding=_TRUTH,
        surplusCharacter=_TRUTH,
    ),
    gzip=_maybe(
        _object(
            mtime=_NUMBER,
            system=_NUMBER,
            extraFlags=_NUMBER,
            name=_maybe(_TEXT),
            comment=_maybe(_TEXT),
            crc32=_maybe(_TEXT),
            size=_maybe(_NUMBER),
        )
    ),
)
_FINDING: Final = _object(
    level=_one_of("damage", "unsafe", "leniency", "trap", "note"),
    code=_TEXT,
    message=_TEXT,
    entry=_maybe(_TEXT),
    offset=_maybe(_NUMBER),
    layer=_maybe(_TEXT),
)
_REPORT: Final[dict[str, Schema]] = {
    "archive": _TEXT,
    "format": _maybe(_FORMAT),
    "whole": _TRUTH,
    "clean": _TRUTH,
    "size": _maybe(_NUMBER),
    "digests": _object(sha256=_maybe(_DIGEST), rawSha256=_maybe(_DIGEST)),
    "counts": _COUNTS,
    "findings": _list(_FINDING),
}
_UNREAD: Final[dict[str, Schema]] = {"archive": _TEXT, "error": _ERROR}
_CHANGES: Final = _list(_object(field=_TEXT, before=_TEXT, after=_TEXT))
_LOSS: Final = _object(
    kind=_one_of("header", "mode", "time", "link", "replace", "location", "member", "layer"),
    field=_maybe(_TEXT),
    detail=_TEXT,
    paths=_TEXTS,
)
_CONVERSION: Final[dict[str, Schema]] = {
    "source": _object(archive=_TEXT, format=_FORMAT),
    "dest": _object(archive=_TEXT, format=_FORMAT, name=_TEXT),
    "view": _VIEW,
    "written": _TRUTH,
    "lossless": _TRUTH,
    "losses": _list(_LOSS),
    "added": _TEXTS,
    "dropped": _TEXTS,
    "notes": _TEXTS,
    "problems": _TEXTS,
    "counts": _COUNTS,
}
_SIDE: Final = _object(archive=_TEXT, format=_FORMAT)
_COLUMN_TYPES: Final[dict[str, Schema]] = {
    "text": _maybe(_TEXT),
    "number": _maybe({"type": "integer"}),
    "truth": _maybe(_TRUTH),
    "texts": _maybe(_TEXTS),
}


def _row(columns: Sequence[Column]) -> dict[str, Schema]:
    return {column.name: _COLUMN_TYPES[column.type] | {"description": column.meaning} for column in columns}


def _tables(kind: str, columns: Sequence[Column]) -> dict[str, dict[str, Schema] | list[dict[str, Schema]]]:
    row = _row(columns)
    return {f"{kind}-table": {"columns": _TEXTS, "rows": _list(_object(**row))}, f"{kind}-row": row}


_FIELDS: Final[dict[str, dict[str, Schema] | list[dict[str, Schema]]]] = {
    "list": {"archive": _TEXT, "format": _FORMAT, "counts": _COUNTS, "entries": _list(_ENTRY)},
    **_tables("list", ENTRIES),
    "show": {
        "archive": _TEXT,
        "format": _FORMAT,
        "size": _maybe(_NUMBER),
        "digests": _object(sha256=_maybe(_DIGEST), sha1=_maybe(_DIGEST), rawSha256=_maybe(_DIGEST)),
        "checksumFile": _maybe(_object(path=_TEXT, text=_TEXT, problem=_maybe(_TEXT))),
        "header": _HEADER,
        "places": _maybe(
            _object(
                wanted=_one_of("main", "user", "local"),
                mode=_maybe(_one_of("main", "user", "local")),
                directories=_table(_TEXT),
                problem=_maybe(_TEXT),
            )
        ),
        "package": _PACKAGE,
        "planet": _maybe(
            _object(
                kind=_one_of("package", "auto-installer"),
                standsFor=_maybe(_object(owner=_TEXT, package=_TEXT, major=_NUMBER, minor=_NUMBER)),
            )
        ),
        "encoding": _maybe(_ENCODING),
        "counts": _COUNTS,
        "entries": _list(_ENTRY),
        "ignored": _REASONS,
        "unsafe": _REASONS,
        "differences": _list(_object(path=_maybe(_TEXT), readers=_TEXT, reason=_TEXT)),
        "refusals": _REASONS,
        "damage": _maybe(_TEXT),
    },
    **_tables("show", ARCHIVES),
    "verify": {"archives": _list({"anyOf": [_object(**_REPORT), _object(**_UNREAD)]})},
    "verify-archive": [_REPORT, _UNREAD],
    **_tables("find", MATCHES),
    "duplicates": {
        "archives": _NUMBER,
        "raw": _list(_object(sha256=_DIGEST, archives=_TEXTS)),
        "content": _list(_object(sha256=_DIGEST, archives=_TEXTS)),
        "versions": _list(_object(name=_TEXT, archives=_TEXTS)),
        "files": _list(_object(size=_NUMBER, sha256=_DIGEST, places=_list(_object(archive=_TEXT, path=_TEXT)))),
        "errors": _list(_object(**_UNREAD)),
    },
    "diff": {
        "a": _SIDE,
        "b": _SIDE,
        "view": _VIEW,
        "equal": _TRUTH,
        "header": _CHANGES,
        "added": _list(_ENTRY),
        "removed": _list(_ENTRY),
        "changed": _list(
            _object(
                path=_TEXT,
                aspects=_list(_one_of("kind", "content", "mode", "target", "replace")),
                before=_ENTRY,
                after=_ENTRY,
            )
        ),
        "same": _NUMBER,
    },
    "edit": {
        "source": _TEXT,
        "dest": _TEXT,
        "written": _TRUTH,
        "changed": _TRUTH,
        "header": _CHANGES,
        "added": _TEXTS,
        "replaced": _TEXTS,
        "removed": _TEXTS,
        "renamed": _list(_object(old=_TEXT, new=_TEXT)),
        "filtered": _TEXTS,
        "kept": _NUMBER,
        "counts": _COUNTS,
    },
    "convert": _CONVERSION,
    "convert-into": {
        "into": _TEXT,
        "conversions": _list(
            {
                "anyOf": [
                    _object(**_CONVERSION, error={"type": "null"}, exitCode=_NUMBER),
                    _object(
                        source=_object(archive=_TEXT, format={"type": "null"}),
                        dest=_object(archive=_TEXT, format=_FORMAT, name={"type": "null"}),
                        written=_TRUTH,
                        error=_TEXT,
                        exitCode=_NUMBER,
                    ),
                ]
            }
        ),
    },
}
"""The fields of each document beside ``schema`` and ``version``; a list of them where it has one shape or another."""

NAMES: Final = tuple(f"pltpack.{kind}" for kind in _FIELDS)


def schema(name: str) -> Schema:
    """The JSON Schema of a document, by its name; any of them may have an ``error`` instead of its fields.

    Raises ``KeyError``.
    """
    fields = _FIELDS[name.removeprefix("pltpack.")]
    shapes = [*(fields if isinstance(fields, list) else [fields]), {"error": _ERROR}]
    head: dict[str, Schema] = {"schema": {"const": name}, "version": {"const": VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "anyOf": [_object(**head, **shape) for shape in shapes],
    }
