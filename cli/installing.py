"""The installing side of ``unpack``: where entries went, which checks failed, what is to be set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.racket.installation import Installation
from pltpack.unpacker.install import Installed, install
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.setup import run_setup

from .console import complain, describe, exit_code, write_line
from .headers import header_json
from .listing import Json


@dataclass(frozen=True, slots=True)
class Installing:
    """How archives are to be installed; the fields are the options of the same names."""

    all_users: bool = False
    force: bool = False
    check: bool = True
    setup: bool = False
    dry_run: bool = False
    sanitize: bool = False
    durable: bool = False
    racket: Path | None = None
    racket_version: str | None = None
    collects: Sequence[Path] = ()

    def into(
        self, documents: list[Json] | None, codes: list[int], limits: Limits, *, verbose: bool
    ) -> Callable[[str, ArchiveReader], None]:
        """A function that installs an archive, given its name.

        What became of it goes into ``documents`` or, without, to the console; the exit code goes into ``codes``.
        """
        installation = Installation.discover(racket=self.racket, version=self.racket_version, collects=self.collects)

        def install_one(name: str, archive: ArchiveReader) -> None:
            installed = install(
                archive,
                installation=installation,
                at_plt=True,
                all_users=self.all_users,
                force=self.force,
                check=self.check,
                dry_run=self.dry_run,
                limits=limits,
                policy=PathPolicy.within(limits, sanitize=self.sanitize),
                durable=self.durable,
            )
            if documents is None:
                _report(name, installed, everything=verbose or self.dry_run)
            else:
                documents.append(_document(name, installed, archive))
            codes.extend(exit_code(problem) for problem in installed.problems[:1])
            if self.setup and not self.dry_run:
                run_setup(installed.collections, installation)

        return install_one


def _report(name: str, installed: Installed, *, everything: bool) -> None:
    for warning in installed.warnings:
        complain(f"{name}: {warning}")
    for entry in installed.entries if everything else installed.kept:
        write_line(f"{entry.outcome.value:9}{entry.target}{'/' if entry.kind == 'directory' else ''}")
    for collection in installed.collections:
        write_line(f"to set up: {'/'.join(collection)}")
    for problem in installed.problems:
        complain(describe(problem))


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
