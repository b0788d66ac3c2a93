"""Links files and collections: the recorded answers of Racket, and what its messages lack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pltpack.datum.values import Regexp
from pltpack.errors import ConfigError, UnknownCollectionError
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.installation import Installation
from pltpack.racket.links import LinksFile, parse_links
from pltpack.racket.regexp import matches_version
from tests.racket.directories_corpus import cases

LAYOUT = ("cols/one", "cols/two", "cols/ver", "cols/rootA/alpha", "cols/rootA/beta/sub", "cols/rootB/alpha")


def world(tmp_path: Path, links: str | None = None, collects_dirs: tuple[str, ...] = ()) -> CollectionIndex:
    """The directories of the recorded cases, with an installation that has them."""
    main = ("root/collects/json",)
    for name in (*LAYOUT, "cols/rootB/gamma", *main, *(f"add/8.7/collects/{name}" for name in collects_dirs)):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "add/8.7").mkdir(parents=True, exist_ok=True)
    if links is not None:
        (tmp_path / "add/8.7/links.rktd").write_text(links)
    return CollectionIndex(
        Installation.discover(
            version="8.7",
            addon_dir=tmp_path / "add",
            collects_dir=tmp_path / "root/collects",
            environ={"HOME": str(tmp_path), "PATH": ""},
            platform="linux",
        )
    )


@pytest.mark.parametrize("case", cases("links-cases.json"), ids=lambda case: case["label"])
def test_recorded(case: dict[str, Any], tmp_path: Path) -> None:
    index = world(tmp_path, case["links"], tuple(case["collects_dirs"]))
    names = {"$W": str(tmp_path), "$ROOT": str(tmp_path / "root")}
    for collection, recorded in case["results"]:
        expected = recorded
        for name, path in names.items():
            expected = expected and expected.replace(name, path)
        found = index.find(collection)
        assert found == (Path(expected) if expected else None), collection
    assert bool(index.problems) == case["label"].startswith("bad:")


@pytest.mark.parametrize(
    "collection",
    ["one/", "one//", ("one",), ["one"], "json", ("rootless", "../cols", "one"), "one/.", ("one", "../one")],
)
def test_spellings(collection: str, tmp_path: Path) -> None:
    index = world(tmp_path, '(("one" "../../cols/one") ("rootless" "../../cols"))')
    assert index.find(collection) is not None


@pytest.mark.parametrize("collection", ["", (), ("",), ("one", ""), ("/one",), ("one", "/x"), "one\0", ("a\0",)])
def test_not_collection_paths(collection: str, tmp_path: Path) -> None:
    index = world(tmp_path, '(("one" "../../cols/one"))')
    assert index.find(collection) is None
    with pytest.raises(UnknownCollectionError, match="not a collection path"):
        index.path(collection)


def test_a_file_is_no_collection(tmp_path: Path) -> None:
    index = world(tmp_path)
    (tmp_path / "root/collects/file").touch()
    (tmp_path / "root/collects/json/file").touch()
    assert index.find("file") is None
    assert index.find("json/file") is None


def test_given_directories_come_first(tmp_path: Path) -> None:
    (tmp_path / "mine/json").mkdir(parents=True)
    index = world(tmp_path)
    assert CollectionIndex(index.installation, [tmp_path / "mine"]).find("json") == tmp_path / "mine/json"


def test_unknown_collection_says_where_it_was_searched(tmp_path: Path) -> None:
    index = world(tmp_path, "(one)")
    with pytest.raises(UnknownCollectionError) as caught:
        index.path(("no", "such"))
    message = str(caught.value)
    for part in ("no/such", "add/8.7/collects", "root/collects", "add/8.7/links.rktd (ignored", "--collects DIR"):
        assert part in message


def test_subcollections_of_several_directories(tmp_path: Path) -> None:
    index = world(tmp_path)
    (tmp_path / "add/8.7/collects/json").mkdir(parents=True)
    (tmp_path / "root/collects/json/tests").mkdir()
    assert index.find("json") == tmp_path / "add/8.7/collects/json"
    assert index.find("json/tests") == tmp_path / "root/collects/json/tests"


def test_missing_static_root_spoils_the_file(tmp_path: Path) -> None:
    index = world(tmp_path, '((static-root "../../nowhere") ("one" "../../cols/one"))')
    assert index.find("one") is None
    assert "nowhere" in str(index.problems[0])


def test_links_file_that_is_a_directory(tmp_path: Path) -> None:
    assert LinksFile.read(tmp_path, "8.7") == LinksFile(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('(("a" "x" #rx"("))', "links"),
        ('(("a" "x") ("b" ""))', "entry 2"),
        ('(("a" (#"x" down)))', "entry 1"),
        ('(("a" (#"x" #"")))', "entry 1"),
        ('(("a" (#".")))', "entry 1"),
        ('((#"a" "x"))', "entry 1"),
    ],
)
def test_problems_name_the_entry(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_links(text.encode(), Path("/d/links.rktd"), "8.7")


@pytest.mark.parametrize(
    ("source", "perl", "version", "expected"),
    [
        ("^8", False, "8.7", True),
        ("^8[.]7$", False, "8.7", True),
        ("^8[.]7$", False, "8.7.0.1", False),
        ("8\\.7", False, "817", False),
        ("[\\.]", False, "8.7", True),
        ("\\d", False, "8.7", False),
        ("\\d+\\.\\d+", True, "8.7", True),
        ("8{1}", False, "8.7", False),
        ("^8{2}", True, "88.7", True),
        ("[]7]", False, "8.7", True),
        ("[^]8.]", False, "8.7", True),
        ("[^]87.]", False, "8.7", False),
        ("[[:digit:]]{2}", True, "8.10", True),
        ("[[:alpha:]]", True, "8.10", False),
        ("\\p{Nd}\\p{P}", True, "8.7", True),
        ("[\\p{^N}]7", True, "8.7", None),
        ("\\P{N}8", True, "8.7", False),
        ("(?i:8)(?=\\.)(?!=7)", False, "8.7", True),
        ("(.)\\.\\1", True, "8.8", True),
        ("(?<=8)[.](?>7)", False, "8.7", True),
        ("(?mode:8)", False, "8.7", None),
        ("(", False, "8.7", None),
        ("*", False, "8.7", None),
    ],
)
def test_versions(source: str, perl: bool, version: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="not a regular expression"):
            matches_version(Regexp(source, perl), version)
    else:
        assert matches_version(Regexp(source, perl), version) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (".?" * 800 + "x", False),
        (".?" * 800 + "$", True),
        ("(?:.?.?.?){200}x", None),
        ("(?:(?:.{50}){50}){50}x", False),
        ("(?:8|8|8|8)*(?:8|8)*x", False),
        ("(?:8|8|[.]|7)*(?:.|.)*(?:.|.)*(?:.|.)*x", False),
        ("(.)(.)?(?=(?=(?=(?=.*).*).*).*)\\1\\2x", False),
        ("(?:" * 150 + "8" + ")" * 150, True),
        ("8|" * 5000 + "8", True),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else str(value),
)
def test_expressions_take_linear_time(source: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="not a regular expression"):
            matches_version(Regexp(source, perl=True), "8.10.0.4")
    else:
        assert matches_version(Regexp(source, perl=True), "8.10.0.4") is expected


@pytest.mark.parametrize(
    "source",
    [
        "(?:8)?" * 200_000,
        "(?:" * 201 + "8" + ")" * 201,
        "((((((.{9}){9}){9}){9}){9}){9})",
        "(.?)" * 60 + "".join(f"\\{number}" for number in range(1, 61)) + "x",
    ],
    ids=["long", "deep", "times times", "groups"],
)
def test_expressions_that_take_too_long_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"takes too long|nested too deeply"):
        matches_version(Regexp(source, perl=True), "8.10.0.4" * 4)


def test_all_expressions_of_a_file_share_their_time() -> None:
    entry = f'("a" "x" #px"{".?" * 800}x")'
    assert parse_links(f"({entry * 2})".encode(), Path("/d/links.rktd"), "8.7") == []
    with pytest.raises(ConfigError, match=r"entry [0-9]+: a regular expression that takes too long"):
        parse_links(f"({entry * 200})".encode(), Path("/d/links.rktd"), "8.7")
