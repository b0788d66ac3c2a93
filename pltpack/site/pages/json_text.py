"""Records as JSON, in the shapes of Racket's package catalog."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pltpack.datum.values import Datum, HashTable, Keyword, Prefab, Regexp, Symbol
from pltpack.datum.writer import write_datum
from pltpack.site.enrich import Fields


def record_json(fields: Fields) -> str:
    """A record, its keys sorted, in one line."""
    return _text({name: as_json(value) for name, value in fields.items()})


def all_json(records: Mapping[str, Fields]) -> str:
    """All records by name, in one line."""
    return _text({name: {key: as_json(value) for key, value in fields.items()} for name, fields in records.items()})


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def as_json(value: Datum) -> Any:
    """A datum: symbols are strings, ``#:k`` is ``{"kw": "k"}``, a regexp ``{"regexp": source}``; what JSON has no shape
    for is its text as Racket writes it."""
    match value:
        case bool() | int() | str():
            return value
        case Symbol(name):
            return name
        case Keyword(name):
            return {"kw": name}
        case Regexp(str(source)):
            return {"regexp": source}
        case list():
            return [as_json(item) for item in value]
        case HashTable():
            return {_key(key): as_json(item) for key, item in value}
        case Prefab(key, fields):
            return [as_json(key), *map(as_json, fields)]
        case float() if math.isfinite(value):
            return value
        case _:
            return write_datum(value)


def _key(key: Datum) -> str:
    return key.name if isinstance(key, Symbol) else key if isinstance(key, str) else write_datum(key)
