"""Symbolic links of a package, for formats that have none: what each leads to, and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.errors import LimitError
from pltpack.formats.entries import Entry
from pltpack.formats.paths import link_objection

_MOST_HOPS = 40
"""Links on the way to a file, as the usual systems count them."""

_DEEPEST: Final = 400
"""Names in a path, whatever the limits say: each costs a level of recursion."""


@dataclass(slots=True)
class Resolved:
    """What becomes of the links: the files that are copied (by their paths, with the paths of the copies), the
    directories that appear, and the links that are left out, with the reason."""

    copies: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    directories: list[str] = field(default_factory=list)
    to_files: list[str] = field(default_factory=list)
    to_directories: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def unusable_links(entries: Mapping[str, Entry]) -> dict[str, str]:
    """The links that lead out of the package, or nowhere, by their paths with the reason: no reader takes them."""
    links = ((path, entry) for path, entry in entries.items() if entry.kind == "link")
    return {path: reason for path, entry in links if (reason := link_objection(path, entry.target))}


def resolve_links(entries: Mapping[str, Entry], *, limits: Limits = Limits(), size: int | None = None) -> Resolved:
    """Replace every link of a package by what it leads to inside of it.

    Raises :class:`~pltpack.errors.LimitError` if that makes more entries, deeper ones, or more bytes than ``limits``
    allow; ``size`` are the bytes of the archive, against which the ratio is held (default: those of all files).
    """
    return _Resolver(entries, limits, size).run()


class _Resolver:
    def __init__(self, entries: Mapping[str, Entry], limits: Limits, size: int | None) -> None:
        self._entries = entries
        self._bytes = sum(entry.size for entry in entries.values())
        most = limits.ratio * (self._bytes if size is None else size)
        self._most_bytes = min(limits.total_bytes, max(limits.ratio_from, self._bytes, most))
        self._most = limits.entries
        self._deepest = min(limits.path_depth, _DEEPEST)
        self._made = len(entries)
        self._resolved = Resolved()
        self._inside: dict[str, list[str]] = defaultdict(list)
        known: set[str] = set()
        for path in entries:
            while path:
                above, _, _ = path.rpartition("/")
                if path in known:
                    break
                known.add(path)
                self._inside[above].append(path)
                path = above  # noqa: PLW2901  upwards, until what is known

    def run(self) -> Resolved:
        resolved = self._resolved
        for path, entry in self._entries.items():
            if entry.kind != "link":
                continue
            target = self._target(path)
            if reason := link_objection(path, entry.target) or self._place(target, path, (), 1):
                resolved.left_out[path] = reason
            elif self._is_file(target):
                resolved.to_files.append(path)
            else:
                resolved.to_directories.append(path)
        return resolved

    def _is_file(self, path: str | None) -> bool:
        found = None if path is None else self._entries.get(path)
        return found is not None and found.kind == "file"

    def _target(self, path: str) -> str | None:
        """What is at the end of all links that begin at ``path``; ``None`` outside of the package or in a circle."""
        todo = path.split("/")[::-1]
        done: list[str] = []
        hops = 0
        while todo:
            name = todo.pop()
            if name == "..":
                if not done:
                    return None
                done.pop()
            elif name not in ("", "."):
                found = self._entries.get("/".join([*done, name]))
                if found is None or found.kind != "link":
                    done.append(name)
                    continue
                hops += 1
                if hops > _MOST_HOPS or found.target.startswith("/"):
                    return None
                todo.extend(found.target.split("/")[::-1])
        return "/".join(done)

    def _place(self, target: str | None, path: str, above: tuple[str, ...], hops: int) -> str | None:
        """Have at ``path`` what is at ``target``; the reason if that cannot be. ``above``: directories being placed,
        ``hops``: links on the way."""
        if target is None:
            return "is a link that leads nowhere"
        if hops > _MOST_HOPS:
            return f"is a link behind {_MOST_HOPS} others"
        if path.count("/") >= self._deepest:
            raise LimitError(
                f"with its links replaced by copies the package has paths of more than {self._deepest} names",
                hint="--max-path-depth raises the limit" if self._deepest < _DEEPEST else None,
            )
        self._made += 1
        if self._made > self._most:
            raise LimitError(
                f"with its links replaced by copies the package has more than {self._most} entries",
                entry=path,
                hint="--max-entries raises the limit",
            )
        if self._is_file(target):
            self._bytes += self._entries[target].size
            if self._bytes > self._most_bytes:
                raise LimitError(
                    f"with its links replaced by copies the package has more than {self._most_bytes:,} bytes",
                    entry=path,
                    hint="--max-ratio and --max-total-bytes raise the limit",
                )
            self._resolved.copies[target].append(path)
            return None
        if target and target not in self._inside and target not in self._entries:
            return "is a link to nothing"
        if any(f"{place}/".startswith(f"{target}/" if target else "") for place in (path, *above)):
            return "is a link to a directory above itself"
        self._resolved.directories.append(path)
        for child in self._inside.get(target, ()):
            place = path + child[len(target) :]
            entry = self._entries.get(child)
            is_link = entry is not None and entry.kind == "link"
            inner = self._target(child) if is_link else child
            if reason := self._place(inner, place, (*above, target), hops + is_link):
                self._resolved.left_out[place] = reason
        return None
