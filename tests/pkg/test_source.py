"""Package sources against the recorded answers of Racket, and the parts that Racket's function does not return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import PackageError
from pltpack.pkg.source import Repository, SourceType, parse_source

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pkg"
CASES: list[dict[str, Any]] = json.loads((FIXTURES / "package-sources.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['source']} as {case['given_type']}")
def test_recorded_sources(case: dict[str, Any]) -> None:
    source = parse_source(case["source"], type=case["given_type"] or None, strict=False)
    assert (source.name or False, source.type or False) == (case["name"], case["type"])
    assert (source.problem is not None) == case["complaint"]
    if case["complaint"]:
        with pytest.raises(PackageError):
            parse_source(case["source"], type=case["given_type"] or None)


def test_all_recorded_sources_are_there() -> None:
    assert len(CASES) == 198


@pytest.mark.parametrize(
    ("text", "type", "expected"),
    [
        ("git://h:99/u/r.git?path=a/b#dev", None, Repository("git", "h", 99, "u/r.git", "dev", ("a", "b"))),
        ("https://h/u/r.git", None, Repository("https", "h", None, "u/r.git", None, ())),
        ("git+https://h/u/r/", None, Repository("https", "h", None, "u/r", None, ())),
        ("u/r.git?path=/p/#v1", "github", Repository("https", "github.com", None, "u/r", "v1", ("p",))),
        ("github://github.com/u/r/main/p/q", None, Repository("https", "github.com", None, "u/r", "main", ("p", "q"))),
    ],
)
def test_repository(text: str, type: SourceType | None, expected: Repository) -> None:
    assert parse_source(text, type=type).repository == expected


def test_commit_is_a_checksum() -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert parse_source(f"https://h/r.git#{commit}").checksum == commit
    assert parse_source("https://h/r.git#v1.0").checksum is None


def test_where_the_checksum_is_looked_for() -> None:
    assert parse_source("x/a.zip").checksum_at == "x/a.zip.CHECKSUM"
    assert parse_source("http://h/a.zip").checksum_at == "http://h/a.zip.CHECKSUM"
    assert parse_source("http://h/a/").checksum_at == "http://h/a/.CHECKSUM"
    assert parse_source("x/a").checksum_at is None


def test_local_paths_are_decoded() -> None:
    assert parse_source("file:///tmp/a%20b/c.zip?x=1#y").path == Path("/tmp/a b/c.zip")
    assert parse_source("../a").path == Path("../a")


@pytest.mark.parametrize("text", ["file:///a%2Fb", "file:///%2e%2e", "file:///a%00"])
def test_elements_that_no_file_can_have(text: str) -> None:
    with pytest.raises(PackageError, match="no file name can be"):
        parse_source(text)


def test_a_given_name_needs_no_inference() -> None:
    assert parse_source("a b.zip", name="ab").name == "ab"
    with pytest.raises(PackageError, match="unrecognized URL scheme"):
        parse_source("ftp://h/a", name="ab")


def test_links_on_demand() -> None:
    assert parse_source("a/b", link_dirs=True).type == "link"


def test_unknown_type_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no such type"):
        parse_source("a", type="tarball")  # type: ignore[arg-type]
