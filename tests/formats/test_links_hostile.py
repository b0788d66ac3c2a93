"""Links that lead to links, made to run into a limit of the program rather than into one of its rules."""

from __future__ import annotations

import pytest

from pltpack.errors import LimitError
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.links import resolve_links


def chain(length: int, inside: str = "") -> dict[str, Entry]:
    """Directories, each with a link to the one before it ``inside`` it, the first one with a file."""
    entries = {f"d0/{inside}f": Entry(f"d0/{inside}f", "file", 0o644, 0, 1, BytesContent(b"x"))}
    for number in range(1, length):
        path = f"d{number}/{inside}l"
        entries[path] = Entry(path, "link", 0o777, 0, target="../" * path.count("/") + f"d{number - 1}")
    return entries


def test_links_are_followed_as_far_as_usual_systems_follow_them() -> None:
    resolved = resolve_links(chain(1500))
    copies = resolved.copies["d0/f"]
    assert len(copies) == 40
    assert set(resolved.left_out.values()) == {"is a link behind 40 others"}


def test_no_path_gets_too_deep() -> None:
    with pytest.raises(LimitError, match="more than 256 names"):
        resolve_links(chain(30, "b/" * 100))
