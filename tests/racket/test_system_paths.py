"""``find-system-path`` on each platform, as a pure function of the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pltpack.errors import InstallationError
from pltpack.racket.system_paths import SystemPath, SystemPaths


def paths(platform: str, environ: Mapping[str, str], *existing: str) -> SystemPaths:
    """The rules on a machine that has only the files named."""
    return SystemPaths(platform, environ, lambda path: str(path) in existing, lambda _: "/from/database")


HOME = {"HOME": "/h"}
XDG = {"XDG_DATA_HOME": "/x/d", "XDG_CACHE_HOME": "/x/c", "XDG_CONFIG_HOME": "/x/k"}
UNIX: list[tuple[SystemPath, dict[str, str], tuple[str, ...], str]] = [
    ("home-dir", HOME, (), "/h"),
    ("home-dir", {"HOME": ""}, (), "/"),
    ("home-dir", {}, (), "/from/database"),
    ("home-dir", HOME | {"PLTUSERHOME": "/u"}, (), "/u"),
    ("addon-dir", HOME, (), "/h/.local/share/racket"),
    ("addon-dir", HOME, ("/h/.racket",), "/h/.racket"),
    ("addon-dir", HOME, ("/h/.racket", "/h/.local/share/racket"), "/h/.local/share/racket"),
    ("addon-dir", HOME | XDG, (), "/x/d/racket"),
    ("addon-dir", HOME | XDG, ("/h/.racket",), "/h/.racket"),
    ("addon-dir", HOME | XDG | {"PLTUSERHOME": "/u"}, (), "/u/.local/share/racket"),
    ("addon-dir", HOME | {"XDG_DATA_HOME": "x/d"}, (), "/h/.local/share/racket"),
    ("addon-dir", HOME | {"XDG_DATA_HOME": ""}, (), "/h/.local/share/racket"),
    ("cache-dir", HOME, (), "/h/.cache/racket"),
    ("cache-dir", HOME | XDG, (), "/x/c/racket"),
    ("cache-dir", HOME, ("/h/.racket", "/h/.local/share/racket"), "/h/.racket"),
    ("pref-dir", HOME | XDG, (), "/x/k/racket"),
    ("pref-file", HOME, (), "/h/.config/racket/racket-prefs.rktd"),
    ("pref-file", HOME, ("/h/.racket",), "/h/.racket/racket-prefs.rktd"),
    ("init-dir", HOME, ("/h/.racket",), "/h/.config/racket"),
    ("init-dir", HOME, ("/h/.racketrc",), "/h"),
    ("init-dir", HOME, ("/h/.racketrc", "/h/.config/racket"), "/h/.config/racket"),
    ("init-file", HOME, (), "/h/.config/racket/racketrc.rktl"),
    ("init-file", HOME, ("/h/.racketrc",), "/h/.racketrc"),
    ("doc-dir", HOME, (), "/h"),
    ("desk-dir", HOME, (), "/h"),
    ("temp-dir", HOME | {"TMPDIR": "/t"}, ("/t",), "/t"),
    ("temp-dir", HOME | {"TMPDIR": "/t"}, ("/tmp", "/usr/tmp"), "/usr/tmp"),
]
MACOS: list[tuple[SystemPath, dict[str, str], tuple[str, ...], str]] = [
    ("addon-dir", HOME | XDG, ("/h/.racket",), "/h/Library/Racket"),
    ("addon-dir", HOME | {"PLTUSERHOME": "/u"}, (), "/u/Library/Racket"),
    ("cache-dir", HOME, (), "/h/Library/Caches/Racket"),
    ("pref-file", HOME, (), "/h/Library/Preferences/org.racket-lang.prefs.rktd"),
    ("init-file", HOME, ("/h/.racketrc",), "/h/.racketrc"),
    ("init-file", HOME, ("/h/.racketrc", "/h/Library/Racket/racketrc.rktl"), "/h/Library/Racket/racketrc.rktl"),
    ("doc-dir", HOME, (), "/h/Documents"),
    ("desk-dir", HOME, (), "/h/Desktop"),
    ("home-dir", HOME, (), "/h"),
]
PROFILE = {"USERPROFILE": "C:\\U", "APPDATA": "C:\\U\\Roaming"}
WINDOWS: list[tuple[SystemPath, dict[str, str], tuple[str, ...], str]] = [
    ("addon-dir", PROFILE | HOME, (), "C:\\U\\Roaming\\Racket"),
    ("addon-dir", PROFILE | {"PLTUSERHOME": "D:\\p"}, (), "D:\\p\\Racket"),
    ("addon-dir", {"HOMEDRIVE": "C:", "HOMEPATH": "\\me"}, (), "C:\\me\\Racket"),
    ("cache-dir", PROFILE, (), "C:\\U\\Roaming\\Racket"),
    ("pref-file", PROFILE, (), "C:\\U\\Roaming\\Racket\\racket-prefs.rktd"),
    ("init-file", PROFILE, (), "C:\\U\\racketrc.rktl"),
    ("home-dir", PROFILE, (), "C:\\U"),
    ("doc-dir", PROFILE, (), "C:\\U\\Documents"),
    ("temp-dir", PROFILE | {"TMP": "C:\\none", "TEMP": "C:\\t"}, ("C:\\t",), "C:\\t"),
]


@pytest.mark.parametrize(("which", "environ", "existing", "expected"), UNIX)
def test_unix(which: SystemPath, environ: dict[str, str], existing: tuple[str, ...], expected: str) -> None:
    assert str(paths("linux", environ, *existing).find(which).value) == expected
    assert str(paths("freebsd14", environ, *existing).find(which).value) == expected


@pytest.mark.parametrize(("which", "environ", "existing", "expected"), MACOS)
def test_macos(which: SystemPath, environ: dict[str, str], existing: tuple[str, ...], expected: str) -> None:
    assert str(paths("darwin", environ, *existing).find(which).value) == expected


@pytest.mark.parametrize(("which", "environ", "existing", "expected"), WINDOWS)
def test_windows(which: SystemPath, environ: dict[str, str], existing: tuple[str, ...], expected: str) -> None:
    assert str(paths("win32", environ, *existing).find(which).value) == expected


def test_addon_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths("linux", HOME | {"PLTADDONDIR": "a/../b"}).addon_dir().value == tmp_path / "a/../b"
    assert paths("linux", HOME | {"PLTADDONDIR": "/a"}).addon_dir("c").value == tmp_path / "c"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("environ", [{"PLTADDONDIR": ""}, {"PLTUSERHOME": "u"}, {"PLTUSERHOME": ""}], ids=str)
def test_refused(platform: str, environ: dict[str, str]) -> None:
    with pytest.raises(InstallationError):
        paths(platform, PROFILE | HOME | environ).addon_dir()


def test_nobody() -> None:
    with pytest.raises(InstallationError, match="PLTADDONDIR"):
        SystemPaths("linux", {}, lambda _: False, lambda _: None).addon_dir()
    with pytest.raises(InstallationError, match="PLTADDONDIR"):
        paths("win32", {}).addon_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such user database")
def test_user_database() -> None:
    import pwd

    mine = pwd.getpwuid(os.getuid()).pw_dir

    def home(environ: dict[str, str]) -> tuple[str, str]:
        found = SystemPaths("linux", environ).find("home-dir")
        return str(found.value), str(found.origin)

    assert home({}) == (mine, "user database")
    assert home({"USER": "root", "LOGNAME": "nobody"})[0] == pwd.getpwnam("root").pw_dir
    assert home({"LOGNAME": "root"})[0] == pwd.getpwnam("root").pw_dir
    assert home({"USER": "no such user"})[0] == mine


def test_temporary_directory_of_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths("linux", HOME).find("temp-dir").value == tmp_path
