"""Lock files of every shape."""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st

from pltpack.lock.values import Lock, LockedDependency, LockedPackage, Wanted

names = st.text("abcXYZ-_019", min_size=1, max_size=12)
digits = st.binary(max_size=2).map(lambda data: hashlib.sha256(data).hexdigest())
texts = st.text(
    st.characters(codec="utf-8", exclude_characters=[*map(chr, range(32)), "\x7f"]),
    min_size=1,
    max_size=12,
)
versions = st.lists(st.integers(0, 999).map(str), min_size=2, max_size=4).map(".".join)
racket_versions = st.sampled_from(["8.7", "8.10", "8.11.1"])
platforms = st.sampled_from(["x86_64-linux", "aarch64-macosx", "win32/x86_64"])


def tuples(one: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=most, unique=True).map(tuple)


dependencies = st.builds(
    LockedDependency,
    name=names,
    version=st.none() | versions,
    platform=st.none() | texts,
    source=st.none() | texts,
    build=st.booleans(),
)


def packages(name: str) -> st.SearchStrategy[LockedPackage]:
    return st.builds(
        LockedPackage,
        name=st.just(name),
        version=versions,
        racket=tuples(racket_versions),
        platforms=tuples(platforms),
        type=st.sampled_from(["file-url", "git", "dir", "file"]),
        source=texts,
        catalog=st.none() | texts,
        checksum=st.none() | texts,
        sha256=digits,
        content=digits,
        size=st.integers(0, 1 << 53),
        license=st.none() | texts,
        collection=st.none() | texts,
        dependencies=tuples(dependencies),
        implies=tuples(names),
    )


locks = st.builds(
    Lock,
    lock_version=st.just(1),
    asked=st.just("2026-11-28T08:30:00Z"),
    racket=st.lists(racket_versions, min_size=1, unique=True).map(tuple),
    platforms=st.lists(platforms, min_size=1, unique=True).map(tuple),
    catalogs=tuples(texts),
    wanted=tuples(st.builds(Wanted, name=names, type=st.none() | st.just("link"), source=st.none() | texts)),
    provided=tuples(names),
    packages=st.lists(names, unique=True, max_size=5).flatmap(
        lambda several: st.tuples(*(packages(name) for name in several))
    ),
)
