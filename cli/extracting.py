"""The extracting side of ``unpack``: everything below one directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

from .console import DAMAGED, DIFFERENT, DONE, complain, complain_of, write_line
from .done import Done
from .listing import Json, outcome_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracting:
    """How archives are to be extracted; the fields are the options of the same names."""

    dest: str
    force: bool
    exclude: Sequence[str]
    only: Sequence[str]
    strip_components: int
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
            members=_chosen(self.only, self.exclude),
            strip_components=self.strip_components,
            dry_run=self.dry_run,
            salvage=self.salvage,
            durable=self.durable,
            on_entry=_say if not self.json and (self.verbose or self.dry_run) else None,
        )
        code = _report_damage(extraction)
        if self.only and not extraction.entries:
            complain(f"nothing in {name} matches {' '.join(self.only)}")
            code = code or DIFFERENT
        return Done(code, _document(name, extraction) if self.json else None)


def _chosen(only: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool] | None:
    """Which paths are wanted: those that match one of ``only`` (none: all), and none of ``exclude``."""
    if not only and not exclude:
        return None
    from pltpack.patterns import matcher

    wanted, excluded = matcher(only or ["*"]), matcher(exclude)
    return lambda path: wanted(path) and not excluded(path)


def _say(placed: Placed) -> None:
    write_line(outcome_line(placed.outcome.value, placed.path, directory=placed.kind == "directory"))


def _report_damage(extraction: Extraction) -> int:
    """Say what could not be salvaged; returns the exit code."""
    if extraction.damage is None:
        return DONE
    complain_of(extraction.damage)
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    complain(f"salvaged {len(extraction.written)} files, {extraction.bytes_written} bytes")
    return DAMAGED


def _document(name: str, extraction: Extraction) -> dict[str, Json]:
    from .headers import header_json

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
