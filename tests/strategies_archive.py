"""Hypothesis: headers, path lists and entries of archives."""

from __future__ import annotations

from hypothesis import strategies as st

from pltpack.codec.entries import SAME, UP, PathList, PathSymbol
from pltpack.codec.header import CollectionPath, Header, Version
from tests.strategies import strings

texts: st.SearchStrategy[str] = strings()

collections: st.SearchStrategy[CollectionPath] = st.lists(texts, min_size=1, max_size=3).map(tuple)

versions: st.SearchStrategy[Version] = st.lists(
    st.one_of(st.integers(), st.fractions().filter(lambda number: number.denominator != 1), st.floats(allow_nan=False)),
    max_size=4,
).map(tuple)

_elements: st.SearchStrategy[str | PathSymbol] = texts | st.sampled_from(
    ["same", "up", "dir", "collects", 'a"b', "a\\", "\n", "", "..", SAME, UP]
)

path_lists: st.SearchStrategy[PathList] = st.lists(_elements, max_size=4).map(tuple)

entries: st.SearchStrategy[tuple[PathList, bytes | None, bool]] = st.one_of(
    path_lists.map(lambda path: (path, None, False)),
    st.tuples(path_lists, st.binary(max_size=80), st.booleans()),
)
"""A path with its data (``None`` for a directory) and whether it replaces."""

archives = st.lists(entries, max_size=8)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Headers that can be written: a home-relative one is plt-relative, test directories need it."""
    relative = draw(st.booleans())
    home = relative and draw(st.booleans())
    return Header(
        draw(texts),
        requires=tuple(draw(st.lists(st.tuples(collections, versions), max_size=3))),
        conflicts=tuple(draw(st.lists(collections, max_size=3))),
        collections=tuple(draw(st.lists(collections, max_size=3))),
        plt_relative=relative,
        plt_home_relative=home,
        test_plt_dirs=draw(st.none() | st.lists(texts, max_size=3).map(tuple)) if home else None,
    )
