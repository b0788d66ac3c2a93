"""Where installed entries go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pltpack.codec.header import Header
from pltpack.errors import InstallationError, UnsafePathError
from pltpack.racket.installation import Installation
from pltpack.unpacker.locations import Mode, locate
from tests.unpacker.installations import installation

LOCAL = Header("x", plt_relative=False)
USER = Header("x")
MAIN = Header("x", plt_home_relative=True)


def for_all(*names: str) -> Header:
    """An archive for all users, if the directories named are writable."""
    return Header("x", plt_home_relative=True, test_plt_dirs=names)


PLACES: dict[Mode, dict[tuple[str, ...], str | None]] = {
    Mode.USER: {
        ("collects", "a", "b"): "add/8.7/collects/a/b",
        ("collects",): "add/8.7/collects",
        ("doc", "a"): "add/8.7/doc/a",
        ("lib", "a"): "add/8.7/lib/a",
        ("include", "a"): "add/8.7/include/a",
        ("other", "a"): "add/8.7/collects/other/a",
        ("same", "a"): "add/8.7/collects/same/a",
        (): None,
    },
    Mode.MAIN: {
        ("collects", "a", "b"): "main/collects/a/b",
        ("doc", "a"): "main/doc/a",
        ("lib", "a"): "main/lib/a",
        ("include", "a"): "main/include/a",
        ("other", "a"): "main/other/a",
        (): None,
    },
    Mode.LOCAL: {("collects", "a"): "here/collects/a", ("other",): "here/other", (): "here"},
}


@pytest.mark.parametrize(
    ("header", "at_plt", "all_users", "mode"),
    [
        (LOCAL, False, False, Mode.LOCAL),
        (LOCAL, False, True, Mode.LOCAL),
        (LOCAL, True, False, Mode.USER),
        (LOCAL, True, True, Mode.MAIN),
        (USER, False, False, Mode.USER),
        (USER, True, False, Mode.USER),
        (USER, False, True, Mode.MAIN),
        (MAIN, False, False, Mode.MAIN),
        (for_all(), False, False, Mode.MAIN),
        (for_all("collects"), False, False, Mode.MAIN),
        (for_all("collects", "other"), False, False, Mode.MAIN),
        (for_all("collects", "doc"), False, False, Mode.USER),
        (for_all("missing"), False, False, Mode.USER),
        (for_all(""), False, False, Mode.USER),
        (for_all("a\0"), False, False, Mode.USER),
        (for_all("missing"), False, True, Mode.MAIN),
    ],
)
def test_modes(header: Header, at_plt: bool, all_users: bool, mode: Mode, tmp_path: Path) -> None:
    (tmp_path / "main/other").mkdir(parents=True)
    locations = locate(header, installation(tmp_path), at_plt=at_plt, all_users=all_users, directory=tmp_path / "here")
    assert locations.mode is mode
    for path, place in PLACES[mode].items():
        found = locations(path, file=False)
        assert (found and str(found[0].path.joinpath(*found[1]))) == (place and str(tmp_path / place)), path


def test_directory_that_is_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def access(path: Path, mode: int) -> bool:
        asked.append(path)
        return mode != os.W_OK

    monkeypatch.setattr(os, "access", access)
    assert locate(for_all("collects"), installation(tmp_path)).mode is Mode.USER
    assert asked == [tmp_path / "main/collects"]


def test_configured_directories(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/config.rktd").write_text('#hash((doc-dir . "/d") (installation-name . "mine"))')
    found = installation(tmp_path, config_dir=tmp_path / "etc")
    assert locate(MAIN, found)(("doc", "a"), file=True) is not None
    assert locate(MAIN, found)(("doc", "a"), file=True)[0].path == Path("/d")  # type: ignore[index]
    assert locate(USER, found).base.path == tmp_path / "add/mine/collects"


@pytest.mark.parametrize("header", [USER, MAIN])
@pytest.mark.parametrize("head", ["collects", "doc", "lib", "include"])
def test_a_file_cannot_be_a_directory_of_racket(header: Header, head: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafePathError, match=head):
        locate(header, installation(tmp_path))((head,), file=True)


def test_entries_of_one_head_share_their_root(tmp_path: Path) -> None:
    locations = locate(USER, installation(tmp_path))
    roots = [locations((head, "x"), file=True) for head in ("lib", "lib", "other", "collects")]
    first, second, other, collects = [found[0] for found in roots if found]
    assert first is second
    assert other is collects


def test_unknown_installation(tmp_path: Path) -> None:
    nothing = Installation.discover(version="8.7", environ={"HOME": str(tmp_path), "PATH": ""}, platform="linux")
    assert locate(USER, nothing).base.path == tmp_path / ".local/share/racket/8.7/collects"
    assert locate(for_all("collects"), nothing).mode is Mode.USER
    with pytest.raises(InstallationError, match="--racket DIR"):
        locate(MAIN, nothing)(("lib", "x"), file=True)
