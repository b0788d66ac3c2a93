"""``site check``: every kind of finding is found, and a sound site has none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.distribution.check import check_distribution
from pltpack.distribution.origin import put_origin
from pltpack.distribution.packages import put_site_packages
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import record_installer, record_log
from pltpack.distribution.snapshots import manage_snapshots, take_site_snapshot
from pltpack.errors import PltError
from pltpack.pkg.create import create_package
from pltpack.site.checks.findings import sarif
from tests.distribution.made import SMALL, shell_installer, tgz
from tests.site.trees import package


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with all that there can be, and nothing wrong."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "x.sh").write_bytes(shell_installer(tgz(SMALL)))
    (folder / "x.asc").write_bytes(b"signed")
    site = folder / "site"
    record_installer(site, folder / "x.sh", "Linux", signature=folder / "x.asc", version="8.7")
    record_log(site, folder / "x.asc", "Mac")
    (folder / "pkgs").mkdir()
    create_package(package(folder, "apple"), dest=folder / "pkgs")
    put_site_packages(site, source=folder / "pkgs")
    put_site_packages(site, source=folder / "pkgs", version="9.0")
    (folder / "collects/racket").mkdir(parents=True)
    put_origin(site, folder / "collects")
    write_installer_page(site)
    return site


@pytest.fixture
def site(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "site", symlinks=True)
    return tmp_path / "site"


def test_a_sound_site_has_no_findings(sound: Path) -> None:
    report = check_distribution(sound)
    assert [finding.line() for finding in report.findings] == []
    assert (report.packages, report.archives) == (1, 1)


def write(path: str, data: bytes) -> Callable[[Path], object]:
    return lambda site: (site / path).write_bytes(data)


def remove(path: str) -> Callable[[Path], object]:
    return lambda site: (site / path).unlink()


def replaced(path: str, old: bytes, new: bytes) -> Callable[[Path], object]:
    def change(site: Path) -> None:
        data = (site / path).read_bytes()
        assert old in data
        (site / path).write_bytes(data.replace(old, new))

    return change


def damaged_and_recorded(site: Path) -> None:
    data = (site / "installers/x.sh").read_bytes()
    (site / "installers/x.sh").write_bytes(data[:-20])
    record_installer(site, site / "installers/x.sh", "Linux")


def odd_and_recorded(site: Path) -> None:
    (site / "installers/x.sh").write_bytes(shell_installer(tgz({"bin/": b""})))
    record_installer(site, site / "installers/x.sh", "Linux")


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("table-missing", remove("installers/table.rktd")),
    ("table-missing", remove("installers/installers.json")),
    ("table-unreadable", write("installers/table.rktd", b"(bad")),
    ("table-unreadable", write("installers/installers.rktd", b'#hash(("Linux" . 1))')),
    ("table-differs", write("installers/table.json", b"{}")),
    ("table-differs", write("installers/table.json", b"[" * 100_000)),
    ("table-differs", replaced("installers/table.rktd", b"Linux", b"Lunix")),
    ("table-differs", replaced("installers/table.rktd", b"x.sh", b"y.sh")),
    ("version-missing", remove("installers/version.rktd")),
    ("installer-missing", remove("installers/x.sh")),
    ("installer-unsafe", replaced("installers/table.rktd", b"x.sh", b"../x.sh")),
    ("installer-unrecorded", write("installers/other.sh", b"")),
    ("installer-damaged", damaged_and_recorded),
    ("installer-odd", odd_and_recorded),
    ("sums-missing", replaced("installers/installers.rktd", b"(filename ", b"(file ")),
    ("sums-wrong", write("installers/x.sh", b"x")),
    ("log-missing", remove("log/Mac")),
    ("link-broken", lambda site: (site / "installers/l.sh").symlink_to("none")),
    ("link-broken", replaced("index.html", b"README", b"none")),
    ("origin-damaged", write("origin/collects.tgz", b"\x1f\x8b")),
    ("page-missing", remove("index.html")),
    ("page-missing", remove("README")),
    ("page-stale", write("README", b"old")),
    ("page-stale", write("site.toml", b"[site]\nreadme = 'none'\n")),
    ("archive-missing", lambda site: next(site.glob("pkgs/*/*/apple.zip")).unlink()),
    ("archive-missing", remove("9.0/pkgs/apple.zip")),
    ("checksum-wrong", write("9.0/pkgs/apple.zip", b"PK")),
    ("list-missing", remove("catalog/pkgs")),
]


@pytest.mark.parametrize(("kind", "break_it"), FAULTS, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(FAULTS)])
def test_every_fault_is_found(site: Path, kind: str, break_it: Callable[[Path], object]) -> None:
    break_it(site)
    report = check_distribution(site)
    assert kind in {finding.kind for finding in report.findings}, [finding.line() for finding in report.findings]
    assert json.loads(json.dumps(sarif(report, "1", "x")))["runs"][0]["tool"]["driver"]["name"] == "x"


def test_snapshots_are_checked_each(site: Path, tmp_path: Path) -> None:
    snaps = tmp_path / "snaps"
    for stamp in ("1", "2"):
        take_site_snapshot(site, snaps, stamp=stamp)
    manage_snapshots(snaps)
    assert check_distribution(snaps).findings == ()
    (snaps / "1/installers/x.sh").unlink()
    os.replace(snaps / "current", snaps / "old")
    (snaps / "current").symlink_to("none")
    assert {(finding.kind, finding.place) for finding in check_distribution(snaps).findings} >= {
        ("installer-missing", "1/installers/x.sh"), ("link-broken", "current")
    }  # fmt: skip
    with pytest.raises(PltError, match="no distribution site"):
        check_distribution(site / "log")
