"""From path lists to safe paths."""

from __future__ import annotations

import os

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from pltpack.codec.entries import SAME, UP, PathList
from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, UnsafePathError
from pltpack.unpacker.paths import PathGuard, PathPolicy

DEFAULT = PathPolicy()
WINDOWS = PathPolicy(platform="windows")


def refusal(path: PathList, policy: PathPolicy = DEFAULT) -> str:
    with pytest.raises(UnsafePathError) as caught:
        PathGuard(policy).file(path)
    [(_, reason)] = caught.value.paths
    return reason


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        (("a",), ("a",)),
        (("a", "b", "c"), ("a", "b", "c")),
        ((SAME, "a", SAME, "b"), ("a", "b")),
        ((".", "a", "."), ("a",)),
        (("same", "up"), ("same", "up")),
        (("...",), ("...",)),
        (("..a", "b..", "a..b"), ("..a", "b..", "a..b")),
        (("~", "x"), ("~", "x")),
        (("~root",), ("~root",)),
        (("C:", "x"), ("C:", "x")),
        (("a\\b",), ("a\\b",)),
        (("con", "nul.txt"), ("con", "nul.txt")),
        (("line\nbreak", "\x1b[31m", "\u202e"), ("line\nbreak", "\x1b[31m", "\u202e")),
        ((" ", "-rf"), (" ", "-rf")),
        (("é", "日本", "\U0001f600"), ("é", "日本", "\U0001f600")),
        (("\ufffd",), ("\ufffd",)),
        (("x" * 255,), ("x" * 255,)),
    ],
    ids=repr,
)
def test_harmless_paths_pass(path: PathList, safe: tuple[str, ...]) -> None:
    guard = PathGuard()
    assert guard.file(path) == safe
    assert guard(path) == safe, "the second time, from memory"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (("..", "x"), "leads upwards (..)"),
        (("a", ".."), "leads upwards (..)"),
        (("a", "..", "..", "x"), "leads upwards (..)"),
        (("..",), "leads upwards (..)"),
        (("a/../../b",), "leads upwards (..)"),
        (("../x",), "leads upwards (..)"),
        (("a", "b/.."), "leads upwards (..)"),
        ((UP, "x"), "leads upwards (the symbol up)"),
        (("a", UP), "leads upwards (the symbol up)"),
        (("",), "has an empty element"),
        (("a", "", "b"), "has an empty element"),
        (("a\0b",), "holds a NUL character"),
        (("\0",), "holds a NUL character"),
        (("/",), "is absolute"),
        (("/abs",), "is absolute"),
        (("//x",), "is absolute"),
        (("a", "/abs"), "has the absolute element '/abs'"),
        (("a/b",), "has the element 'a/b' with a separator in it"),
        (("a/",), "has the element 'a/' with a separator in it"),
        (("a", "./b"), "has the element './b' with a separator in it"),
        (("\ud800",), "is not valid Unicode"),
        (("a", "x\udcff"), "is not valid Unicode"),
        (("x" * 256,), "has a name of more than 255 bytes"),
        (("é" * 128,), "has a name of more than 255 bytes"),
        ((), "names the directory itself, which cannot be a file"),
        ((SAME,), "names the directory itself, which cannot be a file"),
        ((".", SAME), "names the directory itself, which cannot be a file"),
    ],
    ids=repr,
)
def test_dangerous_paths_are_refused(path: PathList, reason: str) -> None:
    assert refusal(path) == reason


@pytest.mark.parametrize(
    "path",
    [
        ("a\\b",),
        ("..\\x",),
        ("C:",),
        ("C:x",),
        ("C:\\x",),
        ("a", "c:"),
        ("\\\\host\\share",),
        ("\\\\?\\C:\\x",),
        ("\\x",),
        ("CON",),
        ("nul.tar.gz",),
        ("com1",),
        ("COM\u00b2",),
        ("lpt9.x",),
        ("conin$",),
        ("aux ",),
        ("a.",),
        ("a ",),
        ("a:stream",),
        ("what?",),
        ("a*",),
        ('"',),
        ("<x>",),
        ("a|b",),
        ("a\tb",),
    ],
    ids=repr,
)
def test_windows_refuses_what_it_would_misread(path: PathList) -> None:
    assert refusal(path, WINDOWS)
    assert PathGuard().file(path) == path, "harmless elsewhere"


@pytest.mark.parametrize("name", ["console", "com", "com10", "lpt", "nul1", "a.b", " a", "auxiliary.rkt", "a~b"])
def test_windows_takes_plain_names(name: str) -> None:
    assert PathGuard(WINDOWS).file((name,)) == (name,)


def test_portable_refuses_traps_of_other_systems() -> None:
    policy = PathPolicy(portable=True)
    assert refusal(("nul",), policy) == "is not portable: 'nul' is a device on Windows"
    assert refusal(("a\nb",), policy).startswith("is not portable")
    assert PathGuard(policy).file(("src", "main.rkt")) == ("src", "main.rkt")


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        (("..", "x"), ("x",)),
        ((UP, UP, "x"), ("x",)),
        (("/etc/passwd",), ("etc", "passwd")),
        (("a/../../b",), ("a", "b")),
        (("a", "", "b\0"), ("a", "b")),
        (("a//b/",), ("a", "b")),
    ],
    ids=repr,
)
def test_sanitizing_drops_the_unsafe_parts(path: PathList, safe: tuple[str, ...]) -> None:
    assert PathGuard(PathPolicy(sanitize=True)).file(path) == safe


def test_sanitizing_on_windows_drops_drives() -> None:
    assert PathGuard(PathPolicy(platform="windows", sanitize=True)).file(("C:\\a\\..\\b",)) == ("a", "b")


def test_nothing_left_after_sanitizing_is_still_refused() -> None:
    assert "cannot be a file" in refusal(("..",), PathPolicy(sanitize=True))


def test_limits_of_length_and_depth() -> None:
    policy = PathPolicy.within(Limits(path_bytes=10, path_depth=3))
    guard = PathGuard(policy)
    assert guard(("aaaa", "bbbbb")) == ("aaaa", "bbbbb")
    with pytest.raises(LimitError, match=r"more than 10 bytes.*--max-path-bytes"):
        guard(("aaaa", "bbbbbb"))
    with pytest.raises(LimitError, match="more than 10 bytes"):
        guard(("é" * 6,))
    assert guard(("a", "b", "c", SAME)) == ("a", "b", "c")
    with pytest.raises(LimitError, match=r"more than 3 names.*--max-path-depth"):
        guard(("a", "b", "c", "d"))


def test_memory_of_harmless_names_is_bounded_and_harmless() -> None:
    guard = PathGuard()
    for number in range(20_000):
        assert guard((f"é{number}", "x")) == (f"é{number}", "x")
    with pytest.raises(UnsafePathError):
        guard(("é1", ".."))


elements = st.one_of(
    st.sampled_from(
        ["..", ".", "", "/", "a", "a/b", "\0", "~", "C:", "\\", "x" * 300, SAME, UP, "../..", "/..", "CON"]
    ),
    st.text(max_size=8),
)


@settings(max_examples=400)
@given(st.lists(elements, max_size=6).map(tuple), st.booleans())
@example(("a", UP), False)
def test_what_passes_stays_inside(path: PathList, sanitize: bool) -> None:
    try:
        safe = PathGuard(PathPolicy(sanitize=sanitize))(path)
    except UnsafePathError as error:
        [(_, reason)] = error.paths
        event(reason.split("'")[0])
        return
    joined = os.path.normpath(os.path.join("/base", *safe))
    assert joined == "/" + "/".join(("base", *safe)), "nothing to normalise, nothing absolute, nothing upwards"
    assert all(name.encode() and "\0" not in name for name in safe)
