"""Edits against a model: a list of entries, changed one change after the other."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.archive import create_archive, open_archive
from pltpack.codec.entries import SAME, Directory, File, display_path
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.codec.writer import format_header, format_path
from pltpack.editing.changes import (
    AddDirectory,
    AddFile,
    Change,
    FilterFiles,
    RemoveEntries,
    RenameEntry,
    SetField,
    remove_entry,
)
from pltpack.editing.edit import edit
from pltpack.errors import (
    EntryExistsError,
    HeaderError,
    LimitError,
    MemberError,
    SourceError,
    TruncatedError,
    UnsafePathError,
)

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class Item:
    """An entry of the model. ``text`` is how it is spelled, data included; ``None`` once a change has touched it."""

    path: str
    data: bytes | None
    replace: bool = False
    text: bytes | None = None


def spelled(item: Item, gap: bytes) -> Item:
    names = format_path(tuple(item.path.split("/"))).encode()
    if item.data is None:
        return replace(item, text=gap + b"dir\n" + names + b"\n")
    tag = b"file-replace" if item.replace else b"file"
    return replace(item, text=gap + b"%b\n%b\n%d\n*%b" % (tag, names, len(item.data), item.data))


PATHS = ["a", "b", "a/x", "a/y", "b/x", "a/b/c", "collects/k/main.rkt", "collects/k/info.rkt", "λ/x"]
GAPS = [b"", b"", b"", b"\n ", b"; comment\n", b"#|block|#", b"#;(datum comment) "]


def consistent(items: Sequence[Item]) -> bool:
    """Whether no path is two things."""
    files = [item.path for item in items if item.data is not None]
    directories = {item.path for item in items if item.data is None}
    for item in items:
        names = item.path.split("/")
        directories.update("/".join(names[:depth]) for depth in range(1, len(names)))
    return len(set(files)) == len(files) and not directories.intersection(files)


@st.composite
def sources(draw: st.DrawFn) -> list[Item]:
    items: list[Item] = []
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=6)):
        data = draw(st.none() | st.binary(max_size=40))
        item = spelled(Item(path, data, draw(st.booleans()) and data is not None), draw(st.sampled_from(GAPS)))
        if consistent([*items, item]):
            items.append(item)
    return items


changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(AddFile, st.sampled_from(PATHS), st.binary(max_size=40), st.none() | st.booleans()),
    st.builds(AddDirectory, st.sampled_from(PATHS)),
    st.sampled_from(PATHS).map(remove_entry),
    st.builds(RenameEntry, st.sampled_from(PATHS), st.sampled_from([*PATHS, "new", "new/deep"])),
    st.sampled_from(PATHS).map(
        lambda only: FilterFiles(lambda _path, data: data.read()[::-1], lambda path: path == only)
    ),
)


def below(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def modelled(items: list[Item], change: Change) -> list[Item]:
    """What one change makes of the list. Raises ``LookupError`` if there is nothing to do."""
    match change:
        case AddFile(path, content, tag):
            assert isinstance(content, bytes)
            places = [at for at, item in enumerate(items) if item.path == path and item.data is not None]
            if not places:
                return [*items, Item(path, content, bool(tag))]
            old = items[places[0]]
            new = Item(path, content, old.replace if tag is None else tag)
            return [new if at == places[0] else item for at, item in enumerate(items) if at not in places[1:]]
        case AddDirectory(path):
            there = any(item.path == path and item.data is None for item in items)
            return items if there else [*items, Item(path, None)]
        case RemoveEntries(_, path):
            kept = [item for item in items if not below(item.path, path)]
            if len(kept) == len(items):
                raise LookupError(path)
            return kept
        case RenameEntry(old_path, new_path):
            if not any(below(item.path, old_path) for item in items):
                raise LookupError(old_path)
            return [
                replace(item, path=new_path + item.path.removeprefix(old_path), text=None)
                if below(item.path, old_path) and old_path != new_path
                else item
                for item in items
            ]
        case FilterFiles(_, only):
            return [
                replace(item, data=item.data[::-1], text=item.text if item.data == item.data[::-1] else None)
                if item.data is not None and only(item.path)
                else item
                for item in items
            ]
    raise AssertionError(change)


def archive_of(items: Sequence[Item], header: bytes, *, end: bytes = b"") -> bytes:
    return header + b"".join(item.text or b"" for item in items) + end


def contents(raw: bytes) -> list[Item]:
    with open_archive(io.BytesIO(raw)) as archive:
        return [
            Item(display_path(entry.path), entry.body.read(), entry.replace)
            if isinstance(entry, File)
            else Item(display_path(entry.path), None)
            for entry in archive
        ]


HEADERS = [
    format_header(Header("plain")),
    format_header(Header("full", requires=((("mzlib",), (370, 1)),), collections=(("a", "b"),))),
    b"PLT (some old program) unit",
    b'PLT\n#| comment |# (lambda () 1)\n"unit"',
]


@given(sources(), st.lists(changes, max_size=4), st.sampled_from(HEADERS), st.sampled_from([b"", b"\n", b"; end\n"]))
def test_an_edit_does_what_the_model_does(items: list[Item], wanted: list[Change], header: bytes, end: bytes) -> None:
    if not header.endswith((b"\n", b'"')) and items and items[0].text and items[0].text[:1] not in b"\n;":
        items = [spelled(replace(items[0], text=None), b"\n"), *items[1:]]
    if not header.endswith((b"\n", b'"')) and not items:
        end = b"\n"
    old = archive_of(items, header, end=end)
    expected = list(items)
    missing = False
    for change in wanted:
        try:
            expected = modelled(expected, change)
        except LookupError:
            missing = True
    sink = io.BytesIO()
    if missing or not consistent(expected):
        with pytest.raises(MemberError if consistent(expected) else (MemberError, EntryExistsError)):
            edit(io.BytesIO(old), wanted, sink, encode=False)
        return
    made = edit(io.BytesIO(old), wanted, sink, encode=False)
    new = sink.getvalue()
    found = contents(new)
    # Files are those of the model. More directories are there only for what is new, and nothing is two things.
    plain = [replace(item, text=None) for item in expected]
    assert [item for item in found if item.data is not None] == [item for item in plain if item.data is not None]
    directories = {item.path for item in found if item.data is None}
    assert directories >= {item.path for item in plain if item.data is None}
    touched = [item.path for item in expected if item.text is None]
    more = directories - {item.path for item in plain}
    assert all(any(below(path, place) for path in touched) for place in more)
    assert consistent(found)
    # The header and what no change touched are there as they were spelled, in their order.
    assert new.startswith(header)
    position = len(header)
    for item in expected:
        if item.text is not None:
            text = item.text if item is not items[0] else item.text.lstrip(b"\n ")
            position = new.index(text, position) + len(text)
    if not made.changed:
        assert new == old


@given(sources(), st.sampled_from(HEADERS[:2]))
def test_without_changes_it_is_the_same_archive(items: list[Item], header: bytes) -> None:
    old = archive_of(items, header)
    sink = io.BytesIO()
    made = edit(io.BytesIO(old), [], sink, encode=False)
    assert sink.getvalue() == old
    assert not made.changed
    assert made.kept == len(items)


def test_the_real_samples_stay_as_they_are() -> None:
    """Every sample that can be read keeps its raw stream, whatever the shape of its header."""
    seen = 0
    for path in sorted((FIXTURES / "samples").glob("*.plt")):
        raw = io.BytesIO()
        edit(path, [], raw, encode=False)
        with open_archive(path) as archive, open_archive(io.BytesIO(raw.getvalue())) as again:
            assert [(entry.path, entry.offset) for entry in archive] == [(entry.path, entry.offset) for entry in again]
            assert archive.preamble == again.preamble
            assert archive.encoding.raw_bytes == len(raw.getvalue())
        seen += 1
    assert seen


@pytest.fixture
def games(tmp_path: Path) -> Path:
    path = tmp_path / "games.plt"
    with create_archive(path, Header("games", collections=(("games",),))) as archive:
        archive.add_directory(("collects", "games"))
        archive.add_file(("collects", "games", "main.rkt"), b"old")
        archive.add_file((SAME, "top"), b"top", replace=True)
    return path


def listed(path: Path) -> list[Item]:
    raw = io.BytesIO()
    edit(path, [], raw, encode=False)
    return contents(raw.getvalue())


def test_in_place(games: Path) -> None:
    edit(games, [AddFile("collects/games/new/x.rkt", b"new"), AddFile("collects/games/main.rkt", b"changed")])
    assert listed(games) == [
        Item("collects/games", None),
        Item("collects/games/main.rkt", b"changed"),
        Item("./top", b"top", replace=True),
        Item("collects/games/new", None),
        Item("collects/games/new/x.rkt", b"new"),
    ]


def test_data_from_files_and_streams(games: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"from the disk")

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    stream = io.BytesIO(b"0123456789")
    stream.seek(4)
    edit(games, [AddFile("a", tmp_path / "data"), AddFile("b", stream), AddFile("c", Pipe(b"from a pipe"))])
    assert [item.data for item in listed(games)[3:]] == [b"from the disk", b"456789", b"from a pipe"]


def test_a_renamed_entry_keeps_what_it_is(games: Path) -> None:
    made = edit(games, [RenameEntry("top", "bottom"), RenameEntry("collects/games", "collects/play")])
    assert listed(games) == [
        Item("collects/play", None),
        Item("collects/play/main.rkt", b"old"),
        Item("./bottom", b"top", replace=True),
    ]
    assert made.renamed == [
        ("collects/games", "collects/play"),
        ("collects/games/main.rkt", "collects/play/main.rkt"),
        ("top", "bottom"),
    ]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ([AddFile("../x", b"")], UnsafePathError),
        ([AddFile("/x", b"")], UnsafePathError),
        ([AddFile("", b"")], UnsafePathError),
        ([AddFile("a\0b", b"")], UnsafePathError),
        ([AddFile("a\ud800", b"")], UnsafePathError),
        ([RenameEntry("top", "../top")], UnsafePathError),
        ([AddDirectory("..")], UnsafePathError),
        ([remove_entry("nothing")], MemberError),
        ([RenameEntry("nothing", "x")], MemberError),
        ([AddFile("top/x", b"")], EntryExistsError),
        ([AddFile("collects", b"")], EntryExistsError),
        ([AddDirectory("top")], EntryExistsError),
        ([RenameEntry("top", "collects/games/main.rkt")], EntryExistsError),
        ([RenameEntry("top", "collects/games")], EntryExistsError),
        ([RenameEntry("collects/games/main.rkt", "top")], EntryExistsError),
        ([SetField("location", "local"), SetField("test-dirs", ("x",))], ValueError),
        ([AddFile("x", Path("nowhere"))], FileNotFoundError),
    ],
    ids=str,
)
def test_what_cannot_be_changes_nothing(games: Path, wanted: list[Change], error: type[Exception]) -> None:
    before = games.read_bytes()
    with pytest.raises(error):
        edit(games, wanted)
    assert games.read_bytes() == before
    assert [path.name for path in games.parent.iterdir()] == [games.name]


def test_a_mistyped_path_is_asked_about(games: Path) -> None:
    with pytest.raises(MemberError, match=r"did you mean collects/games/main\.rkt"):
        edit(games, [remove_entry("main.rkt")])


def test_damage_changes_nothing(games: Path, tmp_path: Path) -> None:
    text = games.read_bytes()
    games.write_bytes(text[: len(text) // 2])
    with pytest.raises(TruncatedError):
        edit(games, [AddFile("x", b"")], tmp_path / "new.plt")
    assert not (tmp_path / "new.plt").exists()


def test_limits_hold(games: Path) -> None:
    with pytest.raises(LimitError):
        edit(games, [AddFile("x", b"")], limits=Limits(entries=2))


def test_a_dry_run_writes_nothing(games: Path) -> None:
    before = games.read_bytes()
    made = edit(games, [remove_entry("top"), AddFile("x", b"12")], dry_run=True)
    assert (made.removed, made.added, made.files, made.content_bytes) == (["top"], ["x"], 2, 5)
    assert games.read_bytes() == before


def test_a_checksum_beside_it_is_renewed(games: Path) -> None:
    checksum = games.with_name("games.plt.CHECKSUM")
    checksum.write_text("0" * 40)
    edit(games, [AddFile("x", b"")])
    import hashlib

    assert checksum.read_text() == hashlib.sha1(games.read_bytes()).hexdigest()


def test_a_stream_has_no_place_to_be_edited_in() -> None:
    with pytest.raises(ValueError, match="dest is needed"):
        edit(io.BytesIO(), [])


def test_a_field_of_an_unknown_header_cannot_be_set() -> None:
    with pytest.raises(HeaderError, match="kept as it is"):
        edit(io.BytesIO(b"PLT 1 2 "), [SetField("name", "x")], io.BytesIO())


def test_filters_follow_each_other(games: Path) -> None:
    twice = FilterFiles(lambda _path, stream: stream.read() * 2, lambda path: path.endswith(".rkt"))
    made = edit(games, [twice, FilterFiles(lambda path, stream: path.encode() + stream.read()), AddFile("late", b"")])
    assert [item.data for item in listed(games)] == [
        None,
        b"collects/games/main.rktoldold",
        b"toptop",
        b"",
    ]
    assert made.filtered == ["collects/games/main.rkt", "top"]


def test_a_filter_may_hand_back_its_stream(games: Path) -> None:
    made = edit(games, [FilterFiles(lambda _path, stream: stream)])
    assert not made.changed
    assert made.kept == 3


def test_a_filter_that_fails_changes_nothing(games: Path) -> None:
    from pltpack.editing.program import program_filter

    before = games.read_bytes()
    with pytest.raises(SourceError, match="exit code 3"):
        edit(games, [program_filter(["sh", "-c", "exit 3"])])
    with pytest.raises(FileNotFoundError):
        edit(games, [program_filter(["no-such-program-is-there"])])
    assert games.read_bytes() == before


def test_a_program_gets_data_and_path(games: Path) -> None:
    from pltpack.editing.program import program_filter

    edit(games, [program_filter(["sh", "-c", 'printf %s "$PLTPACK_ENTRY:"; cat'], lambda path: path == "top")])
    assert [item.data for item in listed(games)] == [None, b"old", b"top:top"]


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    """Neither one that stays nor one that goes."""
    import tracemalloc

    size = 24 << 20
    path = tmp_path / "large.plt"
    with create_archive(path, Header("large"), encode=False) as archive:
        for name in ("stays", "goes", "moves"):
            archive.add_file((name,), (bytes(1 << 20) for _ in range(size >> 20)), size)
    tracemalloc.start()
    try:
        edit(path, [remove_entry("goes"), RenameEntry("moves", "moved")], encode=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 2
    with open_archive(path) as archive:
        assert [(entry.path, entry.size) for entry in archive if isinstance(entry, File)] == [
            (("stays",), size),
            (("moved",), size),
        ]


def test_a_parent_directory_is_not_said_twice(games: Path) -> None:
    edit(games, [AddFile("new/a", b""), AddFile("new/b", b"")])
    with open_archive(games) as archive:
        assert [entry.path for entry in archive if isinstance(entry, Directory)] == [("collects", "games"), ("new",)]
