"""Patterns of paths: as git matches them, whatever their form, and in linear time."""

from __future__ import annotations

import pickle
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pltpack.patterns import excluder, matcher

NAMES = ["a", "b", "ab", "a.b", "-", "[", "]", "!a", "#", "a ", " ", "1", "Z", "\\", "*", "a\nb"]
PATHS = [
    *NAMES,
    *(f"d/{name}" for name in NAMES),
    *(f"d/a.d/{name}" for name in NAMES[:6]),
    *(f"b.d/d/e/{name}" for name in NAMES[:6]),
    *("d/", "d/a.d/", "b.d/", "b.d/d/", "b.d/d/e/", "empty/", "d/empty/"),
]


@pytest.fixture(scope="module")
def repository(git: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of git, in which all the paths are there, since git looks at the disk for what is a directory."""
    place = tmp_path_factory.mktemp("repository")
    subprocess.run([git, "init", "-q", place], check=True)
    for path in PATHS:
        if path.endswith("/"):
            (place / path).mkdir(parents=True, exist_ok=True)
        else:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).touch()
    return place


def ignored(repository: Path, patterns: Sequence[str]) -> list[str]:
    """The paths that git leaves out."""
    (repository / ".git" / "info" / "exclude").write_bytes("".join(f"{line}\n" for line in patterns).encode())
    run = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n"],
        input="".join(path.rstrip("/") + "\0" for path in PATHS).encode(),
        capture_output=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    answers = [field.decode() for field in run.stdout.split(b"\0")[2::4]]
    return [path for path, pattern in zip(PATHS, answers, strict=True) if pattern and not pattern.startswith("!")]


LISTS = [
    *(["a"], ["/a"], ["d/"], ["d"], ["d/a"], ["/d/a"], ["*"], ["**"], ["*.d/"], ["a*"], ["?"], ["d/*"], ["d/**"]),
    *(["**/a"], ["**/d/a"], ["d/**/a"], ["b.d/**/e/"], ["/**"], ["/**/"], ["**/"], ["***"], ["d/***/a"], ["d/a**"]),
    *(["d/", "!d/a"], ["d/*", "!d/a"], ["!d/a", "d/"], ["*", "!*/"], ["*", "!a"], ["/*", "!/d", "/d/*", "!/d/a"]),
    *(["!"], ["\\"], ["a\\"], ["[z-a]"], ["[!z-a]"], ["["], ["[a"], ["[]"], ["[]]"], ["[!]]"], ["[a-"], ["[a\\"]),
    *(["[[:digit:]]"], ["[[:alpha:]]"], ["[![:alnum:]]"], ["[[:none:]]"], ["[[:]"], ["[[::]]"], ["[[:space:]]"]),
    *(["[[:upper:][:digit:]]"], ["[[:punct:]]"], ["[a--b]"], ["[--a]"], ["[a-]"], ["[-a]"], ["[]-a]"], ["[\\]]"]),
    *(["[^a]"], ["[!a]"], ["[a^]"], ["[a/b]"], ["d[/]a"], ["d[!x]a"], ["d\\/a"], ["\\*"], ["\\a"], ["a\\.b"]),
    *(["#"], ["\\#"], ["\\!a"], ["a "], ["a\\ "], ["a\\  "], ["a\\\\ "], [" "], ["\\ "], ["a\r"], [""], ["//"], ["/"]),
    *(["d//a"], ["d//"], ["./a"], ["../a"], ["a/"], ["*a*b*"], ["*.*"], ["?.?"], ["[a-b][.-z]b"], ["-*"], ["*-"]),
]


@pytest.mark.parametrize("patterns", LISTS, ids=" ".join)
def test_as_git_leaves_out(repository: Path, patterns: list[str]) -> None:
    decide = excluder(patterns)
    assert [path for path in PATHS if decide(path)] == ignored(repository, patterns)


@given(st.lists(st.text("abd*?[]!/\\-.^:1 ", min_size=1, max_size=9), min_size=1, max_size=4))
@example(["[[:d]"])
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_git_leaves_out_whatever_the_patterns(repository: Path, patterns: list[str]) -> None:
    decide = excluder(patterns)
    assert [path for path in PATHS if decide(path)] == ignored(repository, patterns)


@given(st.text("ab*?[]!/\\-.", max_size=12), st.text("ab-/.\n", max_size=12))
def test_one_pattern_chooses_what_it_leaves_out(pattern: str, path: str) -> None:
    assert matcher([pattern])(path) == excluder([pattern])(path)


def test_what_is_chosen_can_be_taken_back_below_a_directory() -> None:
    assert [matcher(["*", "!*.zo"])(path) for path in ("a/", "a/b.rkt", "a/b.zo")] == [True, True, False]
    assert [matcher(["d/", "!d/a"])(path) for path in ("d/", "d/a", "d/b")] == [True, False, True]
    assert not matcher([])("a")


def test_any_form_of_path() -> None:
    decide = matcher(["/a/b"])
    assert [decide(path) for path in ("./a/b", "/a/b", "a//b/", "a/./b", "", "/", ".")] == [True] * 4 + [False] * 3


def test_no_pattern_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pattern in ("[[:digit:]]", "[[a]", "[a--b]", "[a&&b]", "[a||b]", "[a~~b]", "[[[]", "[^^]", "[!-]"):
            matcher([pattern])("x")


def test_a_matcher_can_be_sent_to_another_process() -> None:
    decide = pickle.loads(pickle.dumps(matcher(["a*", "!ab"])))
    assert [decide(path) for path in ("ac", "ab")] == [True, False]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*-*-*-*-*.zo", "-" * 4000),
        ("*" + "a*" * 2000 + "b", "a" * 4000),
        ("*[ab]*?" * 500 + "c", "ab" * 2000),
        ("**/" + "a/**/" * 50 + "b", "a/" * 500),
        ("**/a*a*a*a*a*b/**/a*b", ("a" * 100 + "/") * 40),
    ],
    ids=["dashes", "stars", "brackets", "directories", "both"],
)
def test_matching_never_goes_back(pattern: str, path: str) -> None:
    """With any power of the length above the second these would run for days."""
    assert not matcher([pattern])(path)
    assert not excluder([pattern])(path)
