"""What installing packages will ask of a transaction: whole directories, a trash, tables in other places, a lock."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from tests.transaction.bodies import Bytes
from tests.trees import Picture, picture, write_tree

EXECUTABLE, PRIVATE = 0o750, 0o600
MTIME_NS = 1_000_000_000 * 10**9


@dataclass
class Scope:
    """A directory of packages with its table, and a table of links somewhere else."""

    pkgs: Path
    addon: Path
    locked: bool = False

    def reset(self) -> None:
        """Packages as they were: ``a`` to be replaced, ``b`` to be removed, ``c`` to go into the trash."""
        for place in (self.pkgs, self.addon):
            shutil.rmtree(place, ignore_errors=True)
        write_tree(
            self.pkgs,
            {
                **{f"{name}/{path}": f"{name} {path}".encode() for name in "abc" for path in ("info.rkt", "sub/x.rkt")},
                "a/only/old": b"old",
                "pkgs.rktd": b"old table",
                "single": b"a file that goes",
            },
        )
        (self.pkgs / "a/link").symlink_to("sub/x.rkt")
        (self.pkgs / "linked").symlink_to("elsewhere")
        write_tree(self.addon, {"links.rktd": b"old links"})
        (self.addon / "links.rktd").chmod(PRIVATE)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """The lock of somebody else's that is held meanwhile."""
        assert not self.locked
        self.locked = True
        yield
        self.locked = False

    def change(self) -> None:
        """Change everything in one transaction."""
        pkgs, addon = Root(self.pkgs), Root(self.addon)
        with DirectoryDestination(lock=self.lock()) as changes:
            changes.replace_directory(pkgs, ("a",))
            changes.write_file(pkgs, ("a", "info.rkt"), 3, Bytes(b"new"), Existing.ERROR)
            changes.write_file(
                pkgs, ("a", "bin", "run"), 4, Bytes(b"new2"), Existing.ERROR, mode=EXECUTABLE, mtime_ns=MTIME_NS
            )
            changes.make_directory(pkgs, ("a", "bin"), mode=0o555, mtime_ns=MTIME_NS)
            changes.make_link(pkgs, ("a", "link"), "bin/run", mtime_ns=MTIME_NS)
            changes.remove(pkgs, ("b",))
            changes.remove(pkgs, ("single",))
            changes.replace_directory(pkgs, ("linked",))
            changes.move(pkgs, ("c",), pkgs, (".trash", "c-1"))
            changes.make_link(pkgs, ("c",), "../elsewhere")
            changes.write_file(pkgs, ("pkgs.rktd",), 9, Bytes(b"new table"), Existing.REPLACE)
            changes.write_file(addon, ("links.rktd",), 9, Bytes(b"new links"), Existing.REPLACE)
            changes.commit()

    def picture(self) -> Picture:
        """All there is, without what is only staged."""
        found = {f"pkgs/{path}": what for path, what in picture(self.pkgs).items()}
        found |= {f"addon/{path}": what for path, what in picture(self.addon).items()}
        return {path: what for path, what in found.items() if "/.pltpack-" not in path}

    def is_clean(self) -> bool:
        """Whether nothing that was staged is left."""
        return not [*self.pkgs.glob(".pltpack-*"), *self.addon.glob(".pltpack-*")] and not self.locked
