"""Names that lead out of the destination, or stand for something else than they seem to."""

from __future__ import annotations

from typing import Any

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import EntryError, EntryExistsError, FormatError, LimitError, PltError, UnsafePathError
from pltpack.transaction import staging
from pltpack.unpacker.paths import PathPolicy
from tests.attacks.conftest import Arena
from tests.differences import differs
from tests.trees import HEADER, encoded, file, folder

Elements = tuple[str | bytes, ...]

UPWARDS: list[Elements] = [
    ("..", "canary"),
    ("..",),
    ("old", "..", "..", "canary"),
    ("old", ".."),
    ("../canary",),
    ("old/../../canary",),
    ("a/../../b",),
    ("old", "../../canary"),
    (b"up", "canary"),
    (b"up",),
    ("old", b"up", b"up", "canary"),
    (b"same", b"up", "canary"),
    ("collects", "..", "..", "canary"),
    ("collects", b"up", b"up", "canary"),
    ("doc", "..", "..", "x"),
    (".", "..", "canary"),
    ("old", b"same", "..", "..", "outside", "x"),
]
ABSOLUTE: list[Elements] = [
    ("/etc/pltpack-canary",),
    ("/",),
    ("//canary",),
    ("/", "etc", "x"),
    ("old", "/etc/pltpack-canary"),
    ("collects", "/tmp/pltpack-canary"),
    ("/..",),
]
EMPTY: list[Elements] = [("",), ("old", ""), ("", "x"), ("old", "", "x")]
SEPARATOR: list[Elements] = [("old/x",), ("a/b/c",), ("a/",), ("old", "sub/x"), ("./x",), ("a//b",)]
NUL: list[Elements] = [("a\0b",), ("\0",), ("old", "x\0"), ("../\0x",)]


@differs(
    racket="follows `..`, `up` and absolute paths out of the destination",
    here="refuses, unless `--sanitize` makes safe names of them",
)
@pytest.mark.parametrize("replace", [False, True], ids=["file", "file-replace"])
@pytest.mark.parametrize("elements", UPWARDS + ABSOLUTE + EMPTY + SEPARATOR + NUL, ids=repr)
def test_file_outside(arena: Arena, elements: Elements, replace: bool) -> None:
    message = arena.refuses([file(*elements, data=b"evil", replace=replace)], UnsafePathError, force=True)
    assert "path" in message


@pytest.mark.parametrize("elements", UPWARDS + ABSOLUTE + EMPTY + SEPARATOR + NUL, ids=repr)
def test_directory_outside(arena: Arena, elements: Elements) -> None:
    arena.refuses([folder(*elements)], UnsafePathError)


@pytest.mark.parametrize("elements", [(), (b"same",), (".",), (b"same", ".")], ids=repr)
def test_a_file_in_place_of_the_destination(arena: Arena, elements: Elements) -> None:
    arena.refuses([file(*elements, data=b"evil")], UnsafePathError, force=True)
    arena.harmless([folder(*elements)])


def test_good_entries_before_and_after_do_not_help(arena: Arena) -> None:
    arena.refuses([file("new"), file("..", "x"), file("old", "x", replace=True), folder("d")], UnsafePathError)


def test_every_offender_is_listed(arena: Arena) -> None:
    """Each once, with its reason: some are two spellings of one path."""
    entries = [file(*elements) for elements in UPWARDS + ABSOLUTE]
    alone: set[tuple[str, str]] = set()
    for entry in entries:
        with pytest.raises(UnsafePathError) as caught:
            arena.refuses([entry], EntryError)
        alone.update(caught.value.paths)
    with pytest.raises(UnsafePathError) as caught:
        arena.refuses(entries, EntryError)
    assert set(caught.value.paths) == alone
    assert len(caught.value.paths) == len(alone)
    assert caught.value.message.startswith(f"{len(entries)} entries may not be written")
    arena.record("refused")


@pytest.mark.parametrize("elements", UPWARDS + ABSOLUTE + SEPARATOR, ids=repr)
def test_sanitized_they_stay_inside(arena: Arena, elements: Elements) -> None:
    """What is left after dropping the unsafe parts is below the destination, or refused if nothing is left."""
    policy = PathPolicy(sanitize=True)
    try:
        arena.harmless([file("fresh", *elements, data=b"tame")], policy=policy, force=True)
    except PltError as error:
        assert isinstance(error, UnsafePathError | EntryExistsError)  # noqa: PT017
        arena.record("refused")


HARMLESS: list[tuple[Elements, str]] = [
    (("...",), "..."),
    (("..x", "x.."), "..x/x.."),
    ((b"same", "x"), "x"),
    ((".", "x", "."), "x"),
    (("same", "x"), "same/x"),
    (("up", "x"), "up/x"),
    (("~", "x"), "~/x"),
    (("~root",), "~root"),
    (("C:", "x"), "C:/x"),
    (("C:\\x",), "C:\\x"),
    (("\\\\host\\share",), "\\\\host\\share"),
    (("\\\\?\\x",), "\\\\?\\x"),
    (("..\\x",), "..\\x"),
    (("$HOME",), "$HOME"),
    (("-rf", "*"), "-rf/*"),
    (("x\ny",), "x\ny"),
    (("\x1b[2J",), "\x1b[2J"),
    (("\u202etxt.exe",), "\u202etxt.exe"),
    (("CON",), "CON"),
    (("collects", "racket", "x"), "collects/racket/x"),
    (("Collects",), "Collects"),
    (("%2e%2e", "x"), "%2e%2e/x"),
    (("\uff0e\uff0e", "x"), "\uff0e\uff0e/x"),
    (("\u2025", "x"), "\u2025/x"),
    (("..\u200b", "x"), "..\u200b/x"),
    ((" ..", "x"), " ../x"),
]


@pytest.mark.parametrize(("elements", "path"), HARMLESS, ids=[repr(elements) for elements, _ in HARMLESS])
def test_what_only_looks_dangerous_here(arena: Arena, elements: Elements, path: str) -> None:
    """These are plain names on this system; ``verify`` tells of those that are traps elsewhere."""
    _, new = arena.harmless([file(*elements, data=b"tame")])
    assert new == {path: b"tame"}


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "nul.txt",
        "com1",
        "COM\u00b9.rkt",
        "CONIN$",
        "a:b",
        "a.",
        "a ",
        "a?",
        "<",
        "a|b",
        "x\ny",
        "\x1b[2J",
        "\u202ex",
    ],
)
def test_portable_only(arena: Arena, name: str) -> None:
    arena.refuses([file("src", name)], UnsafePathError, policy=PathPolicy(portable=True))
    arena.harmless([file("src", "main.rkt")], policy=PathPolicy(portable=True))


@pytest.mark.parametrize(
    "elements",
    [
        ("C:\\x",),
        ("C:x",),
        ("\\\\host\\share\\x",),
        ("\\\\?\\C:\\x",),
        ("..\\x",),
        ("a\\b",),
        ("NUL",),
        ("x:y",),
        ("x.",),
    ],
    ids=repr,
)
def test_by_the_rules_of_windows(arena: Arena, elements: Elements) -> None:
    arena.refuses([file(*elements)], UnsafePathError, policy=PathPolicy(platform="windows"))


# What is no path list at all


@pytest.mark.parametrize(
    "path",
    [
        b'"../canary"',
        b"x",
        b"#f",
        b"7",
        b'#("x")',
        b'(quote ("x"))',
        b'("x" . "y")',
        b'(#"../canary")',
        b"(7)",
        b'(("x"))',
        b"(other)",
        b"(UP)",
        b"(#:up)",
        b"(#\\x)",
        b'("x" #f)',
        b"(#&x)",
        b'(#rx"x")',
    ],
)
def test_neither_strings_nor_same(arena: Arena, path: bytes) -> None:
    raw = HEADER + b"file\n" + path + b"\n4\n*evil"
    arena.refuses(encoded(raw), FormatError)
    arena.refuses(encoded(raw.replace(b"file\n", b"dir\n").replace(b"4\n*evil", b"")), FormatError)


@pytest.mark.parametrize("relative", [b"#t", b"'anything"])
def test_a_header_that_asks_for_the_installation_is_only_reported(arena: Arena, relative: bytes) -> None:
    header = HEADER.replace(b"((plt-relative?) #f)", b"((plt-relative?) " + relative + b")")
    header = header.replace(b"((plt-home-relative?) #f)", b"((plt-home-relative?) #t)")
    entries = b"".join(file(head, "x", data=b"tame") for head in ("collects", "doc", "lib", "include"))
    _, new = arena.harmless(encoded(header + entries))
    assert sorted(new) == ["collects/x", "doc/x", "include/x", "lib/x"]


def test_bytes_that_are_no_text_become_one_plain_name(arena: Arena) -> None:
    """As in Racket each wrong byte reads as U+FFFD; it cannot become a separator or a dot."""
    _, new = arena.harmless([b'file\n("\xff\xfe\xc0\xae\xc0\xae")\n4\n*tame'])
    assert len(new) == 1
    assert set(next(iter(new))) == {"\ufffd"}


# One name, two meanings


@pytest.mark.parametrize(
    "entries",
    [
        [file("a"), file("a", "b")],
        [file("a"), folder("a")],
        [folder("a"), file("a")],
        [file("a", "b"), file("a")],
        [file("old", "new"), file("old", "new", "x")],
        [file("old", "new", "x"), file("old", "new")],
    ],
    ids=repr,
)
@pytest.mark.parametrize("force", [False, True])
def test_a_file_and_a_directory_in_one_archive(arena: Arena, entries: list[bytes], force: bool) -> None:
    arena.refuses(entries, UnsafePathError, force=force)


@pytest.mark.parametrize("entries", [[file("keep", "x")], [folder("keep")], [file("old")]], ids=repr)
@pytest.mark.parametrize("force", [False, True])
def test_a_file_for_a_directory_that_is_there_and_the_reverse(arena: Arena, entries: list[bytes], force: bool) -> None:
    arena.refuses(entries, EntryExistsError, force=force)


@pytest.mark.parametrize("second", [b"same", b"other"])
@pytest.mark.parametrize("where", [("a",), ("old", "a"), ("new", "a"), (b"same", "a")], ids=repr)
def test_the_same_member_twice(arena: Arena, where: Elements, second: bytes) -> None:
    entries = [file(*where, data=b"same"), file(".", *where, data=second)]
    arena.refuses(entries, EntryExistsError)
    _, new = arena.harmless(entries, force=True)
    assert list(new.values()) == [second]


def test_existing_files_are_safe_without_force(arena: Arena) -> None:
    arena.refuses([file("keep", data=b"evil"), file("old", "x", data=b"evil")], EntryExistsError)


@pytest.mark.parametrize(
    ("one", "other"),
    [("README", "readme"), ("Stra\u00dfe", "STRASSE"), ("\u00e9", "e\u0301"), ("\ufb01", "fi"), ("\u212b", "\u00c5")],
)
@pytest.mark.parametrize("above", [(), ("new",), ("old",)], ids=repr)
def test_names_that_a_folding_disk_takes_for_one(
    arena: Arena, one: str, other: str, above: Elements, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [file(*above, one, data=b"1"), file(*above, other, data=b"2")]
    with monkeypatch.context() as patch:
        patch.setattr(staging, "_folds", lambda _: True)
        arena.refuses(entries, UnsafePathError, force=True)
        arena.refuses([folder(*above, one), file(*above, other, "x")], UnsafePathError, force=True)
    arena.harmless([file(*above, "distinct"), file(*above, "other")])


@pytest.mark.parametrize("name", [".pltpack-0", ".pltpack-1000", ".PltPack-0", ".pltpack-"])
def test_names_of_the_staging_area(arena: Arena, name: str) -> None:
    """A journal from an archive would be carried out by the next unpack."""
    arena.refuses([file(name, "journal", data=b"{}")], UnsafePathError)
    arena.refuses([folder("old", name)], UnsafePathError)
    arena.refuses([file("new", name)], UnsafePathError)
    arena.harmless([file(".pltpack")])


# Lengths


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([file("x" * 256)], UnsafePathError),
        ([file("\u00e9" * 128)], UnsafePathError),
        ([folder(*["d" * 200] * 25)], LimitError),
        ([folder(*["d"] * 257)], LimitError),
    ],
    ids=["name", "name in UTF-8", "path", "depth"],
)
def test_too_long(arena: Arena, entries: list[bytes], kind: type[PltError]) -> None:
    message = arena.refuses(entries, kind)
    assert kind is UnsafePathError or "--max-path-" in message


@pytest.mark.parametrize(
    ("entries", "options"),
    [
        ([file("x" * 255)], {}),
        ([folder(*["d" * 200] * 18)], {}),
        ([folder(*["d"] * 256)], {}),
        ([folder(*["d"] * 300)], {"limits": Limits(path_depth=300)}),
    ],
    ids=["name", "path", "depth", "more depth"],
)
def test_long_enough(arena: Arena, entries: list[bytes], options: dict[str, Any]) -> None:
    arena.harmless(entries, **options)
