"""Extracting archives."""

from __future__ import annotations

import base64
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.errors import EncodingError, EntryExistsError, FormatError, LimitError, TruncatedError, UnsafePathError
from pltpack.transaction.destination import Outcome
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract
from tests.differences import differs
from tests.trees import HEADER, archive, encoded, file, files_in, folder, picture, write_tree

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write(entry, ...)``: an archive in a file."""

    def write(*entries: bytes) -> Path:
        path = tmp_path / "x.plt"
        path.write_bytes(archive(*entries))
        return path

    return write


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def outcomes(extraction: Extraction) -> dict[str, str]:
    return {entry.path: entry.outcome.value for entry in extraction.entries}


def test_the_result_tells_what_happened(write: Write, target: Path) -> None:
    write_tree(target, {"d/old": b"old"})
    source = write(
        folder("d"), file("d", "new", data=b"12345"), file("d", "old", data=b"123", replace=True), folder("e"), folder()
    )
    seen: list[Placed] = []
    extraction = extract(source, str(target), on_entry=seen.append)
    assert seen == extraction.entries
    assert [(entry.path, entry.kind, entry.outcome.value, entry.size) for entry in seen] == [
        ("d", "directory", "kept", 0),
        ("d/new", "file", "created", 5),
        ("d/old", "file", "replaced", 3),
        ("e", "directory", "created", 0),
        ("", "directory", "kept", 0),
    ]
    assert [entry.path for entry in extraction.written] == ["d/new", "d/old"]
    assert (extraction.placed, extraction.files_written, extraction.bytes_written) == (len(extraction.entries), 2, 8)
    assert extraction.files(Outcome.CREATED) == [seen[1]]
    assert extraction.dest == target
    assert extraction.preamble.header().name == "test"
    assert extraction.damage is None
    assert files_in(target) == {"d/old": b"123", "d/new": b"12345"}


def test_entries_need_not_be_kept(write: Write, target: Path) -> None:
    """Then memory does not grow with their number, and they are counted all the same."""
    write_tree(target, {"d/old": b"old"})
    seen: list[Placed] = []
    source = write(folder("d"), *(file("d", f"{number}") for number in range(500)), file("d", "old", replace=True))
    extraction = extract(source, target, on_entry=seen.append, keep_entries=False)
    assert extraction.entries == []
    assert (extraction.placed, extraction.files_written, extraction.bytes_written) == (502, 501, 3 * 501)
    assert len(seen) == 502


@differs(
    racket="`file` entries need an earlier `dir` entry",
    here="directories are made where they are needed",
)
def test_parents_are_created_and_same_is_nothing(write: Write, target: Path) -> None:
    extract(write(file("a", b"same", "b", "c", data=b"1"), folder(b"same"), file(b"same", "x", data=b"2")), target)
    assert files_in(target) == {"a/b/c": b"1", "x": b"2"}


def test_an_archive_without_entries_makes_the_destination(write: Write, target: Path) -> None:
    assert extract(write(), target / "sub").entries == []
    assert picture(target) == {"sub": picture(target)["sub"]}


@pytest.mark.parametrize("open_first", [False, True])
def test_from_a_stream_and_from_an_open_archive(write: Write, target: Path, open_first: bool) -> None:
    data = write(file("x", data=b"1")).read_bytes()
    if open_first:
        with open_archive(io.BytesIO(data)) as reader:
            extract(reader, target)
    else:
        extract(io.BytesIO(data), target)
    assert files_in(target) == {"x": b"1"}


# Existing files


def test_existing_files_are_all_listed_and_nothing_is_written(write: Write, target: Path) -> None:
    write_tree(target, {"a": b"old", "d/b": b"old", "file": b"old"})
    before = picture(target)
    source = write(file("a"), file("new"), file("d", "b"), file("file", "below"), file("c"), file("c"))
    with pytest.raises(EntryExistsError, match=r"x\.plt: 4 paths are in the way; 'a' exists already") as caught:
        extract(source, target)
    assert caught.value.paths == (
        ("a", "exists already"),
        ("d/b", "exists already"),
        ("file", "is a file where the archive needs a directory"),
        ("c", "is in the archive more than once"),
    )
    assert picture(target) == before


def test_a_single_offender_is_named_in_the_message(write: Write, target: Path) -> None:
    write_tree(target, {"a": b"old"})
    with pytest.raises(EntryExistsError) as caught:
        extract(source := write(file("a")), target)
    assert str(caught.value) == f"{source}: 'a' exists already (-f replaces it)"
    assert isinstance(caught.value, FileExistsError)


def test_force_replaces_and_the_last_of_two_wins(write: Write, target: Path) -> None:
    write_tree(target, {"a": b"old"})
    extraction = extract(
        write(file("a", data=b"1"), file("a", data=b"2"), file("b"), file("b", data=b"3")), target, force=True
    )
    assert files_in(target) == {"a": b"2", "b": b"3"}
    assert [entry.outcome.value for entry in extraction.entries] == ["replaced", "replaced", "created", "replaced"]


def test_file_replace_replaces_without_force(write: Write, target: Path) -> None:
    write_tree(target, {"a": b"old"})
    extract(write(file("a", data=b"1", replace=True), file("b"), file("b", data=b"2", replace=True)), target)
    assert files_in(target) == {"a": b"1", "b": b"2"}


# Refusals


def test_unsafe_paths_are_all_listed_before_existing_ones(write: Write, target: Path) -> None:
    write_tree(target, {"a": b"old"})
    before = picture(target.parent)
    source = write(file("a"), file("..", "x"), folder(b"up"), file("ok"), file("/etc/passwd"), file("d/e"))
    before = picture(target.parent)
    with pytest.raises(UnsafePathError, match="4 paths may not be written") as caught:
        extract(source, target)
    assert caught.value.paths == (
        ("../x", "leads upwards (..)"),
        ("..", "leads upwards (the symbol up)"),
        ("/etc/passwd", "is absolute"),
        ("d/e", "has the element 'd/e' with a separator in it"),
    )
    assert picture(target.parent) == before


def test_sanitizing_writes_them_below_the_destination(write: Write, target: Path) -> None:
    source = write(file("..", "x"), file("/etc/passwd"), file("d/e"), folder(b"up"))
    extraction = extract(source, target, policy=PathPolicy(sanitize=True))
    assert list(outcomes(extraction)) == ["x", "etc/passwd", "d/e", ""]
    assert sorted(files_in(target.parent)) == ["target/d/e", "target/etc/passwd", "target/x", "x.plt"]


def test_after_a_refusal_nothing_more_is_staged(tmp_path: Path, target: Path) -> None:
    """A hostile archive cannot fill the disk with what will not be kept."""
    sizes: list[int] = []

    def watch(_placed: Placed) -> None:
        staged = [path for path in target.rglob("*") if path.is_file()]
        sizes.append(sum(path.stat().st_size for path in staged if path.name.isdigit() or path.name == "big"))

    (tmp_path / "x.plt").write_bytes(archive(file("..", "x"), file("d", "big", data=bytes(1 << 20)), file("d", "y")))
    with pytest.raises(UnsafePathError):
        extract(tmp_path / "x.plt", target, on_entry=watch)
    assert sizes == [0, 0]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(path_bytes=5), "more than 5 bytes"),
        (Limits(path_depth=2), "more than 2 names"),
        (Limits(entries=1), "more than 1 entries"),
        (Limits(file_bytes=4), "more than 4 bytes"),
    ],
)
def test_limits_leave_nothing_behind(write: Write, target: Path, limits: Limits, says: str) -> None:
    source = write(file("a", "b", "long", data=b"12345"), file("b"))
    with pytest.raises(LimitError, match=says):
        extract(source, target, limits=limits)
    assert not target.exists()
    extract(source, target)


# Members and stripped names


TREE = [folder("a"), file("a", "x"), folder("a", "b"), file("a", "b", "y"), file("ab"), file("c", "z")]


@pytest.mark.parametrize(
    ("members", "found", "missing"),
    [
        (["a"], ["a", "a/x", "a/b", "a/b/y"], []),
        (["a/b/", "ab"], ["a/b", "a/b/y", "ab"], []),
        (["a/x", "nothing", "a/nothing"], ["a/x"], ["a/nothing", "nothing"]),
        ([], [], []),
        (lambda path: path.endswith("y"), ["a/b/y"], []),
    ],
)
def test_members(
    write: Write, target: Path, members: list[str] | Callable[[str], bool], found: list[str], missing: list[str]
) -> None:
    extraction = extract(write(*TREE), target, members=members)
    assert [entry.path for entry in extraction.entries] == found
    assert list(extraction.missing) == missing


def test_an_unsafe_path_is_refused_even_if_it_is_not_wanted(write: Write, target: Path) -> None:
    with pytest.raises(UnsafePathError):
        extract(write(*TREE, file("..", "x")), target, members=["a"])


@pytest.mark.parametrize(("strip", "found"), [(1, ["", "x", "b", "b/y", "z"]), (2, ["", "y"]), (3, []), (9, [])])
def test_stripped_names(write: Write, target: Path, strip: int, found: list[str]) -> None:
    extraction = extract(write(*TREE), target, strip_components=strip)
    assert [entry.path for entry in extraction.entries] == found


def test_stripping_the_same_name_twice_is_a_conflict(write: Write, target: Path) -> None:
    with pytest.raises(EntryExistsError, match="'x' is in the archive more than once"):
        extract(write(file("a", "x"), file("b", "x")), target, strip_components=1)


# Dry runs


def test_a_dry_run_tells_the_same_and_writes_nothing(write: Write, target: Path) -> None:
    write_tree(target, {"d/old": b"old"})
    source = write(folder("d"), file("d", "new"), file("d", "old", replace=True), file("e", "f"), folder("e"))
    before = picture(target)
    dry = extract(source, target, dry_run=True)
    assert picture(target) == before
    assert dry.entries == extract(source, target).entries
    with pytest.raises(EntryExistsError) as planned:
        extract(write(file("d", "new"), file("e", "f")), target, dry_run=True)
    with pytest.raises(EntryExistsError) as real:
        extract(write(file("d", "new"), file("e", "f")), target)
    assert str(planned.value) == str(real.value)


def test_a_dry_run_into_nowhere(write: Write, target: Path) -> None:
    extraction = extract(write(file("x")), target / "a" / "b", dry_run=True)
    assert outcomes(extraction) == {"x": "created"}
    assert not target.exists()


# Damage


def damaged() -> bytes:
    raw = HEADER + file("a", data=b"first") + file("b", data=b"second") + file("c", data=b"third")
    return encoded(raw[: len(raw) - 2])


def test_a_damaged_archive_leaves_nothing(tmp_path: Path, target: Path) -> None:
    (tmp_path / "x.plt").write_bytes(damaged())
    with pytest.raises(TruncatedError) as caught:
        extract(tmp_path / "x.plt", target)
    assert caught.value.entry == "c"
    assert caught.value.offset is not None
    assert not target.exists()


def test_salvage_keeps_what_is_whole_and_names_what_is_not(tmp_path: Path, target: Path) -> None:
    (tmp_path / "x.plt").write_bytes(damaged())
    extraction = extract(tmp_path / "x.plt", target, salvage=True)
    assert files_in(target) == {"a": b"first", "b": b"second"}
    assert extraction.incomplete == ("c",)
    assert isinstance(extraction.damage, TruncatedError)
    assert [entry.path for entry in extraction.entries] == ["a", "b"]


def test_salvage_at_every_cut(tmp_path: Path) -> None:
    """Whatever is kept is whole; whatever was whole before the cut is kept; an entry that began is named."""
    files = {"a": b"first", "d/b": b"second" * 9, "c": b""}
    raw, ends = HEADER, {}
    for name, data in files.items():
        raw += file(*name.split("/"), data=data)
        ends[name] = len(raw)
    for cut in range(len(HEADER), len(raw) + 1):
        target = tmp_path / str(cut)
        extraction = extract(io.BytesIO(raw[:cut]), target, salvage=True)
        kept = files_in(target)
        assert kept == {name: files[name] for name, end in ends.items() if end <= cut}
        assert set(extraction.incomplete) <= files.keys() - kept.keys()
        assert (extraction.damage is None) == (cut in (len(HEADER), *ends.values()))


def test_salvage_reports_a_wrong_checksum_of_whole_files(tmp_path: Path, target: Path) -> None:
    blob = bytearray(gzip.compress(HEADER + file("a", data=b"first")))
    blob[-8] ^= 1
    (tmp_path / "x.plt").write_bytes(base64.b64encode(blob))
    with pytest.raises(EncodingError):
        extract(tmp_path / "x.plt", target)
    assert not target.exists()
    extraction = extract(tmp_path / "x.plt", target, salvage=True)
    assert files_in(target) == {"a": b"first"}
    assert isinstance(extraction.damage, EncodingError)
    assert extraction.incomplete == ()


def test_salvage_does_not_make_unsafe_paths_safe(tmp_path: Path, target: Path) -> None:
    raw = HEADER + file("..", "x") + file("a", data=b"first")
    (tmp_path / "x.plt").write_bytes(encoded(raw[:-1]))
    with pytest.raises(UnsafePathError):
        extract(tmp_path / "x.plt", target, salvage=True)
    assert not target.exists()


def test_damage_in_an_unwanted_file_is_damage(tmp_path: Path, target: Path) -> None:
    (tmp_path / "x.plt").write_bytes(damaged())
    with pytest.raises(FormatError):
        extract(tmp_path / "x.plt", target, members=["a"])
    extraction = extract(tmp_path / "x.plt", target, members=["a"], salvage=True)
    assert files_in(target) == {"a": b"first"}
    assert extraction.incomplete == (), "nothing that was wanted is missing"


# Whole trees


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)
trees = st.recursive(
    st.binary(max_size=300), lambda below: st.dictionaries(names, below, max_size=4), max_leaves=20
).filter(lambda tree: isinstance(tree, dict))


@settings(max_examples=60)
@given(trees)
def test_what_was_written_comes_back(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]) -> None:
    """Whatever the names: quotes, controls, every category of Unicode."""
    flat: dict[tuple[str, ...], bytes | None] = {}

    def flatten(path: tuple[str, ...], node: object) -> None:
        flat[path] = node if isinstance(node, bytes) else None
        if isinstance(node, dict):
            for name, below in node.items():
                flatten((*path, name), below)

    flatten((), tree)
    folder = tmp_path_factory.mktemp("tree")
    with create_archive(folder / "x.plt", Header("x")) as writer:
        for path, data in flat.items():
            if data is None:
                writer.add_directory(path)
            else:
                writer.add_file(path, data, len(data))
    extract(folder / "x.plt", folder / "target")
    found: dict[tuple[str, ...], bytes | None] = {(): None}
    for shown, (kind, _, data) in picture(folder / "target").items():
        found[tuple(shown.split("/"))] = data if kind == "file" else None
    assert found == flat


def test_the_durable_order_of_things(write: Write, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data, then journal, then moves, then the removal of the journal: each is on the disk before the next begins."""
    steps: list[str] = []
    for name in ("sync", "rename", "link", "unlink"):
        original = getattr(os, name)

        def call(
            *arguments: object, name: str = name, original: Callable[..., None] = original, **options: object
        ) -> None:
            last = str(arguments[-1]) if arguments else ""
            steps.append("journal" if last.strip("'").endswith(".journal") else name)
            original(*arguments, **options)

        monkeypatch.setattr(os, name, call)
    write_tree(target, {"a": b"old"})
    extract(write(file("a", replace=True), file("b"), file("c", "d")), target, durable=True)
    ours = steps[steps.index("sync") : len(steps) - steps[::-1].index("sync")]
    assert ours == ["sync", "journal", "sync", "link", "rename", "link", "rename", "sync", "journal", "sync"]
