"""The options of the commands on the cache."""

from __future__ import annotations

import os
from pathlib import Path

from pltpack.fetch.cache import Cache
from tests.cli.options.row import Left, Row, prints, silent, tells

OWN = "home/.cache/pltpack"
LONG_AGO = 1_000_000_000


def prepare(folder: Path) -> None:
    """The user's cache with two entries that were used long ago and one of now, and another one with one entry."""
    for place, names in ((OWN, ("one", "two", "now")), ("other", ("third",))):
        cache = Cache(folder / place)
        for name in names:
            with cache.staging() as staging:
                (staging / "x").write_text(name * 3)
                cache.add_file(("archive", name), staging / "x")
        for file in (folder / place).glob("entries/*/*.json"):
            if "now" not in file.read_text():
                os.utime(file, (LONG_AGO, LONG_AGO))


def damage(folder: Path) -> None:
    """Content that is not what it was."""
    for file in (folder / OWN).glob("files/*/*"):
        file.write_text("damaged")


def empty(left: Left) -> bool:
    """Nothing is known of any more."""
    return not list((left.folder / OWN).glob("entries/*/*.json"))


ROWS = [
    Row("cache.dir", "--cache", "pltpack cache dir", "--cache other", prints("/other")),
    Row(
        "cache.dir",
        "--json",
        "pltpack cache dir",
        "--json",
        tells(lambda found: found["schema"] == "pltpack.cache-dir"),
    ),
    Row("cache.show", "--cache", "pltpack cache show", "--cache other", prints("archive third")),
    Row("cache.show", "--json", "pltpack cache show", "--json", tells(lambda found: len(found["entries"]) == 3)),
    Row("cache.prune", "--max-entries", "pltpack cache prune", "--max-entries 1", prints("removed archive one")),
    Row("cache.prune", "--max-bytes", "pltpack cache prune", "--max-bytes 10", prints("removed archive two")),
    Row("cache.prune", "--older-than", "pltpack cache prune", "--older-than 1", prints("removed archive one")),
    Row("cache.prune", "--all", "pltpack cache prune", "--all", prints("removed archive now")),
    Row(
        "cache.prune", "--cache", "pltpack cache prune --older-than 1", "--cache other", prints("removed archive third")
    ),
    Row(
        "cache.prune",
        "--dry-run",
        "pltpack cache prune --older-than 1",
        "--dry-run",
        prints("would remove archive one"),
    ),
    Row("cache.prune", "--quiet", "pltpack cache prune --older-than 1", "--quiet", silent),
    Row("cache.prune", "--json", "pltpack cache prune", "--json", tells(lambda found: found["removed"] == [])),
    Row("cache.verify", "--remove", "pltpack cache verify", "--remove", empty, before=damage),
    Row("cache.verify", "--cache", "pltpack cache verify", "--cache other", prints("1 entry checked")),
    Row("cache.verify", "--quiet", "pltpack cache verify", "--quiet", silent, before=damage),
    Row("cache.verify", "--json", "pltpack cache verify", "--json", tells(lambda found: found["checked"] == 3)),
]
