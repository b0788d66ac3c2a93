"""Advisories in the OSV format, and what they say of a lock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pltpack.errors import FormatError
from pltpack.lock.values import Lock
from pltpack.supply.audit import audit_lock
from pltpack.supply.osv import Advisory, read_advisories
from tests.supply.locks import COMMIT, GAMES, LOCK

REPOSITORY = "https://github.com/ADA/cards"


def advisory(affected: dict[str, Any], **more: Any) -> Advisory:
    return msgspec.convert({"id": "OSV-1", "affected": [affected], **more}, Advisory)


def named(*events: dict[str, str], versions: tuple[str, ...] = (), type: str = "ECOSYSTEM") -> dict[str, Any]:
    ranges = [{"type": type, "events": list(events)}] if events else []
    return {"package": {"ecosystem": "Racket", "name": "games"}, "ranges": ranges, "versions": list(versions)}


def commits(*events: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"ranges": [{"type": "GIT", "repo": REPOSITORY, "events": list(events)}], **more}


def purl(text: str) -> dict[str, Any]:
    return {"package": {"ecosystem": "Other", "name": "x", "purl": text}}


@pytest.mark.parametrize(
    ("affected", "standing"),
    [
        (named(), "certain"),
        (named({"introduced": "0"}), "certain"),
        (named({"introduced": "1.9"}), "certain"),
        (named({"introduced": "1.10"}), "certain"),
        (named({"introduced": "1.10.0.0"}), "certain"),
        (named({"introduced": "1.11"}), None),
        (named({"introduced": "0"}, {"fixed": "1.10"}), None),
        (named({"introduced": "0"}, {"fixed": "1.9"}), None),
        (named({"introduced": "0"}, {"fixed": "1.9"}, {"introduced": "1.9.5"}), "certain"),
        (named({"introduced": "0"}, {"fixed": "1.11"}, type="SEMVER"), "certain"),
        (named({"introduced": "0"}, {"last_affected": "1.10"}), "certain"),
        (named({"introduced": "0"}, {"last_affected": "1.9"}), None),
        (named({"fixed": "2.0"}, {"introduced": "1.0"}), "certain"),
        (named({"introduced": "one"}), "possible"),
        (named(versions=("1.10",)), "certain"),
        (named(versions=("1.1",)), None),
        ({"package": {"ecosystem": "racket:pkgs", "name": "games"}}, "certain"),
        ({"package": {"ecosystem": "Racket", "name": "Games"}}, None),
        ({"package": {"ecosystem": "PyPI", "name": "games"}}, None),
        (purl("pkg:generic/racket/games"), "certain"),
        (purl("pkg:generic/games"), "certain"),
        (purl("pkg:racket/g%61mes?x=y"), "certain"),
        (purl("pkg:generic/games@1.10"), "certain"),
        (purl("pkg:generic/games@1.9"), None),
        (purl("pkg:pypi/games"), None),
        (commits({"introduced": "0"}), "certain"),
        (commits({"introduced": COMMIT}), "certain"),
        (commits({"introduced": "0"}, {"fixed": COMMIT}), None),
        (commits({"introduced": "0"}, {"fixed": "a" * 40}), "possible"),
        (commits({"introduced": "0"}, {"last_affected": COMMIT}), "certain"),
        (commits({"introduced": "0"}, {"fixed": "a" * 40}, versions=[COMMIT]), "certain"),
        ({"ranges": [{"type": "GIT", "repo": "https://github.com/eve/cards", "events": [{"introduced": "0"}]}]}, None),
    ],
)
def test_what_is_affected(affected: dict[str, Any], standing: str | None) -> None:
    found = audit_lock(LOCK, [advisory(affected)])
    assert ["certain" if one.certain else "possible" for one in found] == ([standing] if standing else [])


def test_what_a_finding_says() -> None:
    known = advisory(named({"introduced": "0"}, {"fixed": "2.0"}), summary="bad dice", aliases=["CVE-1"])
    (finding,) = audit_lock(LOCK, [known, known])
    assert str(finding) == "games 1.10 is affected by OSV-1: bad dice; fixed in 2.0"
    assert audit_lock(LOCK, [known], ignore={"CVE-1"}) == []
    assert audit_lock(LOCK, [msgspec.structs.replace(known, withdrawn="2026-01-01T00:00:00Z")]) == []


def test_files_and_folders(tmp_path: Path) -> None:
    one, two, three = ({"id": name, "modified": "2026-01-01T00:00:00Z", "database_specific": {}} for name in "abc")
    (tmp_path / "sub").mkdir()
    (tmp_path / "one.json").write_text("\ufeff" + json.dumps(one))
    (tmp_path / "sub/two.json").write_text(json.dumps([two]))
    (tmp_path / "three.json").write_text(json.dumps({"vulns": [three]}))
    (tmp_path / "readme.md").write_text("no advisory")
    assert [known.id for known in read_advisories(tmp_path)] == ["a", "c", "b"]
    assert [known.id for known in read_advisories(tmp_path / "sub/two.json")] == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "5", "null", '{"id": ""}', '{"id": "a", "affected": 5}', '{"vulns": 5}', '{"id": "a"', '"\\ud800"'),
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"id": "a", "x": ' + "[" * 100_000,
    ],
)
def test_what_are_no_advisories(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FormatError, match="OSV") as caught:
        list(read_advisories(tmp_path / "x.json"))
    assert caught.value.file == str(tmp_path / "x.json")


def test_a_version_of_several_blocks() -> None:
    other = msgspec.structs.replace(GAMES, version="2.0", racket=("8.10",))
    both: Lock = msgspec.structs.replace(LOCK, packages=(msgspec.structs.replace(GAMES, racket=("8.7",)), other))
    found = audit_lock(both, [advisory(named({"introduced": "0"}, {"fixed": "2.0"}))])
    assert [one.part.block.version for one in found] == ["1.10"]
