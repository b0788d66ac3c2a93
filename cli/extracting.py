"""The extracting side of ``unpack``: everything below one directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

from .console import DAMAGED, DONE, complain, describe, write_line
from .done import Done
from .headers import header_json
from .listing import Json, outcome_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracting:
    """How archives are to be extracted; the fields are the options of the same names."""

    dest: str
    force: bool
    exclude: Sequence[str]
    salvage: bool
    sanitize: bool
    durable: bool
    dry_run: bool
    verbose: bool
    json: bool
    limits: Limits

    def __call__(self, name: str, archive: ArchiveReader) -> Done:
        """Extract an archive."""
        extraction = extract(
            archive,
            self.dest,
            force=self.force,
            limits=self.limits,
            policy=PathPolicy.within(self.limits, sanitize=self.sanitize),
            members=_unless_excluded(self.exclude) if self.exclude else None,
            dry_run=self.dry_run,
            salvage=self.salvage,
            durable=self.durable,
            on_entry=_say if not self.json and (self.verbose or self.dry_run) else None,
        )
        return Done(_report_damage(extraction), _document(name, extraction) if self.json else None)


def _unless_excluded(patterns: Sequence[str]) -> Callable[[str], bool]:
    from pltpack.patterns import matcher

    excluded = matcher(patterns)
    return lambda path: not excluded(path)


def _say(placed: Placed) -> None:
    write_line(outcome_line(placed.outcome.value, placed.path, directory=placed.kind == "directory"))


def _report_damage(extraction: Extraction) -> int:
    """Say what could not be salvaged; returns the exit code."""
    if extraction.damage is None:
        return DONE
    complain(describe(extraction.damage))
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    complain(f"salvaged {len(extraction.written)} files, {extraction.bytes_written} bytes")
    return DAMAGED


def _document(name: str, extraction: Extraction) -> dict[str, Json]:
    return {
        "archive": name,
        "dest": str(extraction.dest),
        "header": header_json(extraction.preamble),
        "entries": [
            {"kind": placed.kind, "path": placed.path, "outcome": placed.outcome.value, "size": placed.size}
            for placed in extraction.entries
        ],
        "bytesWritten": extraction.bytes_written,
        "damage": None if extraction.damage is None else str(extraction.damage),
        "incomplete": list(extraction.incomplete),
    }
