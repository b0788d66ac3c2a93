"""JSON documents held against what is written of them: their schema, and ``docs/json.md``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from cli.many.schemas import NAMES, schema

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")


def strict(value: Any) -> Any:
    """The schema with objects that have no other fields than those it names."""
    if isinstance(value, dict):
        inner = {key: strict(each) for key, each in value.items()}
        if "properties" in value:
            inner["additionalProperties"] = False
        return inner
    return [strict(each) for each in value] if isinstance(value, list) else value


def check(text: str) -> dict[str, Any]:
    """A document that has a schema: it says nothing that the schema does not name."""
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    assert found["schema"] in NAMES
    assert found["schema"] in DOCS
    Draft202012Validator(strict(schema(found["schema"]))).validate(found)
    return found
