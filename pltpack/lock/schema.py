"""The JSON Schema of lock files, for other programs that read them."""

from __future__ import annotations

import re
from typing import Any, Final

from pltpack.lock.values import Lock

ADDRESS: Final = "https://json-schema.org/draft/2020-12/schema"

_ROLE: Final = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")


def lock_schema() -> dict[str, Any]:
    """The JSON Schema of a lock file, for the table that its TOML is."""
    import msgspec

    (schema,), components = msgspec.json.schema_components([Lock], ref_template="#/$defs/{name}")
    return {"$schema": ADDRESS, "title": "racket.lock", **schema, "$defs": _plain(components)}


def _plain(value: Any) -> Any:
    """A schema with its descriptions on one line, without the marks of docstrings."""
    if isinstance(value, dict):
        return {key: _text(one) if key == "description" else _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _text(text: str) -> str:
    return _ROLE.sub(r"\1", " ".join(text.split())).replace("``", "")
