"""The walk that finds what a stripped package holds, and what is added to it."""

from __future__ import annotations

import functools
import io
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.datum.values import Symbol
from pltpack.errors import InfoError, PackageError
from pltpack.formats.entries import BytesContent, Entry, LeftOut, Source, packing_order
from pltpack.formats.tree import Found, directory_entry, file_entry, list_directory, loop
from pltpack.pkg.strip.bytecode import read_bytecode
from pltpack.pkg.strip.info import mend_html, new_info, rewrite_info
from pltpack.pkg.strip.moved import MOVE_FIELDS, moved_files
from pltpack.pkg.strip.recompile import Recompiler
from pltpack.pkg.strip.rules import BINARY, COMPILED, Lists, Mode, decide, default_drop
from pltpack.racket.info.info import Info, load_info, parse_info
from pltpack.racket.info.module import read_info_module
from pltpack.racket.installation import Installation
from pltpack.regular import FileContent

INFO: Final = "info.rkt"
_COMPILED_INFO: Final = ("info_rkt.zo", "info_rkt.dep")


@dataclass(slots=True)
class Stripped:
    """A stripped package: its entries in packing order, what is not in it and why, and what should be known.

    The entries' data can be read inside the ``with`` block of :func:`~pltpack.pkg.strip.strip.stripped`.
    """

    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Frame:
    """A directory that is being walked."""

    __slots__ = ("compiled", "dropped", "found", "identity", "lists", "names", "path")

    def __init__(self, path: str, found: Path, identity: tuple[int, int], lists: Lists, dropped: bool) -> None:
        self.path = path
        self.found = found
        self.identity = identity
        self.lists = lists
        self.dropped = dropped
        self.names = iter(list_directory(found))
        self.compiled = _files_in(found / COMPILED)


def _files_in(directory: Path) -> frozenset[str]:
    if not directory.is_dir():
        return frozenset()
    return frozenset(found.name for found in list_directory(directory) if found.kind == "file")


class Stripper:
    """Collects the entries of one stripped package: :meth:`walk` first, then what is added to it."""

    def __init__(self, directory: Path, mode: Mode, version: str | None, installation: Installation | None) -> None:
        self.directory = directory
        self.mode = mode
        self._version = version
        self._installation = installation
        self.kept: dict[str, Entry] = {}
        self.left_out: list[LeftOut] = []
        self.warnings: list[str] = []
        self.infos: dict[str, Info] = {}
        self.to_compile: list[str] = []
        self.to_prune: list[str] = []
        self.multi = False

    @functools.cached_property
    def installation(self) -> Installation:
        return self._installation or Installation.discover()

    @functools.cached_property
    def version(self) -> str:
        return self._version or self.installation.version

    # The walk

    def walk(self) -> None:
        status = self.directory.stat()
        info = self._info("", self.directory)
        self.multi = info is not None and info.get("collection") == Symbol("multi")
        lists = Lists({}, {}).within("", info, self.mode)
        frames = [Frame("", self.directory, (status.st_dev, status.st_ino), lists, dropped=False)]
        while frames:
            frame = frames[-1]
            found = next(frame.names, None)
            if found is None:
                frames.pop()
                continue
            path = f"{frame.path}/{found.name}" if frame.path else found.name
            keep = self._decide(path, found, frame)
            if found.kind != "directory":
                if keep:
                    self._keep_file(path, found)
                continue
            if any(found.identity == above.identity for above in frames):
                raise loop(found)
            if keep:
                self._add(directory_entry(path, found.status))
            lists = frame.lists.within(path, self._info(path, found.path), self.mode)
            frames.append(Frame(path, found.path, found.identity, lists, dropped=not keep))

    def _info(self, path: str, directory: Path) -> Info | None:
        info = load_info(directory, installation=self._installation)
        if info is not None:
            self.infos[path] = info
        return info

    def _decide(self, path: str, found: Found, frame: Frame) -> bool:
        parent = frame.found.name
        default = default_drop(found.name, self.mode, parent=parent, compiled=frame.compiled)
        decision = decide(path, self.mode, frame.lists, parent_dropped=frame.dropped, dropped_by_default=default)
        if not decision.keep and not frame.dropped:
            self.left_out.append(LeftOut(path, decision.reason))
        return decision.keep

    def _keep_file(self, path: str, found: Found) -> None:
        if objection := found.objection():
            raise objection
        entry = file_entry(path, found)
        if found.name.endswith(".html") and self.mode != "source":
            mended = mend_html(found.path.read_bytes())
            if mended is not None:
                entry = replace(entry, size=len(mended), content=_MendedPage(found.path))
        elif found.name == INFO and (self.mode in BINARY or path == INFO):
            entry = self._rewritten(entry)
        elif found.name.endswith(".zo") and self.mode in BINARY and self._holds_extras(found.path):
            self.to_prune.append(path)
        self._add(entry)

    def _rewritten(self, entry: Entry) -> Entry:
        module = read_info_module(entry.read(), file=entry.path)
        text = rewrite_info(module, self.mode, "" if self.mode == "source" else self.version)
        if text is None:
            return entry
        try:
            parse_info(text, file=entry.path)
        except InfoError as error:
            raise PackageError(
                f"info.rkt would be broken in a {self.mode} package: {error.message}", file=entry.path
            ) from error
        if self.mode != "source" and not (self.multi and entry.path == INFO):
            self.to_compile.append(entry.path)
        return replace(entry, size=len(text), content=BytesContent(text))

    def _holds_extras(self, path: Path) -> bool:
        bytecode = read_bytecode(path)
        if bytecode.version != self.version:
            raise PackageError(
                f"compiled for Racket {bytecode.version}, but the package is for {self.version}",
                file=str(path),
                hint="compile it again with raco make",
            )
        return bytecode.has_extra_submodules

    def _add(self, entry: Entry) -> None:
        """Add an entry, and the directories that lead to it."""
        above = entry.path.rpartition("/")[0]
        while above and above not in self.kept:
            self.kept[above] = Entry(above, "directory", 0o755, entry.mtime)
            above = above.rpartition("/")[0]
        self.kept[entry.path] = entry

    # What is added to it

    def add_moved_files(self) -> None:
        moving = {path: info for path, info in self.infos.items() if any(info.get(field) for field in MOVE_FIELDS)}
        if not moving:
            return
        for directory, entry in moved_files(self.directory, moving, self.installation):
            if directory and directory not in self.kept:
                self.left_out.append(LeftOut(entry.path, "the directory that lists it is left out"))
            else:
                self._add(entry)

    def create_infos(self) -> None:
        if self.mode == "source":
            return
        if self.mode == "built" or not self.multi:
            self._create_info(INFO, package=True)
            return
        for path in [path for path, entry in self.kept.items() if entry.kind == "directory" and "/" not in path]:
            self._create_info(f"{path}/{INFO}", package=False)

    def _create_info(self, path: str, *, package: bool) -> None:
        if path not in self.kept:
            text = new_info(self.mode, self.version, package=package)
            self._add(Entry(path, "file", 0o644, self._newest(), len(text), BytesContent(text)))
            self.to_compile.append(path)

    def _newest(self) -> int:
        return max((entry.mtime for entry in self.kept.values() if entry.kind == "file"), default=0)

    # What only Racket can do

    def has_work_for_racket(self) -> bool:
        return bool(self.to_compile or self.to_prune)

    def finish(self, work: Path, recompiler: Recompiler) -> None:
        """Have Racket compile and prune, on copies in ``work``."""
        infos = []
        for number, path in enumerate(self.to_compile):
            infos.append(work / str(number) / INFO)
            infos[-1].parent.mkdir()
            infos[-1].write_bytes(self.kept[path].read())
        copies = []
        for number, path in enumerate(self.to_prune):
            copies.append(work / f"{number}.zo")
            copies[-1].write_bytes(self.kept[path].read())
        recompiler.finish(infos=infos, bytecode=copies, version=self.version)
        for path, info in zip(self.to_compile, infos, strict=True):
            self._add_compiled(path, info)
        for path, copy in zip(self.to_prune, copies, strict=True):
            self.kept[path] = replace(self.kept[path], size=copy.stat().st_size, content=FileContent(copy))

    def _add_compiled(self, path: str, info: Path) -> None:
        place = f"{path[: -len(INFO)]}{COMPILED}"
        for name in _COMPILED_INFO:
            file = info.parent / COMPILED / name
            entry = self.kept[path]
            self._add(
                replace(entry, path=f"{place}/{name}", mode=0o644, size=file.stat().st_size, content=FileContent(file))
            )

    def leave_unfinished(self, why: str) -> None:
        """Do without Racket, and say what that means."""
        for path in self.to_compile:
            for name in _COMPILED_INFO:
                stale = f"{path[: -len(INFO)]}{COMPILED}/{name}"
                if self.kept.pop(stale, None):
                    self.left_out.append(LeftOut(stale, "it was made from info.rkt as it was before"))
        if count := len(self.to_compile):
            which, them = ("info.rkt file is", "it") if count == 1 else ("info.rkt files are", "them")
            self.warnings.append(
                f"{count} {which} not compiled, because {why}: the package works, and raco setup compiles {them}"
            )
        if count := len(self.to_prune):
            which, their = ("bytecode file keeps", "its") if count == 1 else ("bytecode files keep", "their")
            self.warnings.append(
                f"{count} {which} {their} test and documentation modules, because {why}: "
                f"the package works, and is larger than need be (the first: {self.to_prune[0]})"
            )

    def result(self) -> Stripped:
        entries = sorted(self.kept.values(), key=lambda entry: packing_order(entry.path))
        return Stripped(entries, self.left_out, self.warnings)


@dataclass(frozen=True, slots=True)
class _MendedPage:
    """The data of an HTML page, mended when it is read, so that pages need no memory until then."""

    path: Path

    def open(self) -> Source:
        page = self.path.read_bytes()
        return io.BytesIO(mend_html(page) or page)
