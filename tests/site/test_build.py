"""Making and changing sites."""

from __future__ import annotations

import importlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.errors import BusyError, ConfigError, EntryExistsError, FormatError, MemberError, PackageError
from pltpack.pkg.checksum import digests
from pltpack.site.build import build_site, remove_packages, restore_snapshot, yank_package
from pltpack.site.layout import BESIDE
from pltpack.site.snapshots import take_snapshot
from pltpack.site.state import read_states
from pltpack.site.write import locked
from tests.site.trees import INFO, package, small_site
from tests.trees import files_in


def public(site: Path) -> dict[str, bytes]:
    return {path: data for path, data in files_in(site).items() if not path.startswith(".")}


def test_a_catalog_of_directories(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    catalog = open_catalog(site / "catalog", absolute=False)
    assert sorted(catalog.names()) == ["apple", "pear"]
    pear = catalog["pear"]
    assert pear.source is not None
    archive = site / "catalog" / pear.source
    assert digests(archive).sha1 == pear.checksum
    assert archive.with_name("pear.zip.CHECKSUM").read_text() == pear.checksum
    assert [dependency.source for dependency in pear.dependencies] == ["base", "apple"]
    assert pear.get("license") == "MIT"
    assert catalog.records() == {name: catalog[name] for name in ("apple", "pear")}
    assert json.loads((site / "pkgs.json").read_text()) == ["apple", "pear"]
    assert json.loads((site / "json/pear.json").read_text())["checksum"] == pear.checksum
    page = (site / "package/pear/index.html").read_text()
    assert '<a href="../apple/index.html">apple</a>' in page
    assert '<a href="../pear/index.html">pear</a>' in (site / "package/apple/index.html").read_text()


def test_again_writes_only_what_changed(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    before = public(site)
    report = build_site(site, [tmp_path / "src/apple", tmp_path / "src/pear"])
    assert (report.unchanged, report.written.paths) == (["apple", "pear"], [])
    package(tmp_path / "src", "apple", {"README.md": "# Apples\n"})
    report = build_site(site, [tmp_path / "src/apple", tmp_path / "src/pear"])
    assert (report.updated, report.unchanged) == (["apple"], ["pear"])
    after = public(site)
    changed = {path for path in after if before.get(path) != after[path]}
    assert not {path for path in changed if "pear" in path}
    assert {"catalog/pkg/apple", "catalog/pkgs-all", "index.html", "package/apple/index.html"} <= changed
    assert before.keys() <= after.keys(), "old archives stay: their URLs are known"


def test_the_same_packages_make_the_same_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = public(small_site(tmp_path / "one"))
    assert public(small_site(tmp_path / "two")) == one
    apple = package(tmp_path / "three/src", "apple")
    pear = tmp_path / "one/src/pear"
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        build_site(tmp_path / "three/site", [pear, apple], executor=executor)
    assert public(tmp_path / "three/site") == one


def test_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of the page: workers of dask on this machine, which see the same files."""
    distributed = importlib.import_module("distributed")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    packages = [package(tmp_path / "src", f"p{number}") for number in range(4)]
    build_site(tmp_path / "alone", packages)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        build_site(tmp_path / "site", packages, executor=client.get_executor())
    assert public(tmp_path / "site") == public(tmp_path / "alone")


def test_what_is_missing_or_altered_is_made_again(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    before = public(site)
    for path in ("catalog/pkg/apple", "json/pear.json", "package/apple/index.html", "index.html"):
        (site / path).unlink()
    (site / "catalog/pkgs-all").unlink()
    build_site(site)
    assert public(site) == before


def test_archives_of_all_formats(tmp_path: Path) -> None:
    from pltpack.conversion.convert import convert

    source = package(
        tmp_path / "src", "kit", {"kit/x.rkt": "#lang racket/base\n"}, info="#lang info\n(define collection 'multi)\n"
    )
    inputs = []
    for number, suffix in enumerate((".zip", ".tgz", ".tar", ".plt")):
        made = tmp_path / f"kit{number}{suffix}"
        convert(source, made)
        inputs.append(made)
    build_site(tmp_path / "site", inputs)
    states = read_states(tmp_path / "site")
    assert [(name, state.facts.format) for name, state in sorted(states.items())] == [
        ("kit0", "zip"), ("kit1", "tgz"), ("kit2", "tar"), ("kit3", "plt"),
    ]  # fmt: skip
    assert {state.facts.modules for state in states.values()} == {("kit/x.rkt",)}
    report = build_site(tmp_path / "site", [inputs[3]], plt_as="zip")
    assert report.updated == ["kit3"]
    assert read_states(tmp_path / "site")["kit3"].facts.file == "kit3.zip"


def test_an_input_that_is_no_package_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 nothing")
    good = package(tmp_path / "src", "good")
    report = build_site(tmp_path / "site", [tmp_path / "bad.zip", good])
    assert report.added == ["good"]
    assert [failed.item.name for failed in report.failed] == ["bad"]
    assert list(read_states(tmp_path / "site")) == ["good"]


@pytest.mark.parametrize("second", ["Apple", "apple"])
def test_names_that_no_client_can_tell_apart(tmp_path: Path, second: str) -> None:
    one, other = package(tmp_path / "one", "apple"), package(tmp_path / "two", second)
    with pytest.raises(PackageError, match="two packages would be called"):
        build_site(tmp_path / "site", [one, other])
    assert not (tmp_path / "site").exists()


def test_a_name_that_is_given(tmp_path: Path) -> None:
    source = package(tmp_path / "src", "odd.name@1")
    with pytest.raises(PackageError, match="no package can be called like this"):
        build_site(tmp_path / "site", [source])
    assert build_site(tmp_path / "site", [f"odd={source}"]).added == ["odd"]


def test_removing_leaves_a_tombstone(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    checksum = open_catalog(site / "catalog")["apple"].checksum
    assert remove_packages(site, ["apple"]).removed == ["apple"]
    record = open_catalog(site / "catalog")["apple"]
    assert record.checksum == checksum
    assert record.description.startswith("[removed]")
    assert "apple" not in (site / "packages.js").read_text().partition("pear")[0]
    assert build_site(site, [tmp_path / "src/apple"]).updated == ["apple"], "it comes back"
    assert not open_catalog(site / "catalog")["apple"].description

    remove_packages(site, ["apple"], forget=True)
    assert sorted(open_catalog(site / "catalog").names()) == ["pear"]
    assert not {path for path in public(site) if "apple" in path and not path.startswith("pkgs/")}
    with pytest.raises(MemberError, match="there is no package 'aple'"):
        remove_packages(site, ["aple"])


def test_yanking_says_why(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    yank_package(site, "apple", "it rots <fast>")
    assert open_catalog(site / "catalog")["apple"].description == "[yanked: it rots <fast>]"
    assert "it rots &lt;fast&gt;" in (site / "package/apple/index.html").read_text()
    yank_package(site, "apple", None)
    assert open_catalog(site / "catalog")["apple"].description == ""


def test_restoring_a_snapshot(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    then = open_catalog(site / "catalog").records()
    stamp = take_snapshot(site).stamp
    build_site(site, [package(tmp_path / "src", "apple", {"new.rkt": ""}), package(tmp_path / "src", "plum")])
    report = restore_snapshot(site, stamp)
    assert (report.updated, report.removed) == (["apple"], ["plum"])
    now = open_catalog(site / "catalog").records()
    assert {name: record.checksum for name, record in now.items() if name != "plum"} == {
        name: record.checksum for name, record in then.items()
    }
    with pytest.raises(MemberError, match="no snapshot"):
        restore_snapshot(site, "2020-01-01")


def test_what_the_operator_says_goes_first(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    (site / "overrides.toml").write_text(
        '[packages.apple]\nauthor = "ann@example.org"\ndescription = "Fruit"\ntags = ["red", "Green"]\nring = 1\n'
        '[packages.apple.versions."6.0"]\nsource = "https://example.org/old.zip"\nchecksum = "' + "1" * 40 + '"\n'
    )
    build_site(site)
    record = open_catalog(site / "catalog", absolute=False)["apple"]
    assert (record.description, record.tags, record.ring) == ("Fruit", ("Green", "red"), 1)
    assert record.author == "annλ438c4c7"
    assert record.for_version("6.0").source == "https://example.org/old.zip"
    (site / "catalog.toml").write_text('[site]\naddresses = "public"\n')
    build_site(site)
    assert open_catalog(site / "catalog")["apple"].author == "ann@example.org"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("catalog.toml", "[site]\ntitle = 7\n", r"line 2: site.title: expected `str`, got `int`"),
        ("catalog.toml", '[site]\n\ntitel = "x"\n', r"line 3: site.titel: there is no key `titel`"),
        ("catalog.toml", "[build]\nring = 3\n", r"line 2: build.ring"),
        ("catalog.toml", "[build\n", "it is not TOML"),
        ("overrides.toml", '[packages.a]\ntags = ["a b"]\n', r"line 2: packages"),
        ("overrides.toml", "\xff", "it is not UTF-8"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, name: str, text: str, message: str) -> None:
    site = small_site(tmp_path)
    (site / name).write_bytes(text.encode("latin-1"))
    before = files_in(site)
    with pytest.raises(ConfigError, match=message):
        build_site(site)
    assert files_in(site) == before


def test_a_damaged_state_is_refused_and_kept(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    (site / ".site/packages/apple.json").write_text('{"name": "apple"}')
    with pytest.raises(FormatError, match="no description of a package"):
        build_site(site)
    assert (site / ".site/packages/apple.json").read_text() == '{"name": "apple"}'


def test_one_at_a_time(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    with locked(site), pytest.raises(BusyError, match="another process is changing the site"):
        build_site(site)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    before = files_in(site)
    report = build_site(site, [package(tmp_path / "src", "plum")], dry_run=True)
    assert report.added == ["plum"]
    assert "catalog/pkg/plum" in report.written.paths
    assert files_in(site) == before
    assert build_site(tmp_path / "none", [tmp_path / "src/plum"], dry_run=True).added == ["plum"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_pages_that_somebody_else_made_are_not_replaced(tmp_path: Path, dry_run: bool) -> None:
    kit = package(tmp_path / "src", "kit")
    site = tmp_path / "www"
    site.mkdir()
    (site / "index.html").write_text("mine")
    for _ in range(2):
        with pytest.raises(EntryExistsError) as caught:
            build_site(site, [kit], dry_run=dry_run)
        assert caught.value.paths == (("index.html", "exists already"),)
    assert files_in(site) == {"index.html": b"mine"}
    (site / "catalog.toml").write_text('[site]\nindex = "packages.html"\n')
    assert build_site(site, [kit], dry_run=dry_run).added == ["kit"]
    assert (site / "index.html").read_text() == "mine"


def test_all_that_lies_beside_the_page_of_all_packages_is_known(tmp_path: Path) -> None:
    assert {"index.html", *BESIDE} == {path.name for path in small_site(tmp_path).iterdir() if path.is_file()}


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    for name in ("nowhere", "nowhere.zip", "kit=nowhere"):
        with pytest.raises(FileNotFoundError):
            build_site(tmp_path / "site", [tmp_path / name] if "=" not in name else [f"kit={tmp_path}/nowhere"])
    assert not (tmp_path / "site").exists()


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    left = site / ".site/incoming-dead"
    left.mkdir()
    (left / "x").write_text("half")
    build_site(site)
    assert not left.exists()
    assert os.listdir(site / ".site") != []


def test_a_theme_goes_before_the_built_in_pages(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    (site / "theme").mkdir()
    (site / "theme/index.html").write_text('{% extends "base.html" %}{% block main %}<h1>Mine</h1>{% endblock %}')
    (site / "theme/style.css").write_text("body { color: red }")
    (site / "catalog.toml").write_text('[site]\ntheme = "theme"\n')
    build_site(site)
    assert "<h1>Mine</h1>" in (site / "index.html").read_text()
    assert (site / "style.css").read_text() == "body { color: red }"
    (site / "catalog.toml").write_text('[site]\ntheme = "nowhere"\n')
    with pytest.raises(ConfigError, match="is no directory"):
        build_site(site)


def test_readmes_are_shown_and_harmless(tmp_path: Path) -> None:
    readme = "# Hi\n\n*a* <script>alert(1)</script> [x](javascript:alert(1)) ![i](https://example.org/i.png)\n"
    build_site(tmp_path / "site", [package(tmp_path / "src", "a", {"README.md": readme}, info=INFO)])
    page = (tmp_path / "site/package/a/index.html").read_text()
    assert "<em>a</em>" in page
    assert "<script>" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page
