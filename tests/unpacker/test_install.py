"""Installing archives."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.entries import PathList
from pltpack.codec.header import Header, Preamble
from pltpack.errors import (
    ConflictError,
    EntryError,
    HeaderError,
    RequirementError,
    TruncatedError,
    UnsafePathError,
)
from pltpack.transaction.destination import Outcome
from pltpack.unpacker.install import Installed, InstalledEntry, install, unpack
from pltpack.unpacker.locations import Mode
from tests.unpacker.installations import USER, collection, installation

PLAIN = Header("x")
FIVE_HEADS: dict[PathList, bytes | None] = {
    ("collects", "c"): None,
    ("collects", "c", "main.rkt"): b"#lang racket/base\n",
    ("doc",): None,
    ("doc", "c.html"): b"<html>",
    ("lib",): None,
    ("lib", "c.so"): b"\x7fELF",
    ("include",): None,
    ("include", "c.h"): b"/* */",
    ("other",): None,
    ("other", "o.txt"): b"o",
}


def archive(entries: dict[PathList, bytes | None], header: Header = PLAIN, *, replace: bool = False) -> BytesIO:
    """An archive with directories (``None``) and files."""
    stream = BytesIO()
    with create_archive(stream, header, encode=False) as writer:
        for path, data in entries.items():
            if data is None:
                writer.add_directory(path)
            else:
                writer.add_file(path, data, len(data), replace=replace)
    stream.seek(0)
    return stream


def tree(root: Path) -> dict[str, bytes | None]:
    """Everything below a directory: the data of files, ``None`` for directories."""
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes() for path in sorted(root.rglob("*"))
    }


def files(root: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in tree(root).items() if data is not None}


def test_user(tmp_path: Path) -> None:
    result = install(archive(FIVE_HEADS), installation=installation(tmp_path))
    assert result.mode is Mode.USER
    assert files(tmp_path) == {
        f"{USER}/collects/c/main.rkt": b"#lang racket/base\n",
        f"{USER}/doc/c.html": b"<html>",
        f"{USER}/lib/c.so": b"\x7fELF",
        f"{USER}/include/c.h": b"/* */",
        f"{USER}/collects/other/o.txt": b"o",
    }
    assert InstalledEntry("lib/c.so", tmp_path / USER / "lib/c.so", "file", Outcome.CREATED, 4) in result.entries


def test_main(tmp_path: Path) -> None:
    result = install(archive(FIVE_HEADS), installation=installation(tmp_path), all_users=True)
    assert result.mode is Mode.MAIN
    assert set(files(tmp_path)) == {
        "main/collects/c/main.rkt",
        "main/doc/c.html",
        "main/lib/c.so",
        "main/include/c.h",
        "main/other/o.txt",
    }


def test_local(tmp_path: Path) -> None:
    header = Header("x", plt_relative=False)
    install(archive(FIVE_HEADS, header), installation=installation(tmp_path), directory=tmp_path / "here")
    assert set(files(tmp_path)) == {f"here/{'/'.join(map(str, path))}" for path, data in FIVE_HEADS.items() if data}


def test_at_plt(tmp_path: Path) -> None:
    header = Header("x", plt_relative=False)
    found = installation(tmp_path)
    install(archive(FIVE_HEADS, header), installation=found, at_plt=True)
    as_packed = tree(tmp_path / "add")
    other = tmp_path / "second"
    install(archive(FIVE_HEADS), installation=installation(other))
    assert as_packed == tree(other / "add")


@pytest.mark.parametrize("replace", [False, True])
def test_twice(replace: bool, tmp_path: Path) -> None:
    found = installation(tmp_path)
    install(archive({("collects", "c", "f"): b"old"}), installation=found)
    result = install(archive({("collects", "c", "f"): b"new"}, replace=replace), installation=found)
    assert files(tmp_path) == {f"{USER}/collects/c/f": b"new" if replace else b"old"}
    assert [entry.entry for entry in result.kept] == ([] if replace else ["collects/c/f"])


def test_entries_need_not_be_kept(tmp_path: Path) -> None:
    """What is always told are the files that stayed as they were."""
    found = installation(tmp_path)
    install(archive({("collects", "c", "f"): b"old"}), installation=found)
    source: dict[PathList, bytes | None] = {("collects", "c", "f"): b"new", ("collects", "c", "g"): b"g"}
    dry = install(archive(source), installation=found, keep_entries=False, dry_run=True)
    assert [entry.entry for entry in dry.entries] == ["collects/c/f", "collects/c/g"]
    result = install(archive(source), installation=found, keep_entries=False)
    assert [entry.entry for entry in result.entries] == ["collects/c/f"]
    assert files(tmp_path) == {f"{USER}/collects/c/f": b"old", f"{USER}/collects/c/g": b"g"}


def test_requirements(tmp_path: Path) -> None:
    found = installation(tmp_path)
    before = tree(tmp_path)
    header = Header("x", requires=((("mzscheme",), (400,)),))
    with pytest.raises(RequirementError):
        install(archive(FIVE_HEADS, header), installation=found)
    assert tree(tmp_path) == before
    assert install(archive(FIVE_HEADS, header), installation=found, force=True).warnings


def test_no_check(tmp_path: Path) -> None:
    collection(tmp_path, "c")
    found = installation(tmp_path)
    header = Header("x", requires=((("mzscheme",), (400,)),), conflicts=(("c",),))
    for force in (False, True):
        with pytest.raises(ConflictError if force else RequirementError):
            install(archive(FIVE_HEADS, header), installation=found, force=force)
    result = install(archive(FIVE_HEADS, header), installation=found, check=False)
    assert (result.warnings, result.problems) == ([], [])
    assert (tmp_path / USER / "collects/c/main.rkt").exists()


def test_collections_given_meet_requirements(tmp_path: Path) -> None:
    (tmp_path / "mine/c").mkdir(parents=True)
    header = Header("x", requires=((("c",), ()),))
    install(archive({}, header), installation=installation(tmp_path), collects=[tmp_path / "mine"])


def test_dry_run_says_everything(tmp_path: Path) -> None:
    collection(tmp_path, "c")
    (tmp_path / USER / "collects/c/main.rkt").mkdir()
    found = installation(tmp_path)
    before = tree(tmp_path)
    header = Header("x", requires=((("no",), ()),), conflicts=(("c",),))
    result = install(archive(FIVE_HEADS | {("lib", "..", "up"): b""}, header), installation=found, dry_run=True)
    assert [type(problem) for problem in result.problems] == [RequirementError, ConflictError, UnsafePathError]
    assert tree(tmp_path) == before
    places = {entry.entry: entry.target for entry in result.entries}
    assert places["include/c.h"] == tmp_path / USER / "include/c.h"
    assert "collects/c/main.rkt" not in places


def test_dry_run_does_what_a_run_does(tmp_path: Path) -> None:
    found = installation(tmp_path)
    install(archive({("doc", "c.html"): b"old"}), installation=found)
    planned = install(archive(FIVE_HEADS), installation=found, dry_run=True)
    assert planned.problems == []
    assert planned.entries == install(archive(FIVE_HEADS), installation=found).entries


def test_dry_run_sees_what_is_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = installation(tmp_path)
    main = tmp_path / "main"
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != main)
    result = install(archive({("lib", "x"): b""}), installation=found, all_users=True, dry_run=True)
    assert [type(problem) for problem in result.problems] == [PermissionError]
    assert str(main) in str(result.problems[0])


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (("collects", "..", "x"), UnsafePathError),
        (("..", "x"), UnsafePathError),
        (("collects",), UnsafePathError),
        ((), UnsafePathError),
        (("lib", "/etc"), UnsafePathError),
    ],
)
def test_unsafe_paths_leave_nothing_behind(path: PathList, problem: type[Exception], tmp_path: Path) -> None:
    found = installation(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(problem):
        install(archive(FIVE_HEADS | {path: b"x"}), installation=found)
    assert tree(tmp_path) == before


def test_damage_in_the_last_entry_leaves_nothing_behind(tmp_path: Path) -> None:
    found = installation(tmp_path)
    before = tree(tmp_path)
    whole = archive(FIVE_HEADS).getvalue()
    for cut, problem in ((whole[:-1], TruncatedError), (whole + b"junk", EntryError)):
        with pytest.raises(problem):
            install(BytesIO(cut), installation=found)
        assert tree(tmp_path) == before


def test_unknown_header(tmp_path: Path) -> None:
    stream = BytesIO()
    with create_archive(stream, Preamble(5, 6), encode=False):
        pass
    stream.seek(0)
    with pytest.raises(HeaderError):
        install(stream, installation=installation(tmp_path))


def test_links_are_not_followed(tmp_path: Path) -> None:
    found = installation(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / USER / "collects").mkdir(parents=True)
    (tmp_path / USER / "collects/c").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePathError, match="link"):
        install(archive(FIVE_HEADS), installation=found)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_archive_that_is_open_already(tmp_path: Path) -> None:
    seen: list[InstalledEntry] = []
    with open_archive(archive(FIVE_HEADS)) as reader:
        result: Installed = install(reader, installation=installation(tmp_path), on_entry=seen.append)
    assert seen == result.entries


def test_unpack_returns_the_collections(tmp_path: Path) -> None:
    header = Header("x", collections=(("c",), ("c", "sub")))
    assert unpack(archive(FIVE_HEADS, header), installation=installation(tmp_path)) == [("c",), ("c", "sub")]


def test_the_collections_directory_is_there_afterwards(tmp_path: Path) -> None:
    install(archive({}), installation=installation(tmp_path))
    assert (tmp_path / USER / "collects").is_dir()
