"""The extracting side of ``unpack``: everything below one directory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

from ..console import DAMAGED, DIFFERENT, DONE, complain, complain_of, write_line, write_lines
from ..documents import Json
from ..processes import processes
from .done import Done
from .listing import outcome_line

if TYPE_CHECKING:
    from pltpack.unpacker.many import Options


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
        return _say if not self.json and (self.verbose or self.dry_run) else None

    def _options(self) -> Options:
        return {
            "force": self.force,
            "limits": self.limits,
            "policy": PathPolicy.within(self.limits, sanitize=self.sanitize),
            "members": _chosen(self.only, self.exclude),
            "strip_components": self.strip_components,
            "dry_run": self.dry_run,
            "salvage": self.salvage,
            "durable": self.durable,
            "keep_entries": self.json or self._on_entry is not None,
        }

    def _done(self, name: str, extraction: Extraction) -> Done:
        code = _report_damage(extraction)
        if self.only and not extraction.placed:
            complain(f"nothing in {name} matches {' '.join(self.only)}")
            code = code or DIFFERENT
        return Done(code, _document(name, extraction) if self.json else None)


def _chosen(only: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool] | None:
    """Which paths are wanted: those that match one of ``only`` (none: all), and none of ``exclude``."""
    if not only and not exclude:
        return None
    from pltpack.patterns import excluder, matcher

    return partial(_is_chosen, matcher(only or ["*"]), excluder(exclude))


def _is_chosen(wanted: Callable[[str], bool], excluded: Callable[[str], bool], path: str) -> bool:
    return wanted(path) and not excluded(path)


def _say(placed: Placed) -> None:
    write_line(outcome_line(placed.outcome.value, placed.path, directory=placed.kind == "directory"))


def _report_damage(extraction: Extraction) -> int:
    """Say what could not be salvaged; returns the exit code."""
    if extraction.damage is None:
        return DONE
    complain_of(extraction.damage)
    for path in extraction.incomplete:
        complain(f"{path}: not whole, left out")
    complain(f"salvaged {extraction.files_written} files, {extraction.bytes_written} bytes")
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
