"""The names of an archive's members: each must be a safe path, and all together must make a tree."""

from __future__ import annotations

from pltpack.codec.entries import PathList, display_path
from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, UnsafePathError
from pltpack.formats.entries import Kind
from pltpack.formats.judgement import Judgement
from pltpack.unpacker.paths import PathGuard, PathPolicy


class Members:
    """Takes the names of members as they come; the judgement gets every one that may not be used.

    The rules are those of the unpacker for each name, and those that keep a tree a tree: a name stands for one thing
    only, and nothing lies below a file or a link.
    """

    def __init__(self, limits: Limits, judgement: Judgement) -> None:
        self._limits = limits
        self._judgement = judgement
        self._guard = PathGuard(PathPolicy.within(limits))
        self._kinds: dict[str, Kind] = {}
        self._directories: set[str] = set()
        """Those that have been members themselves."""

    def add(self, name: str, kind: Kind) -> str:
        """Take one name; returns it without ``.`` and empty elements, ``""`` for what is no member of its own: the root
        of the package, and a directory that was there before. An unsafe name comes back as it is.

        Raises :class:`LimitError`.
        """
        if name.startswith("/"):
            return self._offends(name, "is absolute")
        if kind != "directory" and name.rpartition("/")[2] in ("", "."):
            return self._offends(name, f"is the name of a directory, but a {kind}")
        return self.add_path(tuple(element for element in name.split("/") if element), kind)

    def add_path(self, elements: PathList, kind: Kind) -> str:
        """The same for a path that is a list of elements."""
        try:
            path = "/".join(self._guard(elements))
        except UnsafePathError as error:
            return self._offends(*error.paths[0])
        except LimitError as error:
            raise error.within(file=self._judgement.name) from None
        if clash := self._clash(path, kind):
            return self._offends(display_path(elements), clash)
        if len(self._kinds) > self._limits.entries:
            raise LimitError(
                f"the archive has more than {self._limits.entries} entries",
                file=self._judgement.name,
                hint="--max-entries raises the limit",
            )
        if kind == "directory":
            if path in self._directories:
                return ""
            self._directories.add(path)
        return path

    def add_link(self, name: str, target: str) -> str:
        """The same for a symbolic link, which must not lead out of the package."""
        path = self.add(name, "link")
        if objection := link_objection(path, target):
            self._judgement.offends(name, objection)
        return path

    def _offends(self, name: str, reason: str) -> str:
        self._judgement.offends(name, reason)
        return name

    def _clash(self, path: str, kind: Kind) -> str | None:
        if not path:
            return None if kind == "directory" else "has no name"
        end = path.find("/")
        while end > 0:
            above = path[:end]
            if self._kinds.setdefault(above, "directory") != "directory":
                return f"lies below {above}, which is a {self._kinds[above]}"
            end = path.find("/", end + 1)
        if path not in self._kinds:
            self._kinds[path] = kind
        elif kind != "directory" or self._kinds[path] != "directory":
            return "is there twice"
        return None


def link_objection(path: str, target: str) -> str | None:
    """Why a link at ``path`` may not point to ``target``; ``None`` if it stays inside, whatever other links there are.

    >>> link_objection("a/b", "../c"), link_objection("a/b", "../../c")
    (None, 'is a link that leads out of the package')
    """
    if not target or "\0" in target:
        return "is a link without a target"
    if target.startswith("/"):
        return "is a link to an absolute path"
    elements = [element for element in target.split("/") if element not in ("", ".")]
    upwards = next((i for i, element in enumerate(elements) if element != ".."), len(elements))
    if upwards > path.count("/"):
        return "is a link that leads out of the package"
    if ".." in elements[upwards:]:
        # What lies above a name that may itself be a link is not known.
        return "is a link that goes down and up again"
    return None
