"""kill -9 and a full disk while a distribution site is changed: programs read what is whole, the next run completes."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.distribution.check import check_distribution
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.past import current_stamp, snapshot_stamps
from pltpack.distribution.record import record_installer, record_log
from pltpack.distribution.snapshots import manage_snapshots, take_site_snapshot
from pltpack.distribution.tables import read_tables
from pltpack.pkg.checksum import digests
from tests.site.test_kills import sweep
from tests.transaction.calls import Fault, wrapped
from tests.trees import Picture, picture

EVERY = 1 if os.environ.get("SWEEP") else 9
"""How many calls lie between two faults."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795824000")
    source = tmp_path / "source"
    source.mkdir()
    for name, text in [("racket-8.7-a.sh", "one"), ("racket-8.7-b.sh", "two"), ("new-a.sh", "three")]:
        (source / name).write_text(text)
    record_installer(tmp_path / "site", source / "racket-8.7-a.sh", "A", version="8.7")
    write_installer_page(tmp_path / "site")
    return tmp_path / "site"


def readable(site: Path) -> None:
    """Every table is whole, every file that is named is there, and is one that was recorded."""
    tables = read_tables(site)
    for description, name in tables.files.items():
        assert (site / "installers" / name).read_text() in ("one", "two", "three")
        said = tables.installers.get(description)
        assert said is not None, "what is named has sums"
        if description == "A" and said.file == "racket-8.7-a.sh":
            assert said.sha1 == digests(site / "installers/racket-8.7-a.sh").sha1
    assert (site / "index.html").read_text().endswith("</html>\n")


def changed(site: Path) -> None:
    source = site.parent / "source"
    record_installer(site, source / "racket-8.7-b.sh", "B", log=source / "new-a.sh")
    record_installer(site, source / "new-a.sh", "A", version="8.7")
    write_installer_page(site)


def test_kills_while_recording(site: Path) -> None:
    assert sweep(site, lambda: changed(site), lambda: readable(site)) > 3
    assert check_distribution(site, installers=False).counts["error"] == 0
    assert read_tables(site).files == {"A": "new-a.sh", "B": "racket-8.7-b.sh"}


def test_kills_while_keeping_snapshots(site: Path, tmp_path: Path) -> None:
    snaps = tmp_path / "snaps"
    take_site_snapshot(site, snaps, stamp="20261101")
    record_log(site, tmp_path / "source/new-a.sh", "B")

    def check() -> None:
        for stamp in snapshot_stamps(snaps):
            readable(snaps / stamp)
        assert current_stamp(snaps) is not None

    def work() -> None:
        if "20261120" not in snapshot_stamps(snaps):
            take_site_snapshot(site, snaps, stamp="20261120")
        manage_snapshots(snaps, keep=1, current="20261120")

    assert sweep(snaps, work, check) > 3
    assert snapshot_stamps(snaps) == ["20261120"]
    assert check_distribution(snaps, installers=False).counts["error"] == 0


def without_state(folder: Path) -> Picture:
    return {path: one for path, one in picture(folder).items() if not path.startswith(".site") and "/.LOCK" not in path}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("what", ["record", "page", "snapshot", "snapshots"])
def test_faults_leave_what_was_there(site: Path, tmp_path: Path, what: str, number: int) -> None:
    source, snaps = tmp_path / "source", tmp_path / "snaps"
    for stamp in ("1", "2"):
        take_site_snapshot(site, snaps, stamp=stamp)
    (site / "site.toml").write_text('[site]\ntitle = "Another"\n')
    works: dict[str, tuple[Path, Callable[[], object]]] = {
        "record": (site, lambda: record_installer(site, source / "racket-8.7-b.sh", "B", log=source / "new-a.sh")),
        "page": (site, lambda: write_installer_page(site)),
        "snapshot": (snaps, lambda: take_site_snapshot(site, snaps, stamp="3")),
        "snapshots": (snaps, lambda: manage_snapshots(snaps, keep=1)),
    }
    folder, work = works[what]
    saved = tmp_path / "saved"
    shutil.copytree(folder, saved, symlinks=True)
    before = without_state(folder)
    work()
    done = without_state(folder)
    shutil.rmtree(folder)
    shutil.copytree(saved, folder, symlinks=True)
    failed = 0
    for nth in range(1, 10_000, EVERY):
        fault = Fault(nth, number)
        with wrapped(fault):
            try:
                work()
            except OSError:
                failed += 1
                after = without_state(folder)
                if what in ("record", "page"):
                    # A lock that cannot be closed is an error, too, when all is done.
                    assert after in (before, done), (nth, fault.failed)
                for stamp in snapshot_stamps(snaps):
                    readable(snaps / stamp)
        if fault.failed is None:
            break
        shutil.rmtree(folder)
        shutil.copytree(saved, folder, symlinks=True)
    assert failed > 1
    assert check_distribution(folder, installers=False).counts["error"] == 0
