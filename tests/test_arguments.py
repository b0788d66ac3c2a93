"""A single string where several are meant: an error that names the argument, and never one letter after the other."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pltpack
from pltpack.patterns import excluder, matcher
from pltpack.racket.collections import CollectionIndex
from pltpack.unpacker.many import extract_many
from tests.trees import archive, file

NOBODY: Any = "abc"
LETTERS: Any = ("made",)
HOME = {"HOME": "/none"}

CALLS: dict[str, tuple[str, Callable[[], object]]] = {
    "header collections": ("collections", lambda: pltpack.Header("n", collections=NOBODY)),
    "header collection": ("collections", lambda: pltpack.Header("n", collections=LETTERS)),
    "header conflicts": ("conflicts", lambda: pltpack.Header("n", conflicts=NOBODY)),
    "header conflict": ("conflicts", lambda: pltpack.Header("n", conflicts=LETTERS)),
    "header requires": ("requires", lambda: pltpack.Header("n", requires=NOBODY)),
    "header requirement": ("requires", lambda: pltpack.Header("n", requires=LETTERS)),
    "header required collection": ("requires", lambda: pltpack.Header("n", requires=(("made", (1,)),))),  # type: ignore[arg-type]
    "header directories": ("test_plt_dirs", lambda: pltpack.Header("n", test_plt_dirs=NOBODY)),
    "pack paths": ("paths", lambda: pltpack.pack_plt(io.BytesIO(), "n", NOBODY)),
    "pack as": ("as_paths", lambda: pltpack.pack_plt(io.BytesIO(), "n", ["abc"], as_paths=NOBODY)),
    "collections": ("collections", lambda: pltpack.pack_collections_plt(io.BytesIO(), None, NOBODY)),
    "discover": ("paths", lambda: list(pltpack.discover(NOBODY))),
    "one path": ("paths", lambda: list(pltpack.discover(Path("abc")))),  # type: ignore[arg-type]
    "search": ("paths", lambda: list(pltpack.search(NOBODY, pltpack.Query(text="x")))),
    "query": ("names", lambda: pltpack.Query(names=NOBODY)),
    "matcher": ("patterns", lambda: matcher(NOBODY)),
    "excluder": ("patterns", lambda: excluder(NOBODY)),
    "archives": ("archives", lambda: list(extract_many(NOBODY, "d"))),
    "first collections": ("collects", lambda: pltpack.Installation.discover(collects=NOBODY, environ=HOME)),
    "last collections": ("search", lambda: pltpack.Installation.discover(search=NOBODY, environ=HOME)),
    "index": ("collects", lambda: CollectionIndex(pltpack.Installation.discover(environ=HOME), NOBODY)),
    "catalogs": ("locations", lambda: pltpack.open_catalogs(NOBODY)),
    "program": ("command", lambda: pltpack.program_filter(NOBODY)),
    "fetch": ("sources", lambda: list(pltpack.Fetcher().fetch_all(NOBODY))),
}


@pytest.mark.parametrize("call", sorted(CALLS))
def test_the_argument_is_named(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    argument, function = CALLS[call]
    with pytest.raises(TypeError, match=rf"\b{argument} takes several, such as"):
        function()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    path = tmp_path / "kit.plt"
    path.write_bytes(archive(file("collects", "kit", "main.rkt", data=b"main"), file("a", data=b"")))
    return path


def test_members(kit: Path, tmp_path: Path) -> None:
    one: Any = "collects"
    with pytest.raises(TypeError, match="members takes several"):
        pltpack.extract(kit, tmp_path / "d", members=one)
    with pltpack.PltFile(kit) as opened, pytest.raises(TypeError, match="members takes several"):
        opened.extractall(tmp_path / "d", one)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("asked", [["nope"], ["a", "collects/kit/main.rk"], ["collects/ki"], ["a/b"]])
def test_members_that_are_not_there(kit: Path, tmp_path: Path, asked: list[str]) -> None:
    """As in ``zipfile`` and ``tarfile``, but nothing of the others is unpacked either."""
    with pltpack.PltFile(kit) as opened, pytest.raises(KeyError, match="there is no member") as caught:
        opened.extractall(tmp_path / "d", asked)
    assert isinstance(caught.value, pltpack.PltError)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("asked", [["collects"], ["collects/kit/"], ["./a"], [], ["a", "collects/kit/main.rkt"]])
def test_members_that_are_there(kit: Path, tmp_path: Path, asked: list[str]) -> None:
    with pltpack.PltFile(kit) as opened:
        assert opened.extractall(tmp_path / "d", asked).missing == ()
