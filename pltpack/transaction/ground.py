"""The ground that a transaction works on: its roots, the directories found in them, and what is staged for them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from pltpack.signals import Shield
from pltpack.transaction.destination import Kind, Outcome, Root, collision, in_the_way, mismatch, settle_directory
from pltpack.transaction.folders import (
    NAMES,
    OPEN_DIRECTORY,
    Folder,
    create_missing,
    kind_at,
    refuse_append_only,
)
from pltpack.transaction.holdings import Holdings
from pltpack.transaction.moves import Move, Placement
from pltpack.transaction.paths import SafePath, refuse_reserved
from pltpack.transaction.portability import folded
from pltpack.transaction.recovery import open_base, take_base
from pltpack.transaction.staging import Area
from pltpack.transaction.state import Identity
from pltpack.transaction.writing import Attributes


class Ground(Holdings):
    """Finds directories, stages those that are missing, and keeps account of it.

    Paths are taken apart name by name: each directory is opened from its parent, and a link is never followed. Only
    the root itself may be reached through links: whoever named it wanted it so.
    """

    def __init__(self, *, shared: bool = False) -> None:
        super().__init__(shared=shared)
        self.moves: list[Move] = []
        """What the commit will do, in this order."""
        self.files: dict[tuple[Folder, bytes], Placement] = {}
        """The files among them that go to directories in place."""
        self.attributes: dict[Folder, Attributes] = {}
        """Permissions and time of change (ns) that staged directories shall have."""
        self._area_of: dict[Folder, Area] = {}
        """The area in each directory that has one, made or not."""
        self._vacated: set[tuple[Folder, bytes]] = set()
        """Names at which nothing will be any more."""
        self._taken: set[tuple[Folder, bytes]] = set()
        """Names to which something is moved from elsewhere."""
        self._bases: dict[Root, Folder] = {}
        self._real: dict[str, Folder] = {}
        self._known: dict[Identity, Folder] = {}

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
            child = folder.children.get(name.encode(errors=NAMES))
            folder = child if child is not None else self.child(folder, path, depth)[0]
        return folder

    def child(self, folder: Folder, path: SafePath, depth: int) -> tuple[Folder, Outcome]:
        """The directory ``path[depth]`` in a folder, staged if there is none."""
        name = path[depth].encode(errors=NAMES)
        if (child := folder.children.get(name)) is not None:
            return child, Outcome.KEPT
        path = path[: depth + 1]
        if folder.staged:
            self.claim(folder, name, path)
            try:
                parent = self.descriptors.of(folder)
                os.mkdir(name, dir_fd=parent)
            except FileExistsError:
                raise mismatch("/".join(path), "", again=True) from None
            child, outcome = Folder(folder, name, folder.top, staged=True), Outcome.CREATED
            child.inside = folder.inside
            child.inside.append(os.stat(name, dir_fd=parent, follow_symlinks=False).st_ino)
        else:
            child, outcome = self._child_in_place(folder, name, path)
        folder.children[name] = child
        return child, outcome

    def claim(self, folder: Folder, name: bytes, path: SafePath) -> None:
        """See that the name of something new may be used, and that it differs from others for this disk, too."""
        refuse_reserved(path)
        if folder.top.folds:
            spelled = folder.spellings.setdefault(folded(path[-1]), name)
            if spelled != name:
                raise collision("/".join(path), "/".join((*path[:-1], os.fsdecode(spelled))))

    def ready(self, folder: Folder) -> Area:
        """The area for a folder, made when it is first needed."""
        area = self._area_of[folder.top]
        if not folder.can_shrink:
            refuse_append_only(self.descriptors.of(folder))
            folder.can_shrink = True
        if not area.made:
            try:
                self.make(area)
            except PermissionError:
                if area.base is folder:
                    raise
                # The root is closed to us, but this directory may be open.
                area = self._adopt_in_place(folder, area)
                self.make(area)
        return area

    def stage(self, folder: Folder, name: bytes, placement: Placement) -> None:
        """Have something moved into place by the commit."""
        if not placement.is_tree:
            self.files[folder, name] = placement
        self.moves.append(placement)

    def kind(self, folder: Folder, name: bytes) -> tuple[Kind, os.stat_result | None]:
        """What will be at a name of a directory in place before anything new is put there, and its status."""
        if (folder, name) in self._vacated:
            return Kind.ABSENT, None
        return kind_at(self.descriptors.of(folder), name)

    def existing(self, root: Root, path: SafePath) -> tuple[Folder, bytes, os.stat_result] | None:
        """The directory in place that holds ``path``, the name in it, and what stands there; ``None`` if nothing does.

        Raises ``UnsafePathError`` and ``EntryExistsError`` for special files, and links on the way to it.
        """
        folder = self.base(root)
        for depth, above in enumerate(path[:-1]):
            child = folder.children.get(above.encode(errors=NAMES)) or self._find(
                folder, above.encode(errors=NAMES), path[: depth + 1]
            )
            if child is None:
                return None
            folder.children[above.encode(errors=NAMES)] = folder = child
        name = path[-1].encode(errors=NAMES)
        kind, status = self.kind(folder, name)
        self._refuse_staged(folder, name, path, kind)
        area = self._area_of[folder.top]
        place = os.path.join(_place(area, folder), os.fsdecode(name))
        if any(f"{mounted}/".startswith(f"{place}/") for mounted in area.mounts):
            raise in_the_way("/".join(path), "has something mounted in it", hint="unmount it first")
        if kind is Kind.OTHER:
            raise in_the_way("/".join(path), "is neither a file, a directory nor a link", hint="remove it yourself")
        return None if status is None else (folder, name, status)

    def vacate(self, folder: Folder, name: bytes) -> None:
        """From now on nothing is at a name of a directory in place: what is there now will be moved away."""
        child = folder.children.pop(name, None)
        if child is not None:
            self._known = {identity: known for identity, known in self._known.items() if not known.is_below(child)}
        self._vacated.add((folder, name))

    def occupy(self, folder: Folder, name: bytes, path: SafePath) -> None:
        """Let something be moved to a name from elsewhere, where nothing is now. Raises ``EntryExistsError``."""
        taken = name in folder.children or (folder, name) in self.files or (folder, name) in self._taken
        if taken or self.kind(folder, name)[0] is not Kind.ABSENT:
            raise in_the_way("/".join(path), "exists already")
        self.claim(folder, name, path)
        self._taken.add((folder, name))

    def refuse_taken(self, folder: Folder, name: bytes, path: SafePath) -> None:
        """Raise ``EntryExistsError`` if something is moved to the name from elsewhere."""
        if (folder, name) in self._taken:
            raise in_the_way("/".join(path), "is moved there by the same transaction")

    def set_attributes(self) -> None:
        """Give staged directories their permissions and times, now that nothing is put into them any more."""
        for folder, attributes in self.attributes.items():
            attributes.give(self.descriptors.of(folder))

    def _refuse_staged(self, folder: Folder, name: bytes, path: SafePath, kind: Kind) -> None:
        """What this very transaction puts somewhere, or into it, it does not also move away."""
        child = folder.children.get(name)
        if child is None and kind is Kind.DIRECTORY:
            child = self._find(folder, name, path)
        inside = child is not None and (
            child.staged
            or any(base.is_below(child) for base in self._bases.values())
            or any(held.is_below(child) for held, _ in (*self.files, *self._taken))
            or any(move.folder.is_below(child) for move in self.moves)
        )
        if folder.staged or inside or (folder, name) in self.files or (folder, name) in self._taken:
            raise ValueError(f"the same transaction has work at {'/'.join(path)!r}")

    def _open_root(self, real: str, which: Identity | None) -> Folder:
        for path, base in self._real.items():
            if real == path:
                return base
            if real.startswith(path.rstrip("/") + "/"):
                # A root inside another one shares its area, or each would trip over what the other has staged.
                return self.folder(Root(Path(path)), tuple(real[len(path) :].strip("/").split("/")))
        if which is None:
            create_missing(real, self.created)
        descriptor = open_base(real, self.state, self._held, which, shared=self._shared)
        folder = Folder(None, b"", staged=False)
        self._adopt(folder, descriptor, real)
        self._real[real] = folder
        return folder

    def _adopt(self, folder: Folder, descriptor: int, path: str) -> Area:
        """Make an open, locked directory the base of an area of its own."""
        status = os.fstat(descriptor)
        self._known[status.st_dev, status.st_ino] = folder
        self.descriptors.pin(folder, descriptor)
        folder.top = folder
        area = self._area_of[folder] = Area(folder, path, status.st_dev, self.descriptors)
        return area

    def _child_in_place(self, folder: Folder, name: bytes, path: SafePath) -> tuple[Folder, Outcome]:
        refuse_reserved(path)
        if (folder, name) in self.files:
            raise mismatch("/".join(path), "", again=True)
        self.refuse_taken(folder, name, path)
        found = self._find(folder, name, path)
        return (found, Outcome.KEPT) if found is not None else (self._stage_tree(folder, name, path), Outcome.CREATED)

    def _find(self, folder: Folder, name: bytes, path: SafePath) -> Folder | None:
        """The directory at a name of one that is in place; ``None`` if nothing is there."""
        if folder.staged or (folder, name) in self._vacated:
            return None
        parent = self.descriptors.of(folder)
        try:
            descriptor = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                settle_directory(kind_at(parent, name)[0], "/".join(path))
            raise
        return self._found(folder, name, descriptor)

    def _found(self, folder: Folder, name: bytes, descriptor: int) -> Folder:
        """The folder of an open directory: one and the same for one directory, however it was reached."""
        status = os.fstat(descriptor)
        if (known := self._known.get((status.st_dev, status.st_ino))) is not None:
            os.close(descriptor)
            return known
        area = self._area_of[folder.top]
        child = Folder(folder, name, folder.top, staged=False)
        self._known[status.st_dev, status.st_ino] = child
        self.descriptors.keep(child, descriptor)
        if status.st_dev != area.device or (area.mounts and _place(area, child) in area.mounts):
            # Something is mounted here, if only another part of the disk; nothing can be renamed into it from outside.
            self._adopt_in_place(child, area)
        return child

    def _adopt_in_place(self, folder: Folder, area: Area) -> Area:
        """Give a directory below the base of an area an area of its own."""
        path = _place(area, folder)
        with Shield():
            descriptor = os.open(b".", OPEN_DIRECTORY, dir_fd=self.descriptors.of(folder))
            try:
                take_base(descriptor, path, self.state, self._held, shared=self._shared)
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
        tree = Folder(area.new, staged, folder.top, staged=True)
        tree.goes_to = folder, name
        self.moves.append(
            Placement(area, number, folder, name, "/".join(path), status, tree, is_tree=True, inside=tree.inside)
        )
        return tree


def _place(area: Area, folder: Folder) -> str:
    """The absolute path of a directory."""
    return os.path.join(area.path, *map(os.fsdecode, folder.path_from_top()))
