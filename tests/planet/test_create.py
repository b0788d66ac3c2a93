"""Making archives for PLaneT."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.codec.entries import display_path
from pltpack.errors import PackageError, SourceError
from pltpack.packer.pack import PackOptions
from pltpack.planet.create import create_planet_archive, planet_filter
from pltpack.planet.look import look_at_planet
from tests.planet.corpus import FIXTURES, REPOSITORY
from tests.trees import write_tree

SOURCES = sorted(FIXTURES.glob("sources/*/*/*"))


def raw(path: Path) -> str:
    """The digest of the raw stream."""
    digest = hashlib.sha256()
    with open_archive(path, digest=digest) as archive:
        for _ in archive:
            pass
    return digest.hexdigest()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name} {path.name}")
def test_the_samples_are_packed_as_racket_packed_them(source: Path, tmp_path: Path) -> None:
    owner, package, version = source.parts[-3:]
    if package == "a.b.plt":  # git keeps no empty directory
        return
    made = create_planet_archive(source, tmp_path / "x.plt", force=True)
    assert made.packed.files == len(made.files)
    assert raw(tmp_path / "x.plt") == raw(REPOSITORY.joinpath(owner, package, *version.split("."), package))


def test_what_goes_in(tmp_path: Path) -> None:
    write_tree(
        tmp_path / "kit",
        {
            "main.ss": b"1", "doc/x": b"1", "compiled/main.zo": b"1", ".hidden": b"1", "a~": b"1", "old.plt": b"1",
            "planet-docs/manual/doc/index.html": b"1", "planet-docs/x.plt": b"1", "sub/planet-docs/doc/y": b"1",
        },
    )  # fmt: skip
    made = create_planet_archive(tmp_path / "kit", tmp_path / "kit.plt")
    assert made.files == [".hidden", "main.ss", "planet-docs/manual/doc/index.html", "planet-docs/x.plt"]
    with open_archive(tmp_path / "kit.plt") as archive:
        paths = [display_path(entry.path) for entry in archive]
    assert "./sub/planet-docs" in paths
    assert "./doc" not in paths
    assert look_at_planet(tmp_path / "kit.plt").kind == "package"
    assert planet_filter("./planet-docs/compiled")


def test_where_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"kit/main.ss": b"1"})
    monkeypatch.chdir(tmp_path)
    assert create_planet_archive("kit/").path == Path("kit.plt")
    assert (tmp_path / "kit.plt").is_file()
    monkeypatch.chdir(tmp_path / "kit")
    create_planet_archive(".")
    assert create_planet_archive(".").files == ["main.ss"]


def test_what_planet_refuses(tmp_path: Path) -> None:
    write_tree(tmp_path, {"kit/info.rkt": b"#lang setup/infotab\n(define name 'kit)\n(define categories '(games))\n"})
    with pytest.raises(PackageError, match="and 1 more"):
        create_planet_archive(tmp_path / "kit", tmp_path / "kit.plt")
    assert not (tmp_path / "kit.plt").exists()
    assert len(create_planet_archive(tmp_path / "kit", tmp_path / "kit.plt", force=True).objections) == 2
    write_tree(tmp_path, {"bad/info.rkt": b"#lang racket\n"})
    with pytest.raises(PackageError):
        create_planet_archive(tmp_path / "bad", tmp_path / "bad.plt")
    with pytest.raises(PackageError, match="not a directory"):
        create_planet_archive(tmp_path / "bad/info.rkt", tmp_path / "x.plt")
    with pytest.raises(SourceError, match="there is no such directory"):
        create_planet_archive(tmp_path / "nowhere", tmp_path / "x.plt")


def test_documents_that_are_not_rendered(tmp_path: Path) -> None:
    info = b'#lang setup/infotab\n(define scribblings \'(("a.scrbl") ("docs/b.scrbl" (multi-page))))\n'
    write_tree(tmp_path, {"kit/info.rkt": info, "kit/planet-docs/a/index.html": b"x"})
    assert create_planet_archive(tmp_path / "kit", tmp_path / "kit.plt").unrendered == ["docs/b.scrbl"]


def test_a_dry_run(tmp_path: Path) -> None:
    write_tree(tmp_path, {"kit/main.ss": b"123"})
    made = create_planet_archive(tmp_path / "kit", tmp_path / "kit.plt", dry_run=True, options=PackOptions(jobs=1))
    assert (made.packed.files, made.packed.file_bytes) == (1, 3)
    assert not (tmp_path / "kit.plt").exists()
