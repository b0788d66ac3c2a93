"""The installing side of ``unpack``: where entries went, which checks failed, what is to be set up."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.racket.installation import Installation
from pltpack.unpacker.install import Installed, install
from pltpack.unpacker.locations import Mode
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.setup import racket_of, run_setup

from ..console import DONE, complain, complain_of, describe, exit_code, write_line
from ..documents import Json
from .done import Done
from .headers import header_json
from .listing import outcome_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Installing:
    """How archives are to be installed, and where; the other fields are the options of the same names."""

    installation: Installation
    all_users: bool
    force: bool
    check: bool
    setup: bool
    sanitize: bool
    durable: bool
    dry_run: bool
    verbose: bool
    quiet: bool
    json: bool
    limits: Limits

    def __post_init__(self) -> None:
        if self.setup:
            racket_of(self.installation)  # before anything is installed that could not be set up

    def __call__(self, name: str, archive: ArchiveReader) -> Done:
        """Install an archive."""
        installed = install(
            archive,
            installation=self.installation,
            all_users=self.all_users,
            force=self.force,
            check=self.check,
            dry_run=self.dry_run,
            limits=self.limits,
            policy=PathPolicy.within(self.limits, sanitize=self.sanitize),
            durable=self.durable,
            keep_entries=self.verbose or self.json,
        )
        if not self.json:
            self._report(name, installed)
        return Done(
            exit_code(installed.problems[0]) if installed.problems else DONE,
            _document(name, installed, archive) if self.json else None,
            tuple(installed.collections),
        )

    def set_up(self, done: list[Done]) -> None:
        """With ``--setup``: run ``raco setup``, once for all archives, since they may need one another."""
        if not self.setup or self.dry_run:
            return
        sys.stdout.flush()
        collections = dict.fromkeys(collection for one in done for collection in one.collections)
        run_setup(collections, self.installation, output=sys.stderr if self.json else None)

    def _report(self, name: str, installed: Installed) -> None:
        for warning in installed.warnings:
            complain(f"{name}: {warning}; ignored, as --force says")
        if not self.quiet:
            if installed.mode is Mode.LOCAL:
                write_line(f"{name} is not for the directories of Racket: unpacked into the current directory")
            for entry in installed.entries if self.verbose or self.dry_run else installed.kept:
                write_line(outcome_line(entry.outcome.value, str(entry.target), directory=entry.kind == "directory"))
            for collection in installed.collections:
                write_line(f"to set up: {'/'.join(collection)}")
        for problem in installed.problems:
            complain_of(problem)


def _document(name: str, installed: Installed, archive: ArchiveReader) -> dict[str, Json]:
    return {
        "archive": name,
        "header": header_json(archive.preamble),
        "mode": installed.mode.value,
        "entries": [
            {
                "kind": entry.kind,
                "path": entry.entry,
                "target": str(entry.target),
                "outcome": entry.outcome.value,
                "size": entry.size,
            }
            for entry in installed.entries
        ],
        "collections": ["/".join(collection) for collection in installed.collections],
        "warnings": list(installed.warnings),
        "problems": [describe(problem) for problem in installed.problems],
    }
