"""What a mirror says of a package is what Racket says of its tree: modules and dependencies."""

from __future__ import annotations

import io
import json
import random
import tarfile
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from pltpack.catalog.record import as_dependency, read_first
from pltpack.catalog.repack import repack
from pltpack.datum.writer import write_datum
from pltpack.errors import PltError
from pltpack.fetch.fetched import Fetched

CASES: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "catalogs" / "modules.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["label"]) for case in CASES])
def test_modules_and_dependencies(case: dict[str, Any], tmp_path: Path) -> None:
    tree, place = tmp_path / case["name"], tmp_path / "place"
    tree.mkdir()
    place.mkdir()
    for path, text in case["tree"].items():
        file = tree / path
        if path.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    fetched = Fetched(case["name"], str(tree), "dir", tree, "directory", None, None, 0)
    try:
        made = repack(fetched, case["name"], place)
    except PltError as error:
        pytest.fail(str(error))
    if made.modules is not None and isinstance(case["modules"], list):
        assert sorted(map(write_datum, made.modules)) == sorted(case["modules"])
    if made.dependencies is not None and isinstance(case["dependencies"], list):
        expected = [as_dependency(read_first(text.encode())) for text in case["dependencies"]]
        found = [as_dependency(datum) for datum in made.dependencies]
        assert [one and one.source for one in found] == [one and one.source for one in expected]


def archive_of(path: Path, tree: dict[str, tuple[str, int]]) -> Fetched:
    """A zip or tgz of these members with their permissions, in an order of its own; of those that end with a slash,
    directories."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, (text, mode) in tree.items():
                info = zipfile.ZipInfo(name, (2021, 3, 4, 5, 6, 8))
                info.external_attr = (mode | (0o40000 if name.endswith("/") else 0o100000)) << 16
                archive.writestr(info, text)
    else:
        with tarfile.open(path, "w:gz") as tar:
            for name, (text, mode) in tree.items():
                member = tarfile.TarInfo(name.rstrip("/"))
                member.mode, member.size = mode, len(text.encode())
                member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
                tar.addfile(member, io.BytesIO(text.encode()))
    return Fetched("p", str(path), "file", path, "file", None, None, 0)


TREES: Final[dict[str, dict[str, tuple[str, int]]]] = {
    "usual": {
        "z.rkt": ("(module z '#%kernel)", 0o644),
        "info.rkt": ('#lang info\n(define collection "p")\n(define deps \'("base"))\n', 0o600),
        "a/run.sh": ("#!/bin/sh\n", 0o755),
        "a-b": ("", 0o444),
        "empty/": ("", 0o700),
    },
    "wrapped": {"p-main/": ("", 0o755), "p-main/info.rkt": ("#lang info\n", 0o640), "p-main/d/x.ss": ("x", 0o777)},
    "one directory in one": {"p/only/x.rkt": ("x", 0o644)},
    "multi": {"info.rkt": ("#lang info\n(define collection 'multi)\n", 0o644), "c/m.rkt": ("", 0o644)},
    "bad info": {"info.rkt": ("#lang racket\n", 0o644), "sub/info.rkt": ("#lang info\n(define", 0o644)},
    "no info": {"m.rkt": ("", 0o644), "compiled/m_rkt.zo": ("\0", 0o644)},
    "nothing": {},
}


@pytest.mark.parametrize("suffix", [".zip", ".tgz"])
@pytest.mark.parametrize("kind", TREES)
def test_without_a_tree_as_with_one(kind: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives are packed anew in memory, or by way of a tree on the disk, with the same result."""
    fetched = archive_of(tmp_path / f"p{suffix}", TREES[kind])
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    made = repack(fetched, "p", tmp_path / "one")
    monkeypatch.setattr("pltpack.pkg.view.PackageReader.gathered", lambda _package, _most: nullcontext(None))
    other = repack(fetched, "p", tmp_path / "two")
    assert replace(made, path=other.path) == other
    assert made.path.read_bytes() == other.path.read_bytes()
    assert [path.name for path in (tmp_path / "two").iterdir()] == ["p.zip"]


def test_what_is_too_large_for_memory_goes_by_way_of_a_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = archive_of(tmp_path / "p.tgz", TREES["usual"])
    made = repack(fetched, "p", tmp_path)
    monkeypatch.setattr("pltpack.catalog.repack._MOST_IN_MEMORY", 50)
    (tmp_path / "place").mkdir()
    assert repack(fetched, "p", tmp_path / "place").digests == made.digests


def test_links_become_what_they_point_to(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as tar:
        member = tarfile.TarInfo("a.rkt")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"a"))
        link = tarfile.TarInfo("b.rkt")
        link.type, link.linkname = tarfile.SYMTYPE, "a.rkt"
        tar.addfile(link)
    fetched = Fetched("p", "p.tgz", "file", tmp_path / "p.tgz", "file", None, None, 0)
    (tmp_path / "place").mkdir()
    with zipfile.ZipFile(repack(fetched, "p", tmp_path / "place").path) as package:
        assert package.namelist() == ["a.rkt", "b.rkt"]
        assert package.read("b.rkt") == b"a"


@pytest.mark.parametrize("suffix", [".zip", ".tgz"])
def test_damage_is_found(suffix: str, tmp_path: Path) -> None:
    fetched = archive_of(tmp_path / f"p{suffix}", {"x.rkt": (random.Random(1).randbytes(3000).hex(), 0o644)})
    data = bytearray(fetched.path.read_bytes())
    data[len(data) // 2] ^= 1
    fetched.path.write_bytes(data)
    (tmp_path / "place").mkdir()
    with pytest.raises(PltError):
        repack(fetched, "p", tmp_path / "place")
