"""The cache: whole or not there, shared by processes, bounded; kills and damage do no harm."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pltpack.fetch.cache import Cache, CacheEntry, CacheLimits, default_cache_dir
from pltpack.fetch.tree import tree_digest


def add(cache: Cache, name: str, data: bytes) -> CacheEntry:
    with cache.staging() as place:
        (place / "x").write_bytes(data)
        return cache.add_file(("archive", name), place / "x")


def add_tree(cache: Cache, name: str, **files: str) -> CacheEntry:
    with cache.staging() as place:
        (place / "tree").mkdir()
        for path, text in files.items():
            (place / "tree" / path).write_text(text)
        return cache.add_tree(("directory", name), place / "tree", "v1")


@pytest.fixture
def old(cache: Cache) -> Cache:
    """Five entries of ten bytes each, used an hour apart, long ago."""
    for number in range(5):
        add(cache, f"p{number}", b"%d" % number * 10)
    for entry in cache.entries():
        used = 1_000_000_000 + int(entry.key[1][1:]) * 3600
        file = next(path for path in cache.directory.glob("entries/*/*") if entry.key[1] in path.read_text())
        os.utime(file, (used, used))
    return cache


def test_what_is_put_in_comes_out(cache: Cache) -> None:
    made = add(cache, "a", b"data")
    found = cache.get(("archive", "a"))
    assert found is not None
    assert (found.path.read_bytes(), found.sha256, found.size) == (b"data", made.sha256, 4)
    assert cache.get(("archive", "b")) is None
    assert (cache.directory / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_the_same_content_is_there_once(cache: Cache) -> None:
    assert add(cache, "a", b"data").path == add(cache, "b", b"data").path
    assert len(list(cache.entries())) == 2
    assert len(list(cache.directory.glob("files/*/*"))) == 1
    cache.remove(next(iter(cache.entries())))
    assert len(list(cache.directory.glob("files/*/*"))) == 1


def test_short_content_is_written_when_it_is_new(cache: Cache) -> None:
    key = ("answer", "http://x/y")
    first = cache.add_bytes(key, b"one")
    file = next(cache.directory.glob("entries/*/*"))
    number = file.stat().st_ino
    assert cache.add_bytes(key, b"one").path == first.path
    assert file.stat().st_ino == number, "what is the same is not written again"
    first.path.write_bytes(b"eno")
    assert cache.add_bytes(key, b"one").path.read_bytes() == b"one", "what is damaged is mended"
    second = cache.add_bytes(key, b"two")
    found = cache.get(key)
    assert found is not None
    assert (found.path.read_bytes(), found.sha256) == (b"two", second.sha256)
    assert not list((cache.directory / "staging").iterdir())


def test_directories_and_their_digests(cache: Cache, tmp_path: Path) -> None:
    made = add_tree(cache, "d", a="1", b="2")
    assert made.path.is_dir()
    assert cache.get(("directory", "d")) is not None
    assert add_tree(cache, "e", a="1", b="2").path == made.path
    assert add_tree(cache, "f", a="1", c="2").path != made.path
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "x").write_text("x")
    plain = tree_digest(tmp_path / "one")
    (tmp_path / "one" / "x").chmod(0o755)
    assert tree_digest(tmp_path / "one") != plain


@pytest.mark.parametrize("damage", ["content", "cut", "gone", "tree"])
def test_damage_counts_as_missing(damage: str, cache: Cache) -> None:
    entry = add_tree(cache, "d", a="1") if damage == "tree" else add(cache, "a", b"data")
    target = entry.path / "a" if damage == "tree" else entry.path
    if damage == "gone":
        target.unlink()
    else:
        target.write_bytes({"content": b"dat4", "cut": b"da", "tree": b"2"}[damage])
    assert [whole for _, whole in cache.verify()] == [False]
    assert cache.get(entry.key) is None
    assert list(cache.entries()) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"kind": "file"}', '{"kind": "file", "sha256": "../../x", "key": ["archive", "a"]}']
)
def test_entries_that_are_none(text: str, cache: Cache) -> None:
    add(cache, "a", b"data")
    next(cache.directory.glob("entries/*/*")).write_text(text)
    assert cache.get(("archive", "a")) is None
    assert list(cache.entries()) == []


def test_pruning_removes_what_was_used_longest_ago(old: Cache) -> None:
    gone = old.prune(CacheLimits(entries=3))
    assert [entry.key[1] for entry in gone] == ["p0", "p1"]
    gone = old.prune(CacheLimits(total_bytes=15))
    assert [entry.key[1] for entry in gone] == ["p2", "p3"]
    assert [entry.key[1] for entry in old.entries()] == ["p4"]
    assert len(list(old.directory.glob("files/*/*"))) == 1


def test_use_keeps_an_entry(old: Cache) -> None:
    assert old.get(("archive", "p0")) is not None
    assert [entry.key[1] for entry in old.prune(CacheLimits(entries=1))] == ["p1", "p2", "p3", "p4"]


def test_what_was_used_just_now_stays(cache: Cache) -> None:
    add(cache, "a", b"data")
    assert cache.prune(CacheLimits(entries=0)) == []
    assert len(cache.prune(CacheLimits(entries=0), recent=0)) == 1


def test_pruning_by_age(old: Cache) -> None:
    add(old, "new", b"new")
    assert len(old.prune(older_than=24 * 3600)) == 5


def test_content_that_others_use_stays(old: Cache) -> None:
    shared = old.get(("archive", "p0"))
    assert shared is not None
    old.link(shared, ("archive", "again"))
    old.prune(CacheLimits(entries=0), recent=10)
    assert [entry.key[1] for entry in old.entries()] == ["again", "p0"] or shared.path.exists()


def test_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLTPACK_CACHE", "/x/y")
    assert default_cache_dir() == Path("/x/y")
    monkeypatch.delenv("PLTPACK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/z")
    assert default_cache_dir() == Path("/z/pltpack")


def _work(directory: str, seed: int) -> int:
    cache, order = Cache(directory), random.Random(seed)
    for _ in range(30):
        number = order.randrange(6)
        data = b"%d" % number * 2000
        found = cache.get(("archive", f"p{number}")) or add(cache, f"p{number}", data)
        if found.path.read_bytes() != data:
            return 1
    return 0


def test_processes_share_it(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.starmap(_work, [(str(tmp_path / "cache"), seed) for seed in range(4)]) == [0] * 4
    assert all(whole for _, whole in Cache(tmp_path / "cache").verify())
    assert len(list((tmp_path / "cache").glob("files/*/*"))) == 6


VICTIM = """
import sys
from tests.fetch.test_cache import add, add_tree
from pltpack.fetch.cache import Cache
cache = Cache(sys.argv[1])
print("ready", flush=True)
for number in range(10_000):
    add(cache, f"p{number % 7}", b"%d" % (number % 7) * 5000)
    add_tree(cache, f"d{number % 7}", a=str(number % 7) * 5000, b="x")
"""


def test_kills_leave_nothing_half_made(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    order = random.Random(1)
    for _ in range(10):
        victim = subprocess.Popen([sys.executable, "-c", VICTIM, str(directory)], stdout=subprocess.PIPE)
        assert victim.stdout is not None
        victim.stdout.readline()
        wanted = order.randrange(1, 40)
        while len(list(directory.glob("entries/*/*.json"))) < min(wanted, 14):
            pass
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
        assert all(whole for _, whole in Cache(directory).verify())
    add(Cache(directory), "p0", b"0" * 5000)
    assert json.loads(next(directory.glob("entries/*/*.json")).read_bytes())["kind"] in ("file", "directory")


@pytest.mark.skipif(not Path("/dev/full").exists() or os.geteuid() != 0, reason="no small disk can be had")
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False).returncode:
        return  # no mounting here: the limit of a file's size, in the tests of git, has to do
    try:
        cache = Cache(small / "cache")
        with pytest.raises(OSError, match="No space left"):
            add(cache, "a", bytes(100_000))
        assert cache.get(("archive", "a")) is None
        assert add(cache, "b", b"small").path.read_bytes() == b"small"
    finally:
        subprocess.run(["umount", str(small)], check=True)
