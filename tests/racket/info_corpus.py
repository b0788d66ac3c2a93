"""Recorded and asked-for answers of Racket about info files, and how they compare with ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pltpack.errors import InfoError, UnknownCollectionError
from pltpack.racket.info.info import Info, parse_info
from pltpack.racket.info.json import json_value
from pltpack.racket.info.machine import Machine

ROOT = Path(__file__).parents[2]
CASES = ROOT / "fixtures" / "info" / "cases.json"
REAL = ROOT.parent / "shared" / "reference" / "info-corpus"


def cases() -> list[dict[str, Any]]:
    """The recorded cases."""
    loaded: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))
    return loaded


class RecordingMachine:
    """The machine of the recording, as far as the cases ask."""

    windows = False
    environ: Mapping[str, str] = {}

    def collection_path(self, elements: Sequence[str]) -> str:
        name = "/".join(elements)
        if name not in ("racket", "racket/private"):
            raise UnknownCollectionError(f"no collection {name}")
        return f"<COLLECTS>/{name}"

    def library_subpath(self, mode: str | None) -> str:
        return {"default": "x86_64-linux/cs", "cs": "x86_64-linux/cs", None: "x86_64-linux"}[mode]


def unordered(value: Any) -> Any:
    """An encoded value in which the entries of hash tables have an order that depends on them alone."""
    if isinstance(value, list):
        return [unordered(item) for item in value]
    if isinstance(value, dict):
        plain = {key: unordered(item) for key, item in value.items()}
        return {"$hash": sorted(plain["$hash"], key=json.dumps)} if "$hash" in plain else plain
    return value


def encoded(info: Info) -> list[list[Any]]:
    """The fields, as the recordings have them."""
    return [[name, unordered(json_value(value))] for name, value in info.items()]


def verdict(data: bytes, machine: Machine) -> tuple[str, object]:
    """``("ok", fields)`` or ``("error", category)``."""
    try:
        return "ok", encoded(parse_info(data, machine=machine))
    except InfoError as error:
        return "error", error.category


def expected(case: Mapping[str, Any]) -> tuple[str, object]:
    """What Racket said, in the same form."""
    if case["result"] == "ok":
        return "ok", unordered(case["fields"])
    return "error", case["category"]
