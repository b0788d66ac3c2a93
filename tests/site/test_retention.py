"""Which snapshots and archives stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import PltError
from pltpack.pkg.create import create_package
from pltpack.site.build import build_site
from pltpack.site.publishing.publish import publish_site
from pltpack.site.retention import kept_by_number, kept_by_weeks, prune_site
from pltpack.site.snapshots import stamps, take_snapshot
from pltpack.site.state import read_states
from tests.site.trees import package, small_site

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures/site/prune-weeks.json").read_text("utf-8")
)
DAY = 86400


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['weeks']}-{len(case['snapshots'])}-{case['now']}")
def test_weeks_are_counted_as_by_the_original(case: dict[str, Any]) -> None:
    now = datetime.fromtimestamp(case["now"], UTC)
    if "error" in case["kept"]:
        with pytest.raises(ValueError, match=r"does not begin with a date|day|month"):
            kept_by_weeks(case["snapshots"], case["weeks"], now)
    else:
        assert kept_by_weeks(case["snapshots"], case["weeks"], now) == case["kept"]


def test_the_current_snapshot_stays_whatever_its_name() -> None:
    assert kept_by_number(["a", "c", "b"], 2) == ["c", "b"]
    assert kept_by_number(["a", "c", "b"], 1, current="a") == ["c", "a"]


def at(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1795824000 + day * DAY))


def archives(site: Path) -> set[str]:
    return {path.name for path in site.glob("pkgs/*/*/*") if not path.name.endswith(".CHECKSUM")}


def test_archives_go_when_nobody_needs_them_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 0)
    site = small_site(tmp_path)
    first = set(site.glob("pkgs/*/*/apple.zip"))
    take_snapshot(site)
    at(monkeypatch, 1)
    build_site(site, [package(tmp_path / "src", "apple", {"main.rkt": "#lang racket/base\n(display 2)\n"})])
    assert len(list(site.glob("pkgs/*/*/apple.zip"))) == 2

    pruned = prune_site(site)
    assert (pruned.snapshots, pruned.archives, pruned.waiting) == ([], [], []), "the snapshot needs it"

    at(monkeypatch, 2)
    take_snapshot(site)
    pruned = prune_site(site, keep=1)
    assert pruned.snapshots == ["2026-11-28"]
    assert pruned.archives == []
    assert [path.rpartition("/")[2] for path in pruned.waiting] == ["apple.zip"]
    assert stamps(site) == ["2026-11-30"]
    assert all(path.exists() for path in first)

    at(monkeypatch, 8)
    assert prune_site(site).archives == []
    at(monkeypatch, 9)
    pruned = prune_site(site, dry_run=True)
    assert [path.rpartition("/")[2] for path in pruned.archives] == ["apple.zip"]
    assert all(path.exists() for path in first)
    assert prune_site(site).archives == pruned.archives
    assert not any(path.exists() for path in first)
    assert len(list(site.glob("pkgs/*/*/apple.zip"))) == 1
    states = read_states(site)
    assert all(state.archive and (site / state.archive).exists() for state in states.values())


def test_what_is_no_snapshot_is_neither_counted_nor_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = small_site(tmp_path)
    for day in range(4):
        at(monkeypatch, day)
        take_snapshot(site)
    (site / "snapshots" / "doc").mkdir()
    (site / "snapshots" / "2026-99").mkdir()
    assert prune_site(site, keep=2).snapshots == ["2026-11-28", "2026-11-29"]
    assert {path.name for path in (site / "snapshots").iterdir()} == {
        "2026-11-30", "2026-12-01", "current", "doc", "2026-99"
    }  # fmt: skip
    assert prune_site(site, weeks=0).snapshots == []


def test_an_archive_that_is_needed_again_is_not_counted_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 0)
    old = create_package(package(tmp_path / "one", "apple"), dest=tmp_path / "one").path
    new = create_package(package(tmp_path / "two", "apple", {"new.rkt": ""}), dest=tmp_path / "two").path
    site = tmp_path / "site"
    build_site(site, [old])
    build_site(site, [new])
    assert len(prune_site(site).waiting) == 1
    at(monkeypatch, 5)
    build_site(site, [old])
    assert len(prune_site(site).waiting) == 1, "the newer one now"
    at(monkeypatch, 8)
    build_site(site, [new])
    assert prune_site(site).archives == []


@pytest.mark.parametrize(
    "work",
    [take_snapshot, prune_site, lambda site: publish_site(site, f"{site}-out")],
    ids=["snapshot", "prune", "publish"],
)
def test_a_mistyped_site_is_refused_and_not_made(tmp_path: Path, work: Callable[[Path], object]) -> None:
    with pytest.raises(PltError, match="there is no catalog"):
        work(tmp_path / "mistyped")
    assert not (tmp_path / "mistyped").exists()
