"""The extracting side of ``unpack``: everything below one directory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

from ..console import DAMAGED, DONE, complain, complain_of, write_line, write_lines
from ..documents import Json
from ..inputs import shown
from ..processes import processes
from .choosing import Choice
from .done import Done
from .listing import outcome_line

if TYPE_CHECKING:
    from pltpack.unpacker.many import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracting:
    """How archives are to be extracted; the fields are the options of the same names."""

    dest: str
    force: bool
    choice: Choice
    salvage: bool
    sanitize: bool
    durable: bool
    dry_run: bool
    verbose: bool
    quiet: bool
    json: bool
    limits: Limits

    def __call__(self, name: str, archive: ArchiveReader) -> Done:
        """Extract an archive."""
        options: Options = {**self._options(), "keep_entries": self.json}
        return self._done(name, extract(archive, self.dest, on_entry=self._on_entry, **options))

    def side_by_side(self, names: Sequence[str], *, config: bool, jobs: int | None) -> Iterator[Done]:
        """Extract archives in several processes; what comes out is as with one after the other. Raises what ends it."""
        from pltpack.unpacker.many import extract_many

        from .headers import config_lines

        with (
            processes(jobs, len(names)) as executor,
            contextlib.closing(extract_many(names, self.dest, executor=executor, **self._options())) as attempts,
        ):
            for name in names:
                if config:
                    with open_archive(name, limits=self.limits) as archive:
                        write_lines(config_lines(archive.preamble))
                attempt = next(attempts)
                if attempt.extraction is None:
                    assert attempt.error is not None
                    raise attempt.error
                for placed in attempt.extraction.entries if self._on_entry else ():
                    _say(placed)
                yield self._done(name, attempt.extraction)

    @property
    def _on_entry(self) -> Callable[[Placed], None] | None:
        return _say if not (self.json or self.quiet) and (self.verbose or self.dry_run) else None

    def _options(self) -> Options:
        return {
            "force": self.force,
            "limits": self.limits,
            "policy": PathPolicy.within(self.limits, sanitize=self.sanitize),
            "members": self.choice.wanted,
            "strip_components": self.choice.strip_components,
            "dry_run": self.dry_run,
            "salvage": self.salvage,
            "durable": self.durable,
            "keep_entries": self.json or self._on_entry is not None,
        }

    def _done(self, name: str, extraction: Extraction) -> Done:
        code = _report_damage(extraction)
        code = self.choice.report(shown(name), extraction.placed) or code
        return Done(code, _document(name, extraction) if self.json else None)


def _say(placed: Placed) -> None:
    write_line(outcome_line(placed.outcome.value, placed.path, directory=placed.kind == "directory"))


def _report_damage(extraction: Extraction) -> int:
    """Say what could not be salvaged; returns the exit code."""
    if extraction.damage is None:
        return DONE
    from pltpack.inspection.wording import counted

    complain_of(extraction.damage)
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    files, size = counted(extraction.files_written, "file"), counted(extraction.bytes_written, "byte")
    complain(f"salvaged {files}, {size}")
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
