"""Installed packages and the settings of the package manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.errors import ConfigError
from pltpack.racket.installation import Installation
from pltpack.racket.package_settings import CATALOGS, package_settings
from pltpack.racket.packages import InstalledPackage, PackageOrigin, installed_packages

RECORDS = """#hash(
  ("multi" . #s(pkg-info (catalog "multi") "c1" #t))
  ("single" . #s((sc-pkg-info pkg-info 3) (file "/x/single.zip") "c2" #f "coll"))
  ("linked" . #s((sc-pkg-info pkg-info 3) (link "../../work/linked") #f #f "linked"))
  ("gone" . #s(pkg-info (static-link #"/abs/gone") #f #f))
  ("cloned" . #s(pkg-info (clone "clones/c" "git://h/r" "git") "c3" #f))
  ("alt" . #s((pkg-info/alt pkg-info 3) (url "http://h/alt.zip") "c4" #f "alt+1"))
  ("alt-single" . #s((sc-pkg-info/alt sc-pkg-info 1 pkg-info 3) (url "http://h/a.zip") "c5" #f "as" "alt-single+2"))
  ("old" . #s(pkg-info (pnr "old") "c6" #f)))"""


def installation(tmp_path: Path, config: str = "#hash()") -> Installation:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/config.rktd").write_text(config)
    for name in ("add/8.7/pkgs", "share/pkgs", "collects", "third"):
        (tmp_path / name).mkdir(parents=True)
    return Installation.discover(
        version="8.7",
        config_dir=tmp_path / "etc",
        addon_dir=tmp_path / "add",
        collects_dir=tmp_path / "collects",
        environ={"HOME": str(tmp_path), "PATH": ""},
        platform="linux",
    )


def test_records(tmp_path: Path) -> None:
    found = installation(tmp_path)
    pkgs = tmp_path / "add/8.7/pkgs"
    (pkgs / "pkgs.rktd").write_text(RECORDS)
    packages = installed_packages(found)
    places = {name: package.directory for name, package in packages.items()}
    assert places == {
        "multi": pkgs / "multi",
        "single": pkgs / "single",
        "linked": pkgs / "../../work/linked",
        "gone": Path("/abs/gone"),
        "cloned": pkgs / "clones/c",
        "alt": pkgs / "alt+1",
        "alt-single": pkgs / "alt-single+2",
        "old": pkgs / "old",
    }
    assert {name: package.collection for name, package in packages.items() if package.collection} == {
        "single": "coll",
        "linked": "linked",
        "alt-single": "as",
    }
    assert packages["multi"] == InstalledPackage(
        "multi", "user", pkgs / "multi", PackageOrigin("catalog", ("multi",)), "c1", True, None
    )
    assert packages["old"].source == PackageOrigin("catalog", ("old",))
    assert packages["cloned"].source == PackageOrigin("clone", ("clones/c", "git://h/r", "git"))
    assert (packages["linked"].checksum, packages["linked"].auto) == (None, False)


def test_scopes(tmp_path: Path) -> None:
    found = installation(tmp_path, '#hash((pkgs-search-dirs . (#f "../third")))')
    for place, names in (("add/8.7/pkgs", "ab"), ("share/pkgs", "bc"), ("third", "cd")):
        records = "".join(f'("{name}" . #s(pkg-info (catalog "{name}") "{place}" #f))' for name in names)
        (tmp_path / place / "pkgs.rktd").write_text(f"#hash({records})")
    third = tmp_path / "third"
    scopes = {name: package.scope for name, package in installed_packages(found).items()}
    assert scopes == {"a": "user", "b": "user", "c": "installation", "d": third}
    assert set(installed_packages(found, "installation")) == {"b", "c"}
    assert set(installed_packages(found, third)) == {"c", "d"}
    assert set(installed_packages(found, tmp_path / "share/pkgs")) == {"b", "c"}
    assert installed_packages(found, tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        '#hash(("a" . 5))',
        '#hash((a . #s(pkg-info (catalog "a") #f #f)))',
        '#hash(("a" . #s(pkg-info (catalog "a") #f)))',
        '#hash(("a" . #s(other (catalog "a") #f #f)))',
        '#hash(("a" . #s(pkg-info catalog #f #f)))',
        '#hash(("a" . #s(pkg-info (link 5) #f #f)))',
    ],
)
def test_damaged(text: str, tmp_path: Path) -> None:
    found = installation(tmp_path)
    file = tmp_path / "share/pkgs/pkgs.rktd"
    file.write_text(text)
    with pytest.raises(ConfigError, match=str(file)):
        installed_packages(found)


def test_settings_by_default(tmp_path: Path) -> None:
    settings = package_settings(installation(tmp_path))
    assert settings.catalogs.value == CATALOGS
    assert settings.default_scope.value == "user"
    assert settings.download_cache_dir.value == tmp_path / ".cache/racket/download-cache"
    assert (settings.download_cache_max_files.value, settings.download_cache_max_bytes.value) == (1024, 134217728)


def test_settings_of_scopes(tmp_path: Path) -> None:
    found = installation(
        tmp_path,
        '#hash((default-scope . "installation") (catalogs . ("https://c/" #f "local")) (download-cache-max-files . 5))',
    )
    (tmp_path / "add/8.7/pkgs/config.rktd").write_text(
        '#hash((download-cache-max-files . 7) (download-cache-dir . "/d"))'
    )
    settings = package_settings(found)
    assert settings.default_scope.value == "installation"
    assert settings.catalogs.value == ("https://c/", *CATALOGS, (tmp_path / "etc/local").as_uri())
    assert settings.download_cache_max_files.value == 7
    assert settings.download_cache_max_files.origin.file == tmp_path / "add/8.7/pkgs/config.rktd"
    assert settings.download_cache_dir.value == Path("/d")
