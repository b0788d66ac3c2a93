"""Making one package of one release: its files moved below their collection and rewritten, and a new ``info.rkt``."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.datum.program import Program
from pltpack.datum.writer import write_datum
from pltpack.errors import InfoError, LimitError
from pltpack.formats.entries import BytesContent, Entry, EntryWriter
from pltpack.formats.zip import EARLIEST
from pltpack.planet.info_fields import plain_text, setup_fields
from pltpack.planet.release import Release, info_value, open_release, read_info
from pltpack.planet.rescue.dependencies import Dependencies, Reason, examine
from pltpack.planet.rescue.notes import Edit, Lines, Note
from pltpack.planet.rescue.providers import providers
from pltpack.planet.rescue.rescued import Rescued
from pltpack.planet.rescue.resolve import World
from pltpack.planet.rescue.rewrite import SOURCE_LIMITS, Rewritten, is_source, rewrite
from pltpack.racket.info.info import INFO_NAMES, parse_info

_INFO: Final = "info.rkt"
_ASIDE: Final = ".unreadable"
_LARGEST_MINOR: Final = 99
"""A larger one cannot be the minor part of a package's version."""
_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755


class Making:
    """The making of a package; ``rescued`` says, once :meth:`write` is done, what it came to."""

    def __init__(self, release: Release, world: World, *, quiet_info: bool, limits: Limits) -> None:
        self.rescued = Rescued(release, world.target_of(release))
        self._release = release
        self._world = world
        self._quiet = quiet_info
        self._limits = limits
        self._found = Dependencies()
        self._infos: dict[str, bytes] = {}
        self._folders: set[str] = set()

    def write(self, writer: EntryWriter) -> None:
        """Give all entries to a writer, which the caller closes; the same ones each time. Raises as
        :func:`~pltpack.planet.release.open_release`."""
        modules: list[str] = []
        with _no_collections(), open_release(self._release, limits=self._limits) as entries:
            for entry in entries:
                made = self._entry(entry)
                for above in self._parents(made.path, directory=made.kind == "directory"):
                    writer.add(Entry(above, "directory", _FOLDER_MODE, EARLIEST))
                if made.kind == "file":
                    writer.add(made)
                    self.rescued.files += 1
                    self.rescued.size += made.size
                    if is_source(entry.path):
                        modules.append(entry.path)
        self.rescued.modules = tuple(modules)
        self._finish()
        info = self._info_text().encode()
        writer.add(Entry(_INFO, "file", _MODE, EARLIEST, len(info), BytesContent(info)))

    def _entry(self, entry: Entry) -> Entry:
        moved = replace(entry, path=f"{self.rescued.target.collection}/{entry.path}", mode=_MODE, mtime=EARLIEST)
        if entry.kind != "file" or not is_source(entry.path):
            return moved
        self.rescued.sources += 1
        if entry.size > SOURCE_LIMITS.length:
            message = f"it is larger than {SOURCE_LIMITS.length} bytes"
            self.rescued.notes.append(Note(entry.path, 0, "unreadable", message, entry.path))
            return moved
        data = entry.read()
        if entry.path in INFO_NAMES:
            self._infos[entry.path] = data
        written = self._source(entry.path, data)
        aside = _ASIDE if entry.path.rpartition("/")[2] in INFO_NAMES and self._spoils(entry.path, data) else ""
        return replace(moved, path=moved.path + aside, size=len(written), content=BytesContent(written))

    def _spoils(self, path: str, data: bytes) -> bool:
        """Whether an info file is one that Racket cannot read: no package with such a file can be installed."""
        try:
            parse_info(data, file=path)
        except (InfoError, LimitError) as error:
            spoils = isinstance(error, LimitError) or error.category != "runtime"
            kept = f"; it is kept as {path.rpartition('/')[2]}{_ASIDE}" if spoils else ""
            self.rescued.notes.append(Note(path, 0, "info", f"{error.message}{kept}", path))
            return spoils
        return False

    def _source(self, path: str, data: bytes) -> bytes:
        result = rewrite(path, data, self._release, self._world)
        rescued = self.rescued
        rescued.edits += result.edits
        rescued.notes += result.notes
        for name, text in result.dependencies.items():
            self._found.add(name, Reason(path, text))
        for subject, text in result.missing.items():
            rescued.missing.setdefault(subject, text)
        rescued.wants.update(result.wants)
        if not _is_utf8(data):
            message = "it is not UTF-8: Racket reads other characters than were meant"
            rescued.notes.append(Note(path, 0, "encoding", message, path))
        program = result.program
        if program is None:
            return result.data
        rescued.notes += examine(path, data, program, providers(), self._found)
        if path.rpartition("/")[2] in INFO_NAMES:
            return self._info(path, data, program, result)
        return result.data

    def _info(self, path: str, data: bytes, program: Program, result: Rewritten) -> bytes:
        """An info file, without the fields that make ``raco setup`` act if that is asked for."""
        found = list(setup_fields(program))
        lines = Lines(data)
        for name, node in found:
            message = f"{name} is dropped" if self._quiet else f"raco setup acts on {name}"
            self.rescued.notes.append(Note(path, lines.of(node.start), "setup-field", message, name))
        if not self._quiet or not found or result.data != data:
            return result.data
        pieces, at = [], 0
        for _, node in found:
            pieces.append(data[at : node.start])
            text = data[node.start : node.end].decode("utf-8", "replace")
            self.rescued.edits.append(Edit(path, lines.of(node.start), text, ""))
            at = node.end
        return b"".join([*pieces, data[at:]])

    def _parents(self, path: str, *, directory: bool) -> Iterator[str]:
        """The directories above, and the directory itself, that have not been written yet."""
        names = path.split("/")
        for end in range(1, len(names) + directory):
            above = "/".join(names[:end])
            if above not in self._folders:
                self._folders.add(above)
                yield above

    def _finish(self) -> None:
        rescued = self.rescued
        rescued.deps, rescued.build_deps = self._found.settled()
        info, _ = read_info(self._infos)
        title, blurb = info_value(info, "name"), info_value(info, "blurb")
        rescued.title = title if isinstance(title, str) else ""
        rescued.description = plain_text(blurb) or rescued.title
        rescued.loads_with = info_value(info, "can-be-loaded-with")
        rescued.notes.sort()

    def _info_text(self) -> str:
        rescued = self.rescued
        lines = ["#lang info", "(define collection 'multi)", f"(define deps '{write_datum(list(rescued.deps))})"]
        if rescued.build_deps:
            lines.append(f"(define build-deps '{write_datum(list(rescued.build_deps))})")
        if rescued.release.minor <= _LARGEST_MINOR:
            lines.append(f'(define version "{rescued.release.major}.{rescued.release.minor}")')
        if rescued.description:
            lines.append(f"(define pkg-desc {write_datum(rescued.description)})")
        return "\n".join(lines) + "\n"


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """Keep Python from looking for cycles among the nodes of programs: there are none, and looking takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
