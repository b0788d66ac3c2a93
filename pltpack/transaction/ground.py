"""The ground that a transaction works on: its roots, the directories found in them, and what is staged for them."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from pltpack.signals import Shield
from pltpack.transaction.destination import Outcome, Root, collision, mismatch, settle_directory
from pltpack.transaction.folders import OPEN_DIRECTORY, Descriptors, Folder, create_missing, kind_at
from pltpack.transaction.journal import Placement
from pltpack.transaction.paths import SafePath
from pltpack.transaction.portability import folded
from pltpack.transaction.recovery import Identity, open_base, take_base
from pltpack.transaction.staging import Area, refuse_reserved


class Ground:
    """Finds directories, stages those that are missing, and keeps account of it.

    Paths are taken apart name by name: each directory is opened from its parent, and a link is never followed. Only
    the root itself may be reached through links: whoever named it wanted it so.
    """

    def __init__(self) -> None:
        self.transaction = os.urandom(8).hex()
        self.descriptors = Descriptors()
        self.areas: list[Area] = []
        """The areas that exist on disk, in the order of their making."""
        self.placements: list[Placement] = []
        self.created: list[str] = []
        """Directories made for roots that did not exist."""
        self._bases: dict[Root, Folder] = {}
        self._real: dict[str, Folder] = {}
        self._known: dict[Identity, Folder] = {}
        self._held: set[Identity] = set()

    def base(self, root: Root) -> Folder:
        """The directory of a root: opened, locked, cleaned up, and made if need be, when it is first asked for."""
        base = self._bases.get(root)
        if base is None:
            # A descriptor with a lock must not get lost, so nothing may interrupt between opening and keeping it.
            with Shield():
                base = self._bases[root] = self._open_root(os.path.realpath(root.path), root.identity)
        return base

    def folder(self, root: Root, path: SafePath) -> Folder:
        """The directory at ``path``; what is missing on the way is staged."""
        folder = self.base(root)
        for depth, name in enumerate(path):
            child = folder.children.get(name.encode())
            folder = child if child is not None else self.child(folder, path, depth)[0]
        return folder

    def child(self, folder: Folder, path: SafePath, depth: int) -> tuple[Folder, Outcome]:
        """The directory ``path[depth]`` in a folder, staged if there is none."""
        name = path[depth].encode()
        if (child := folder.children.get(name)) is not None:
            return child, Outcome.KEPT
        path = path[: depth + 1]
        if folder.staged:
            self.claim(folder, name, path)
            try:
                os.mkdir(name, dir_fd=self.descriptors.of(folder))
            except FileExistsError:
                raise mismatch("/".join(path), "", again=True) from None
            child, outcome = Folder(folder, name, folder.area, staged=True), Outcome.CREATED
        else:
            child, outcome = self._child_in_place(folder, name, path)
        folder.children[name] = child
        return child, outcome

    def claim(self, folder: Folder, name: bytes, path: SafePath) -> None:
        """See that the name of something new may be used, and that it differs from others for this disk, too."""
        refuse_reserved(path)
        if folder.area is not None and folder.area.folds:
            spelled = folder.spellings.setdefault(folded(path[-1]), name)
            if spelled != name:
                raise collision("/".join(path), "/".join((*path[:-1], spelled.decode())))

    def ready(self, folder: Folder) -> Area:
        """The area for a folder, made when it is first needed."""
        area = folder.area
        assert area is not None
        if not area.made:
            try:
                self._make(area)
            except PermissionError:
                if area.base is folder:
                    raise
                # The root is closed to us, but this directory may be open.
                area = self._adopt_in_place(folder, area)
                self._make(area)
        return area

    def _make(self, area: Area) -> None:
        facts = {"transaction": self.transaction}
        if self.areas:
            # The first area learns of the others before they exist, so that none can be left behind unknown.
            first = self.areas[0]
            first.record(**facts, areas=[each.path for each in (*self.areas, area)])
            facts["first"] = first.path
        with Shield():
            self.areas.append(area)
            try:
                area.make(**facts)
            finally:
                if not area.made:
                    self.areas.remove(area)

    def close(self) -> None:
        """Remove the areas, the first one last, and let go of everything; what is left the next transaction removes."""
        for area in reversed(self.areas):
            with contextlib.suppress(OSError):
                area.remove()
        for path in reversed(self.created):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        self.descriptors.close()

    def _open_root(self, real: str, identity: Identity | None) -> Folder:
        for path, base in self._real.items():
            if real == path:
                return base
            if real.startswith(path.rstrip("/") + "/"):
                # A root inside another one shares its area, or each would trip over what the other has staged.
                return self.folder(Root(Path(path)), tuple(real[len(path) :].strip("/").split("/")))
        if identity is None:
            create_missing(real, self.created)
        descriptor = open_base(real, self._held, identity)
        folder = Folder(None, b"", None, staged=False)
        self._adopt(folder, descriptor, real)
        self._real[real] = folder
        return folder

    def _adopt(self, folder: Folder, descriptor: int, path: str) -> Area:
        """Make an open, locked directory the base of an area of its own."""
        status = os.fstat(descriptor)
        self._known[status.st_dev, status.st_ino] = folder
        self.descriptors.pin(folder, descriptor)
        folder.area = Area(folder, path, status.st_dev, self.descriptors)
        return folder.area

    def _child_in_place(self, folder: Folder, name: bytes, path: SafePath) -> tuple[Folder, Outcome]:
        refuse_reserved(path)
        if name in folder.placements:
            raise mismatch("/".join(path), "", again=True)
        parent = self.descriptors.of(folder)
        try:
            descriptor = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            return self._stage_tree(folder, name, path), Outcome.CREATED
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                settle_directory(kind_at(parent, name)[0], "/".join(path))
            raise
        return self._found(folder, name, descriptor), Outcome.KEPT

    def _found(self, folder: Folder, name: bytes, descriptor: int) -> Folder:
        """The folder of an open directory: one and the same for one directory, however it was reached."""
        status = os.fstat(descriptor)
        if (known := self._known.get((status.st_dev, status.st_ino))) is not None:
            os.close(descriptor)
            return known
        area = folder.area
        assert area is not None
        child = Folder(folder, name, area, staged=False)
        self._known[status.st_dev, status.st_ino] = child
        self.descriptors.keep(child, descriptor)
        if status.st_dev != area.device:
            # Another file system is mounted here; things cannot be renamed into it from outside.
            self._adopt_in_place(child, area)
        return child

    def _adopt_in_place(self, folder: Folder, area: Area) -> Area:
        """Give a directory below the base of an area an area of its own."""
        path = os.path.join(area.path, *map(os.fsdecode, folder.path_from_base()))
        with Shield():
            descriptor = os.open(b".", OPEN_DIRECTORY, dir_fd=self.descriptors.of(folder))
            try:
                take_base(descriptor, path, self._held)
            except BaseException:
                os.close(descriptor)
                raise
            return self._adopt(folder, descriptor, path)

    def _stage_tree(self, folder: Folder, name: bytes, path: SafePath) -> Folder:
        area = self.ready(folder)
        self.claim(folder, name, path)
        number = area.number()
        staged = b"%d" % number
        os.mkdir(staged, dir_fd=area.new.descriptor)
        status = os.stat(staged, dir_fd=area.new.descriptor, follow_symlinks=False)
        self.placements.append(Placement(area, number, folder, name, "/".join(path), tree=True, staged=status))
        return Folder(area.new, staged, area, staged=True)
