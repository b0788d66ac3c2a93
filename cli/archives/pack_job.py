"""What ``raco-pack`` is asked to pack: files and directories, or, with ``--collect``, collections."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.codec.header import Header
from pltpack.errors import PltError, SourceError
from pltpack.packer.filters import FileFilter, FileMode, excluding, include_compiled, std_filter
from pltpack.packer.mztar import CleanPath, SourceDirectory, SourceFile, walk
from pltpack.packer.pack import own_files, unicode_path

from ..console import usage_error

DEFAULT_NAME: Final = "archive"
ALL_USERS_TEST: Final = ("collects", "doc", "include", "lib")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that both kinds share. ``name`` is ``None`` where none was given; ``exclude`` are patterns."""

    name: str | None
    setup: Sequence[str]
    replace: bool
    all_users: bool
    force_all_users: bool
    exclude: Sequence[str]
    directory: str

    @property
    def at_plt_home(self) -> bool:
        """Whether the archive goes to the installation."""
        return self.all_users or self.force_all_users

    @property
    def file_mode(self) -> FileMode:
        """The tag of files."""
        return "file-replace" if self.replace else "file"


@dataclass(frozen=True, slots=True)
class Job:
    """Everything about the archive: its header, what is packed and how it is stored.

    ``paths`` are relative to ``directory``, as many as ``as_paths``.
    """

    header: Header
    paths: Sequence[str]
    as_paths: Sequence[str]
    directory: str
    file_filter: FileFilter
    file_mode: FileMode

    def entries(self, dest: str) -> Iterator[SourceDirectory | SourceFile]:
        """The entries of the archive, without writing it; what stands at ``dest`` is not among them."""
        skip = own_files(dest)
        for path, as_path in zip(self.paths, self.as_paths, strict=True):
            yield from walk(
                path, self.file_filter, self.file_mode, as_path=as_path, directory=self.directory, skip=skip
            )


def files(paths: Sequence[str], asked: Asked, *, at_plt: bool) -> Job:
    """Files and directories."""
    sources = [_relative(path) for path in paths]
    header = Header(
        DEFAULT_NAME if asked.name is None else asked.name,
        collections=tuple((name,) for name in asked.setup),
        plt_relative=at_plt or asked.at_plt_home,
        plt_home_relative=asked.at_plt_home,
        test_plt_dirs=ALL_USERS_TEST if asked.all_users else None,
    )
    file_filter: FileFilter = std_filter
    if asked.exclude:
        file_filter = excluding(asked.exclude, std_filter, directory=asked.directory)
    return Job(header, sources, sources, asked.directory, file_filter, asked.file_mode)


def suggest_collect(job: Job, racket: Path | None, racket_version: str | None) -> None:
    """Ask whether ``--collect`` was meant, where a path is not there and a collection of that name is installed."""
    missing = [path for path in job.paths if not os.path.lexists(os.path.join(job.directory, path))]
    if not missing:
        return
    from pltpack.racket.collections import CollectionIndex
    from pltpack.racket.installation import Installation

    found: list[str] = []
    # It is only a suggestion: without a Racket, or with one that is odd, there is none.
    with contextlib.suppress(PltError, OSError):
        index = CollectionIndex(Installation.discover(racket=racket, version=racket_version))
        found = [path for path in missing if index.find(path.strip("/")) is not None]
    if found:
        raise SourceError(
            "no such file or directory",
            file=found[0],
            hint="there is a collection of that name: did you mean --collect?",
        )


def collections(
    names: Sequence[str],
    asked: Asked,
    *,
    compiled: bool,
    collects: Sequence[Path],
    racket: Path | None,
    racket_version: str | None,
) -> Job:
    """Collections, named like ``games/cards``; with ``compiled`` also what ``--include-compiled`` takes."""
    from pltpack.packer.collections import plan_collections
    from pltpack.racket.collections import CollectionIndex
    from pltpack.racket.installation import Installation

    if not names:
        usage_error("--collect takes one collection or more, like racket or games/cards")
    installation = Installation.discover(
        racket=None if racket is None else Path(asked.directory, racket),
        version=racket_version,
        collects=[Path(asked.directory, path) for path in collects],
    )
    plan = plan_collections(
        asked.name,
        [name.split("/") for name in names],
        index=CollectionIndex(installation),
        replace=asked.replace,
        at_plt_home=asked.at_plt_home,
        test_plt_collects=not asked.force_all_users,
        extra_setup_collections=[(name,) for name in asked.setup],
    )
    file_filter: FileFilter = include_compiled if compiled else std_filter
    if asked.exclude:
        file_filter = _excluding_below(asked.exclude, file_filter, plan.paths)
    return Job(plan.header, plan.paths, plan.as_paths, "", file_filter, asked.file_mode)


def _relative(path: str) -> str:
    """A path argument as Unicode text; absolute and empty ones are wrong calls."""
    text = unicode_path(path)
    try:
        CleanPath.parse(text)
    except ValueError as error:
        usage_error(f"{error} (-C DIR packs from another directory)" if text.startswith("/") else str(error))
    return text


def _excluding_below(patterns: Sequence[str], file_filter: FileFilter, roots: Sequence[str]) -> FileFilter:
    """A filter that also leaves out what matches a pattern, relative to the directory of the collection it is in."""
    filters = [(f"{root.rstrip('/')}/", excluding(patterns, file_filter, directory=root)) for root in roots]

    def decide(path: str) -> bool | FileMode:
        for prefix, decision in filters:
            if path.startswith(prefix):
                return decision(path.removeprefix(prefix))
        return file_filter(path)

    return decide
