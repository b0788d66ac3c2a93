"""The recorded answers of Racket in ``fixtures/datum``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "datum"


@dataclass(frozen=True)
class Case:
    """A text, and what Racket's ``read`` makes of it (see ``fixtures/datum/README.md``)."""

    text: bytes
    outcome: str
    end: int | None
    written: str | None


@cache
def cases() -> tuple[Case, ...]:
    """All of them."""
    records = json.loads((FIXTURES / "cases.json").read_text("utf-8"))
    return tuple(
        Case(
            bytes.fromhex(record["hex"]) if "hex" in record else record["text"].encode(),
            record["outcome"],
            record.get("end"),
            record.get("written"),
        )
        for record in records
    )


def is_cyclic(case: Case) -> bool:
    """Whether Racket reads a value that contains itself; no such value is a datum here."""
    return case.written is not None and "#0=" in case.written and "#0#" in case.written
