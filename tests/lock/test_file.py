"""Lock files read and written."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack import Lock, lock_schema, lock_text, parse_lock, read_lock, write_lock
from pltpack.errors import LimitError, LockError
from pltpack.lock import read
from pltpack.lock.values import Target, ordered
from tests.lock.strategies import locks

SCHEMA = jsonschema.Draft202012Validator(lock_schema())
PACKAGE = f"""
[[package]]
name = "games"
version = "1.2"
type = "file-url"
source = "https://example.org/games.zip"
sha256 = "{"a" * 64}"
content = "{"b" * 64}"
"""
HEAD = """
lock-version = 1
asked = "2026-11-28T08:30:00Z"
racket = ["8.7"]
platforms = ["x86_64-linux"]
"""


@settings(max_examples=30)
@given(locks)
def test_what_is_written_is_read_again(lock: Lock) -> None:
    text = lock_text(lock)
    assert parse_lock(text) == ordered(lock)
    assert lock_text(parse_lock(text)) == text


@settings(max_examples=30)
@given(locks, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(lock: Lock, chance: random.Random) -> None:
    changed = {
        field: tuple(chance.sample(getattr(lock, field), len(getattr(lock, field))))
        for field in ("racket", "platforms", "wanted", "provided", "packages")
    }
    assert lock_text(msgspec.structs.replace(lock, **changed)) == lock_text(lock)


@settings(max_examples=30)
@given(locks)
def test_every_lock_is_what_the_schema_says(lock: Lock) -> None:
    SCHEMA.validate(tomllib.loads(lock_text(lock).decode()))


def test_the_schema_in_the_docs_is_the_one_that_holds() -> None:
    page = Path(__file__).parents[2] / "docs" / "racket.lock.schema.json"
    assert msgspec.json.decode(page.read_bytes()) == lock_schema()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "required field"),
        ("x", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("lock-version = 2\n", "version 2"),
        (HEAD + "more = 1\n", "more"),
        (HEAD.replace('["8.7"]', "[]"), "racket"),
        (HEAD.replace("T08", " 08"), "asked"),
        (HEAD + PACKAGE.replace("games", "../games", 1), "name"),
        (HEAD + PACKAGE.replace('"1.2"', '"1.2\\n"'), "package 'games', version"),
        (HEAD + PACKAGE.replace("a" * 64, "a" * 63), "package 'games', sha256"),
        (HEAD + PACKAGE.replace("example", "exa\\u001bmple"), "package 'games', source"),
        (HEAD + PACKAGE.replace("file-url", "program"), "package 'games', type"),
        (HEAD + PACKAGE.replace("sha256", "license"), "no sha256"),
        (HEAD + PACKAGE.replace("content", "license"), "no content"),
        (HEAD + PACKAGE + "size = -1\n", "package 'games', size"),
        (HEAD + PACKAGE + PACKAGE, "two blocks"),
        (HEAD + PACKAGE + PACKAGE + 'racket = ["8.7"]\n', "two blocks"),
        (HEAD + "<<<<<<< HEAD\n" + PACKAGE, "line 6: it is in the middle of a merge"),
        (HEAD + PACKAGE + ">>>>>>> other\n", "in the middle of a merge"),
        (HEAD + "=======\r\n" + PACKAGE, "in the middle of a merge"),
    ],
)
def test_what_is_no_lock_is_an_error_that_says_where(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "racket.lock"
    file.write_text(text)
    with pytest.raises(LockError) as caught:
        read_lock(file)
    assert said in str(caught.value).replace("`", "")
    assert caught.value.file == str(file)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(LockError, match="UTF-8"):
        parse_lock(b"\xff")


def test_blocks_for_different_versions_stand_side_by_side() -> None:
    text = HEAD.replace('["8.7"]', '["8.7", "8.10"]') + PACKAGE + 'racket = ["8.7"]\n' + PACKAGE.replace("1.2", "2.0")
    lock = parse_lock((text + 'racket = ["8.10"]\n').encode())
    assert lock.for_target(Target("8.10", "x86_64-linux"))["games"].version == "2.0"
    assert lock.for_target(Target("8.7", "x86_64-linux"))["games"].version == "1.2"
    assert [one.version for one in lock.named("games")] == ["1.2", "2.0"]


def test_what_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGEST", 100)
    with pytest.raises(LimitError):
        parse_lock(b"#" * 101)


def test_a_lock_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "racket.lock"
    lock = parse_lock((HEAD + PACKAGE).encode())
    write_lock(lock, file)
    assert read_lock(file) == lock
    assert [path.name for path in tmp_path.iterdir()] == ["racket.lock"]
