"""The page about many archives."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pltpack.many.overview import overview
from tests.inspection.test_page import EVIL, check
from tests.many.archives import fill, write_archive


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path / "all")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "all"


@pytest.mark.usefixtures("folder")
def test_what_it_tells() -> None:
    text = overview(["all", "nowhere"])
    words = " ".join(check(text).text)
    for expected in ("5 archives", "a.plt", "b/c.zip", "truncated", "No such file", "versions of a", "note.txt"):
        assert expected in words or expected in text, expected
    # Every link leads to a row.
    links = re.findall(r'href="#(a\d+)"', text)
    assert links
    assert set(links) <= set(re.findall(r'id="(a\d+)"', text))
    assert text.count("<svg") == 2


def test_everything_from_archives_is_escaped(tmp_path: Path) -> None:
    name = EVIL.replace("/", "")
    write_archive(tmp_path / f"{name}.plt", name, {f"{name}.rkt": b"x" * 100, "plain": b"y" * 100})
    write_archive(tmp_path / "b.plt", f"{name} 2", {f"{name}.rkt": b"x" * 100, "plain": b"y" * 100})
    text = overview([tmp_path])
    checker = check(text)
    write_archive(tmp_path / "plain" / "a.plt", "a", {"a.rkt": b"x" * 100, "plain": b"y" * 100})
    write_archive(tmp_path / "plain" / "b.plt", "a 2", {"a.rkt": b"x" * 100, "plain": b"y" * 100})
    plain = check(overview([tmp_path / "plain"]))
    assert checker.tags == plain.tags
    assert not any(key.startswith("on") for key, _ in checker.attributes)
    assert "<script>alert" not in text
    assert text.count("<script>") == 1


def test_it_is_the_same_with_an_executor(folder: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert overview([folder], executor=executor) == overview([folder])


def test_no_archives_at_all(tmp_path: Path) -> None:
    assert "0 archives" in overview([tmp_path], recursive=True)
