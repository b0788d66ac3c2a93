"""A lock with a block of each kind."""

from __future__ import annotations

import msgspec

from pltpack.lock.values import Lock, LockedDependency, LockedPackage, Wanted

COMMIT = "d" * 40

GAMES = LockedPackage(
    name="games",
    version="1.10",
    type="file-url",
    source="https://example.org/games.zip",
    checksum="a" * 40,
    sha256="b" * 64,
    content="c" * 64,
    size=1000,
    license="(apache-2.0 OR MIT)",
    dependencies=(LockedDependency("base"), LockedDependency("cards"), LockedDependency("tests", build=True)),
    implies=("local",),
)
CARDS = LockedPackage(
    name="cards",
    version="0.0",
    type="git",
    source="https://github.com/ada/Cards.git?path=src/cards#main",
    checksum=COMMIT,
    content="e" * 64,
    size=5,
    license='as is, "free" ${of} \\charge é',
)
TESTS = LockedPackage(name="tests", version="2.0", type="file", source="p/tests.zip", sha256="f" * 64, content="1" * 64)
LOCAL = LockedPackage(name="local", version="2.0", type="link", source="../local")

LOCK = Lock(
    lock_version=1,
    asked="2026-11-28T08:30:00Z",
    racket=("8.7", "8.10"),
    platforms=("x86_64-linux",),
    wanted=(Wanted("games"),),
    provided=("base",),
    packages=(GAMES, CARDS, TESTS, LOCAL),
)

TWICE = msgspec.structs.replace(
    LOCK,
    packages=(
        msgspec.structs.replace(GAMES, racket=("8.7",)),
        msgspec.structs.replace(GAMES, version="2.0", racket=("8.10",)),
        CARDS,
    ),
)
"""With two blocks of one name, for two versions of Racket."""
