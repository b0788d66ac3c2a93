"""The packages of distribution sites: closures, several versions, builds that become one site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pltpack.catalog.directory_writer import catalog_files
from pltpack.catalog.locations import open_catalog
from pltpack.catalog.record import Record, read_first, records_of
from pltpack.distribution.merge import merge_builds
from pltpack.distribution.origin import check_origin, put_origin
from pltpack.distribution.packages import merge_version, put_site_packages
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import record_installer, record_log
from pltpack.distribution.tables import read_tables
from pltpack.errors import EntryExistsError, FormatError, PackageError, PltError, SourceError, UnknownPackageError
from pltpack.pkg.create import create_package
from pltpack.site.build import build_site
from tests.site.trees import INFO, package, small_site

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures/distribution/tables.json").read_text("utf-8")
)["merge_catalog"]


def test_versions_are_merged_as_by_the_original() -> None:
    before = records_of(read_first(GOLDEN["before"]["site/catalog/pkgs-all"].encode()))
    extra = records_of(read_first(GOLDEN["extra"]["site/catalog/pkgs-all"].encode()))
    after = dict(before)
    for name, record in extra.items():
        after[name] = merge_version(before[name], record, GOLDEN["version"], f"../9.0/pkgs/{name}.zip")
    files = {"/".join(path): text.decode() + "\n" for path, text in catalog_files(after)}
    for path, text in GOLDEN["after"].items():
        assert files[path.removeprefix("site/catalog/")] == text


def built(folder: Path, *names: str, more: str = "") -> Path:
    """A folder of archives, as a build leaves it; each package needs the one before."""
    (folder / "pkgs").mkdir(parents=True)
    before = "base"
    for name in names:
        source = package(folder / "src", name, info=f'{INFO}(define deps (quote ("{before}")))\n{more}')
        create_package(source, dest=folder / "pkgs")
        before = name
    return folder


def test_only_what_chosen_packages_need_is_taken(tmp_path: Path) -> None:
    folder = built(tmp_path / "built", "a", "b", "c", "d")
    site = tmp_path / "site"
    put_site_packages(site, ["c"], source=folder, dry_run=True)
    assert not site.exists()
    assert put_site_packages(site, ["c"], source=folder).added == ["a", "b", "c"]
    assert put_site_packages(site, ["c"], source=folder).unchanged == ["a", "b", "c"]
    write_installer_page(site)
    assert 'href="packages.html"' in (site / "index.html").read_text()
    with pytest.raises(UnknownPackageError):
        put_site_packages(site, ["none"], source=folder)
    with pytest.raises(PackageError, match="no packages"):
        put_site_packages(site, source=site / "catalog")
    other = tmp_path / "other"
    (other).mkdir()
    (other / "site.toml").write_text('[packages]\nchoose = ["b"]\n')
    assert put_site_packages(other, source=site).added == ["a", "b"], "another site is a folder of packages, too"


def test_packages_for_one_version(tmp_path: Path) -> None:
    site = tmp_path / "site"
    put_site_packages(site, source=built(tmp_path / "one", "a", "b"))
    later = built(tmp_path / "two", "a", more='(define pkg-desc "later")\n')
    assert put_site_packages(site, source=later, version="9.0").updated == ["a"]
    assert put_site_packages(site, source=later, version="9.0").unchanged == ["a"]
    record = open_catalog(site / "catalog", absolute=False).records()["a"]
    new = record.for_version("9.0")
    assert new.source == "../9.0/pkgs/a.zip"
    assert new.description == "later"
    assert (site / "9.0/pkgs/a.zip").read_bytes() == (later / "pkgs/a.zip").read_bytes()
    assert (site / "9.0/pkgs/a.zip.CHECKSUM").read_text() == new.checksum != record.checksum
    assert record.for_version("8.7").source == record.source
    assert build_site(site).written.paths == []
    with pytest.raises(PackageError, match="does not have z"):
        put_site_packages(site, source=built(tmp_path / "three", "z"), version="9.0")
    with pytest.raises(PltError, match="not a Racket version"):
        put_site_packages(site, source=later, version="../x")


def test_an_archive_that_a_catalog_names_elsewhere_is_not_taken(tmp_path: Path) -> None:
    folder = small_site(tmp_path / "good")
    record = Record.of("x", {"source": "../../../x.zip", "checksum": "0" * 40})
    (folder / "catalog/pkg/x").write_bytes(record.write())
    (folder / "catalog/pkgs-all").unlink()
    (tmp_path / "x.zip").write_bytes(b"PK")
    with pytest.raises(PackageError, match="not there"):
        put_site_packages(tmp_path / "site", source=folder)


def build(folder: Path, name: str, description: str, *, data: bytes = b"x", version: str = "8.7") -> Path:
    folder.mkdir()
    (folder / name).write_bytes(data)
    record_installer(folder / "build", folder / name, description, version=version)
    record_log(folder / "build", folder / name, f"Log of {description}")
    return folder / "build"


def test_several_builds_become_one_site(tmp_path: Path) -> None:
    linux = build(tmp_path / "linux", "racket.sh", "Linux")
    windows = build(tmp_path / "windows", "racket.exe", "Windows")
    (tmp_path / "collects/racket").mkdir(parents=True)
    (tmp_path / "collects/racket/.hidden").write_text("")
    (tmp_path / "collects/racket/base.rkt").write_text("")
    put_origin(windows, tmp_path / "collects")
    site = tmp_path / "site"
    planned = merge_builds(site, [linux, windows], dry_run=True)
    assert not site.exists()
    report = merge_builds(site, [linux, windows])
    assert [one.outcome for one in report.installers] == ["added", "added"]
    assert planned.written == report.written
    tables = read_tables(site)
    assert (set(tables.files), set(tables.logs), tables.version) == (
        {"Linux", "Windows"}, {"Log of Linux", "Log of Windows"}, "8.7"
    )  # fmt: skip
    check_origin(site / "origin/collects.tgz")

    other = build(tmp_path / "other", "other.sh", "Linux", data=b"other", version="8.8")
    with pytest.raises(EntryExistsError, match="two builds"):
        merge_builds(tmp_path / "new", [linux, other])
    assert not (tmp_path / "new").exists()
    merge_builds(tmp_path / "new", [linux, other], force=True)
    assert read_tables(tmp_path / "new").files["Linux"] == "other.sh"
    assert read_tables(tmp_path / "new").version is None
    with pytest.raises(PltError, match="neither installers nor logs"):
        merge_builds(site, [tmp_path / "collects"])


def test_what_is_no_origin(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        put_origin(tmp_path / "site", tmp_path)
    from tests.distribution.made import tgz

    (tmp_path / "x.tgz").write_bytes(tgz({"collects/": b"", "other": b""}))
    with pytest.raises(FormatError, match="is to be in collects/"):
        put_origin(tmp_path / "site", tmp_path / "x.tgz")
    assert not (tmp_path / "site").exists()
