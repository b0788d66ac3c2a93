"""kill -9 while a site is changed: at every moment a client finds a whole catalog, and the next run completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.pkg.checksum import digests
from pltpack.site.build import build_site
from pltpack.site.publishing.publish import publish_site
from pltpack.site.retention import prune_site
from pltpack.site.snapshots import stamps, take_snapshot
from pltpack.site.write import locked
from tests.site.trees import package, small_site
from tests.transaction.calls import Kill, in_child, wrapped
from tests.trees import files_in

STEPS = 1 if os.environ.get("SWEEP") else 12
"""How many calls lie between two kills."""


def served(catalog: Path) -> dict[str, bytes]:
    """What a client gets of each package: it is there as the record says."""
    found = {}
    for name, record in open_catalog(catalog, absolute=False).records().items():
        assert record.source is not None
        archive = catalog / record.source
        found[name] = archive.read_bytes()
        assert archive.parent.name == record.checksum
    return found


def sweep(site: Path, work: Callable[[], object], check: Callable[[], object]) -> int:
    """Kill ``work`` at one call after the other, each time on a copy of the site that goes to its place."""
    saved = site.with_name("saved")
    shutil.copytree(site, saved, symlinks=True)
    for kills, nth in enumerate(range(1, 100_000, STEPS)):
        shutil.rmtree(site)
        shutil.copytree(saved, site, symlinks=True)

        def killed(nth: int = nth) -> None:
            with wrapped(Kill(nth)):
                work()

        code = in_child(killed)
        check()
        if code == 0:
            return kills
        assert code == -signal.SIGKILL
        work()
        check()
    raise AssertionError("there is no end")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795824000")
    return small_site(tmp_path)


def test_while_building(site: Path, tmp_path: Path) -> None:
    old = served(site / "catalog")
    apple = package(tmp_path / "src", "apple", {"new.rkt": "#lang racket/base\n"})
    plum = package(tmp_path / "src", "plum")
    other = tmp_path / "other"
    build_site(other, [apple, plum])
    new = served(other / "catalog")

    def check() -> None:
        found = served(site / "catalog")
        assert found.keys() >= old.keys()
        assert all(data in (old.get(name), new.get(name)) for name, data in found.items())

    assert sweep(site, lambda: build_site(site, [apple, plum]), check) > 3
    assert served(site / "catalog") == old | new


def test_what_a_client_has_read_is_there_when_all_is_taken_back(site: Path, tmp_path: Path) -> None:
    """Between the record and the archive that a client asks for, somebody may take back a build that was killed."""
    apple = package(tmp_path / "src", "apple", {"new.rkt": "#lang racket/base\n"})
    before = served(site / "catalog")
    place = site / "catalog/pkg/apple"
    old = place.read_bytes()

    def kill(_name: str, original: Callable[..., object], arguments: Any, options: Any) -> object:
        result = original(*arguments, **options)
        if place.read_bytes() != old:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def killed() -> None:
        with wrapped(kill):
            build_site(site, [apple])

    assert in_child(killed) == -signal.SIGKILL
    record = open_catalog(site / "catalog", absolute=False)["apple"]
    assert record.source is not None
    with locked(site):
        assert served(site / "catalog") == before, "all is taken back"
        assert digests(site / "catalog" / record.source).sha1 == record.checksum


def test_while_freezing_and_pruning(site: Path) -> None:
    take_snapshot(site, "2026-11-01")

    def check() -> None:
        served(site / "catalog")
        for stamp in stamps(site):
            assert served(site / "snapshots" / stamp / "catalog").keys() == {"apple", "pear"}
        assert served(site / "snapshots/current/catalog")

    def freeze() -> None:
        if "2026-11-20" not in stamps(site):
            take_snapshot(site, "2026-11-20")
        prune_site(site, keep=1, grace_days=0)

    assert sweep(site, freeze, check) > 2
    assert stamps(site) == ["2026-11-20"]


def test_while_publishing(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish_site(site, str(out))
    build_site(site, [package(tmp_path / "src", "apple", {"new.rkt": ""}), package(tmp_path / "src", "plum")])
    for place in (site, out):
        shutil.copytree(place, tmp_path / "before" / place.name)
    chance = random.Random(7)
    for _ in range(20):
        for place in (site, out):
            shutil.rmtree(place)
            shutil.copytree(tmp_path / "before" / place.name, place)
        nth = chance.randrange(1, 400)

        def killed(nth: int = nth) -> None:
            with wrapped(Kill(nth)):
                publish_site(site, str(out))

        in_child(killed)
        assert served(out / "catalog").keys() >= {"apple", "pear"}
        publish_site(site, str(out))
        assert served(out / "catalog").keys() == {"apple", "pear", "plum"}
    published = {path for path in files_in(out) if not path.rpartition("/")[2].startswith(".")}
    assert published == {path for path in files_in(site) if not path.startswith(".site/")}
