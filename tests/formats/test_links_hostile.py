"""Links that lead to links, made to run into a limit of the program rather than into one of its rules."""

from __future__ import annotations

import pytest

from pltpack.codec.limits import Limits
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


def doubling(depth: int, size: int) -> dict[str, Entry]:
    """Directories, each with two links to the one before it: twice as many copies with each of them."""
    entries = {"d0/f": Entry("d0/f", "file", 0o644, 0, size, BytesContent(b""))}
    for number in range(1, depth):
        for name in ("l", "m"):
            path = f"d{number}/{name}"
            entries[path] = Entry(path, "link", 0o777, 0, target=f"../d{number - 1}")
    return entries


def test_copies_are_not_let_grow_beyond_the_ratio() -> None:
    """Some hundred bytes of links to a megabyte would become gigabytes."""
    with pytest.raises(LimitError, match="more than 20,000,000 bytes"):
        resolve_links(doubling(12, 1_000_000), size=100_000)
    resolve_links(doubling(12, 1_000_000), size=100_000_000)
    with pytest.raises(LimitError, match="more than 50,000,000 bytes"):
        resolve_links(doubling(12, 1_000_000), limits=Limits(total_bytes=50_000_000), size=100_000_000)
    resolve_links(doubling(4, 1_000_000), size=1000)  # little enough to be free of the ratio


def test_no_path_gets_too_deep() -> None:
    with pytest.raises(LimitError, match="more than 256 names"):
        resolve_links(chain(30, "b/" * 100))
