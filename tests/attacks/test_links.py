"""Links and special files in the target, planted beforehand or while the archive is being unpacked."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import EntryExistsError, PltError, UnsafePathError
from pltpack.transaction.staging import area_name
from pltpack.unpacker.unpack import Placed, extract
from tests.attacks.conftest import Arena
from tests.differences import differs
from tests.transaction.calls import wrapped
from tests.trees import archive, file, files_in, folder, write_tree

Plant = Callable[[Arena], None]


def link(name: str, target: str) -> Plant:
    """Plant a symbolic link in the target; ``OUTSIDE`` stands for the absolute path of the canaries."""

    def plant(arena: Arena) -> None:
        (arena.target / name).symlink_to(target.replace("OUTSIDE", str(arena.outside)))

    return plant


def links(*pairs: tuple[str, str]) -> Plant:
    def plant(arena: Arena) -> None:
        for name, target in pairs:
            link(name, target)(arena)

    return plant


DIRECTORY_LINKS = {
    "relative": link("way", "../outside"),
    "absolute": link("way", "OUTSIDE"),
    "into the target": link("way", "old"),
    "to here": link("way", "."),
    "upwards": link("way", ".."),
    "chain": links(("way", "way2"), ("way2", "way3"), ("way3", "../outside")),
    "loop": links(("way", "way2"), ("way2", "way")),
    "to itself": link("way", "way"),
    "dangling": link("way", "../outside/nothing"),
    "deeper": link("old/way", "../../outside"),
}


@differs(
    racket="writes through links that stand in the destination",
    here="refuses",
)
@pytest.mark.parametrize("plant", DIRECTORY_LINKS.values(), ids=DIRECTORY_LINKS.keys())
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("replace", [False, True], ids=["file", "file-replace"])
def test_through_a_link_to_a_directory(arena: Arena, plant: Plant, force: bool, replace: bool) -> None:
    plant(arena)
    way = ("old", "way") if (arena.target / "old/way").is_symlink() else ("way",)
    for entries in (
        [file(*way, "x", data=b"evil", replace=replace)],
        [file(*way, "new", data=b"evil", replace=replace)],
        [file(*way, "sub", "y", data=b"evil", replace=replace)],
        [folder(*way, "made")],
        [folder(*way)],
        [folder(*way), file(*way, "x", data=b"evil", replace=replace)],
    ):
        arena.refuses(entries, UnsafePathError, force=force)


FILE_LINKS = {
    "relative": link("way", "../outside/x"),
    "absolute": link("way", "OUTSIDE/x"),
    "into the target": link("way", "keep"),
    "dangling": link("way", "../outside/nothing"),
    "to itself": link("way", "way"),
    "to a device": link("way", "/dev/null"),
    "chain": links(("way", "way2"), ("way2", "../outside/x")),
}


@pytest.mark.parametrize("plant", FILE_LINKS.values(), ids=FILE_LINKS.keys())
@pytest.mark.parametrize("options", [{"force": False}, {"force": True}], ids=str)
@pytest.mark.parametrize("replace", [False, True], ids=["file", "file-replace"])
def test_onto_a_link_to_a_file(arena: Arena, plant: Plant, options: dict[str, Any], replace: bool) -> None:
    plant(arena)
    arena.refuses([file("way", data=b"evil", replace=replace)], UnsafePathError, **options)


def test_links_beside_do_not_matter(arena: Arena) -> None:
    for name, plant in DIRECTORY_LINKS.items():
        if name not in ("chain", "loop"):
            plant_as(arena, plant, name)
    _, new = arena.harmless([file("old", "new", data=b"tame"), file("new", data=b"tame")])
    assert new["old/new"] == b"tame"


def plant_as(arena: Arena, plant: Plant, name: str) -> None:
    """Plant a link and rename it, so that several fit."""
    plant(arena)
    for path in (arena.target / "way", arena.target / "old/way"):
        if path.is_symlink():
            path.rename(path.with_name(f"way {name}"))


def test_the_target_itself_may_be_a_link(arena: Arena) -> None:
    """Whoever names the destination wants it; only what the archive names is not followed."""
    real = arena.target.rename(arena.world / "target real")
    arena.target.symlink_to(real)
    extract_into(arena, [file("old", "new", data=b"tame")])
    assert (real / "old/new").read_bytes() == b"tame"
    arena.record("accepted")


def extract_into(arena: Arena, entries: list[bytes], **options: Any) -> None:
    source = arena.world.parent / "world.plt"
    source.write_bytes(archive(*entries))
    try:
        extract(source, arena.target, **options)
    finally:
        source.unlink()


def test_a_hard_link_to_a_file_outside(arena: Arena) -> None:
    """The file outside keeps its data: the name in the target gets a new file instead of new data."""
    os.link(arena.outside / "x", arena.target / "hard")
    extract_into(arena, [file("hard", data=b"evil", replace=True)])
    assert (arena.outside / "x").read_bytes() == b"mine"
    assert (arena.target / "hard").read_bytes() == b"evil"
    arena.record("refused")


def test_permissions_are_not_changed_through_a_link(arena: Arena) -> None:
    (arena.outside / "x").chmod(0o600)
    link("way", "../outside/x")(arena)
    arena.refuses([file("way", data=b"evil")], UnsafePathError, force=True)
    assert stat.S_IMODE((arena.outside / "x").stat().st_mode) == 0o600


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, chdir(path.parent):
        listener.bind(path.name)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "socket": bind,
    "device": lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3)),
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("force", [False, True])
def test_onto_a_special_file(arena: Arena, kind: str, force: bool) -> None:
    try:
        SPECIAL[kind](arena.target / "special")
    except PermissionError:
        pytest.skip("only root makes devices")
    for entries in ([file("special", data=b"evil", replace=True)], [file("special", "x")], [folder("special")]):
        arena.refuses(entries, EntryExistsError, force=force)


def test_new_files_have_no_special_permissions(arena: Arena) -> None:
    before = os.umask(0)
    try:
        arena.harmless([file("new"), file("tree", "x"), folder("empty")])
    finally:
        os.umask(before)
    for path in ("new", "tree/x", "tree", "empty"):
        mode = stat.S_IMODE((arena.target / path).stat().st_mode)
        assert mode == (0o777 if (arena.target / path).is_dir() else 0o666)


def test_a_replaced_file_loses_the_right_to_run_as_its_owner(arena: Arena) -> None:
    (arena.target / "keep").chmod(0o6755)
    arena.harmless([file("keep", data=b"evil", replace=True)])
    assert stat.S_IMODE((arena.target / "keep").stat().st_mode) == 0o755


# While we run


AREA = area_name().decode()

ENTRIES = [
    file("old", "x", data=b"evil", replace=True),
    folder("old", "made"),
    file("old", "new", data=b"evil"),
    file("tree", "sub", "x", data=b"evil"),
    file("keep", data=b"evil", replace=True),
]


def swap(arena: Arena, name: str) -> None:
    """Put a link to the canaries where a directory or a file is, if one is there."""
    path = arena.target / name
    if path.exists() and not path.is_symlink():
        path.rename(path.with_name(f"{path.name}.moved"))
        path.symlink_to(arena.outside / "x" if name == "keep" else arena.outside)


class SwapAt:
    """An attacker who acts between two of our calls."""

    def __init__(self, arena: Arena, nth: int, name: str) -> None:
        self.arena = arena
        self.nth = nth
        self.name = name
        self.count = 0

    def __call__(self, _name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
        self.count += 1
        if self.count == self.nth:
            self.nth = -1  # What the attacker calls is not counted, and not attacked.
            swap(self.arena, self.name)
        return original(*arguments, **options)


@pytest.mark.parametrize("name", ["old", "keep", "tree", "old/made", AREA, f"{AREA}/new", f"{AREA}/old"])
def test_a_link_planted_between_any_two_calls(arena: Arena, name: str, tmp_path: Path) -> None:
    """Whatever becomes of the unpack: nothing outside changes, and nothing new is there."""
    source = tmp_path / "world.plt"
    source.write_bytes(archive(*ENTRIES))
    before = arena.state(arena.outside)
    pristine = files_in(arena.target)
    refused = accepted = 0
    for nth in range(1, 10_000):
        attack = SwapAt(arena, nth, name)
        with wrapped(attack, reading=True):
            try:
                extract(source, arena.target)
                accepted += 1
            except (PltError, OSError):
                refused += 1
        assert arena.state(arena.outside) == before, f"at call {nth}"
        if attack.nth == nth:
            break
        restore(arena, pristine)
    source.unlink()
    arena.record("refused", refused + accepted)
    assert refused + accepted > 50


def restore(arena: Arena, pristine: dict[str, bytes]) -> None:
    for path in arena.target.iterdir():
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)
    write_tree(arena.target, pristine)


def test_a_link_planted_between_two_entries(arena: Arena) -> None:
    def plant(placed: Placed) -> None:
        if placed.path == "first":
            swap(arena, "old")

    before = arena.state(arena.outside)
    with pytest.raises(UnsafePathError, match="symbolic link"):
        extract_into(arena, [file("first"), file("old", "x", replace=True)], on_entry=plant)
    assert arena.state(arena.outside) == before
    assert not (arena.target / "first").exists()
    arena.record("refused")
