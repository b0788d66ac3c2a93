"""The members of an archive as a tree, with the size and the number of files of every directory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pltpack.codec.entries import display_path
from pltpack.formats.entries import Kind
from pltpack.inspection.members import Member


@dataclass(slots=True)
class Node:
    """A name in the tree; ``size`` (bytes) and ``files`` are those of everything below it, itself included."""

    name: str
    kind: Kind = "directory"
    size: int = 0
    files: int = 0
    target: str = ""
    children: dict[str, Node] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Node]:
        """The children, directories and files mixed, sorted by name."""
        return iter(sorted(self.children.values(), key=lambda node: node.name))


def tree(members: Iterable[Member], name: str = "") -> Node:
    """The tree of all members below a root called ``name``; of two of one path the later one counts."""
    root = Node(name)
    for member in members:
        names = _names(member)
        above = [root]
        for part in names:
            above.append(above[-1].children.setdefault(part, Node(part)))
        node = above[-1]
        if not names or (member.kind == "directory" and node.children):
            continue
        more, files = member.size - node.size, (member.kind == "file") - node.files
        node.kind, node.target = member.kind, member.target
        for each in above:
            each.size += more
            each.files += files
    return root


def _names(member: Member) -> list[str]:
    if member.elements is None:
        return member.path.split("/")
    return [display_path((part,)) for part in member.elements if display_path((part,)) != "."]


def tree_lines(root: Node) -> Iterator[tuple[str, Node]]:
    """The lines of a drawing, root left out: the branches in front of the name, and the node."""
    # A stack of our own: a hostile archive may be deeper than Python's.
    pending = [("", list(root))]
    while pending:
        prefix, siblings = pending[-1]
        if not siblings:
            pending.pop()
            continue
        node = siblings.pop(0)
        yield prefix + ("├── " if siblings else "└── "), node
        if node.children:
            pending.append((prefix + ("│   " if siblings else "    "), list(node)))
