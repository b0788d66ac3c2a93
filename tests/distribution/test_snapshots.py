"""Snapshots of distribution sites: which stay, what is current, and that they never change."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from pltpack.distribution.past import snapshot_stamps
from pltpack.distribution.record import record_installer, record_log
from pltpack.distribution.snapshots import manage_snapshots, take_site_snapshot
from pltpack.errors import CallError, EntryExistsError, MemberError, PltError
from tests.trees import files_in, picture

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures/distribution/snapshots.json").read_text("utf-8")
)
NOW = 1795824000
"""2026-11-28."""

OURS = re.compile(r"\.site(/.*)?|downloads\.(css|js)|style\.css")


def make(folder: Path, tree: dict[str, str | None]) -> None:
    for path, content in tree.items():
        place = folder / path
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
        elif content.startswith("-> "):
            place.symlink_to(content[3:])
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(place.name if content == "file" else content)


def found(folder: Path, like: dict[str, str | None]) -> dict[str, str | None]:
    """A tree in the shape of the cases; texts are told for tables only."""
    tree: dict[str, str | None] = {}
    for path, (kind, _, data) in picture(folder).items():
        if OURS.fullmatch(path):
            continue
        if kind == "directory":
            tree[f"{path}/"] = None
        elif kind == "link":
            tree[path] = f"-> {data.decode()}"
        else:
            tree[path] = data.decode() if path.endswith(".rktd") and like.get(path) != "file" else "file"
    return tree


def options(case: dict[str, Any]) -> dict[str, Any]:
    words = shlex.split(case["options"])
    given = dict(zip(words[::2], words[1::2], strict=True))
    names = {"#:max-snapshots": "keep", "#:week-count": "weeks"}
    numbers = {names[key]: int(value) for key, value in given.items() if key in names}
    return {"current": case["current"], "version": given.get("#:current-link-version"), **numbers}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"].partition(";")[0])
def test_snapshots_are_managed_as_by_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    make(tmp_path, case["before"])
    managed = manage_snapshots(tmp_path, **options(case))
    if "doc/" in case["before"]:
        # Where the original counts any directory as a snapshot, and stops half way.
        assert (tmp_path / "doc").is_dir()
        assert managed.current == case["current"]
        assert os.readlink(tmp_path / "current") == case["current"]
        # By weeks the 10th and the 11th are in the same one, of which the oldest stays.
        assert managed.removed == ["20261111-s1" if "#:week-count" in case["options"] else "20261110-s0"]
        return
    # The original makes links to names that are nowhere, too.
    after = {
        path: content
        for path, content in case["after"].items()
        if not (content or "").startswith("-> ../../") or (content or "")[9:] in case["before"]
    }
    assert found(tmp_path, after) == after
    removed = [line.rpartition(" ")[2] for line in case["stdout"] if line.startswith("Removing snapshot")]
    assert managed.removed == removed
    page = (tmp_path / "index.html").read_text("utf-8")
    others = re.findall(r'nbsp;<a href="([^"]+)"', case["post"])
    assert re.findall(r'<li><a href="([^"]+/index.html)">', page) == others
    assert f'<a href="{case["current"]}/index.html">' in page
    before = picture(tmp_path)
    assert manage_snapshots(tmp_path, **options(case)).written.paths == []
    assert {path: one for path, one in picture(tmp_path).items() if ".site" not in path} == {
        path: one for path, one in before.items() if ".site" not in path
    }


def site(folder: Path, large: bytes = b"x" * 100_000) -> Path:
    (folder / "source").mkdir(parents=True)
    (folder / "source/racket-8.7-x86_64-linux.sh").write_bytes(large)
    (folder / "source/note.txt").write_text("failed")
    record_installer(folder / "site", folder / "source/racket-8.7-x86_64-linux.sh", "Linux", version="8.7")
    record_log(folder / "site", folder / "source/note.txt", "Linux")
    (folder / "site/installers/racket-latest.sh").symlink_to("racket-8.7-x86_64-linux.sh")
    (folder / "site/installers/out.sh").symlink_to("/etc/passwd")
    return folder / "site"


def test_a_snapshot_shares_what_is_large_and_never_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    source, folder = site(tmp_path), tmp_path / "snaps"
    planned = take_site_snapshot(source, folder, commit="0A1b2c3d4e5f6789", dry_run=True)
    assert not folder.exists()
    first = take_site_snapshot(source, folder, commit="0A1b2c3d4e5f6789")
    assert first == planned
    assert first.stamp == "20261128-0a1b2c3d4e"
    assert (first.shared, first.shared_size, first.left_out) == (1, 100_000, ["installers/out.sh"])
    assert os.readlink(folder / "current") == first.stamp
    inside = folder / first.stamp / "installers"
    assert os.readlink(inside / "racket-latest.sh") == "racket-8.7-x86_64-linux.sh"
    assert not (folder / first.stamp / ".site").exists()
    assert not (inside / ".LOCKtable.rktd").exists()
    before = files_in(folder / first.stamp)

    (source / "installers/table.rktd").write_text("#hash()")  # in place, as the original's programs write
    shutil.copy(source / "installers/racket-8.7-x86_64-linux.sh", tmp_path / "copy")
    os.replace(tmp_path / "copy", source / "installers/racket-8.7-x86_64-linux.sh")
    second = take_site_snapshot(source, folder, commit="0a1b2c3d4e5f6789")
    assert second.stamp == "20261128-0a1b2c3d4e-2"
    assert files_in(folder / first.stamp) == before
    name = "installers/racket-8.7-x86_64-linux.sh"
    assert (folder / first.stamp / name).samefile(folder / second.stamp / name), "the content is the same"
    assert snapshot_stamps(folder) == [second.stamp, first.stamp]


def test_what_both_rules_keep_and_what_has_no_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, folder = site(tmp_path), tmp_path / "snaps"
    for day in (40, 30, 20, 3, 2, 1):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW - day * 86400))
        take_site_snapshot(source, folder)
    take_site_snapshot(source, folder, stamp="release")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    planned = manage_snapshots(folder, weeks=0, current="20261127", dry_run=True)
    assert planned.removed == ["20261108", "20261029", "20261019"]
    assert os.readlink(folder / "current") == "release"
    assert manage_snapshots(folder, keep=5, weeks=1).removed == ["20261029", "20261019"]
    assert snapshot_stamps(folder) == ["release", "20261127", "20261126", "20261125", "20261108"]
    assert manage_snapshots(folder, keep=1, current="20261126").kept == ["release", "20261126"]
    (folder / "site.toml").write_text("[snapshots]\nkeep = 0\nlinks = false\n")
    assert manage_snapshots(folder).removed == []


def test_links_into_what_is_removed_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    source, folder = site(tmp_path), tmp_path / "snaps"
    (tmp_path / "source/racket-8.7-win.exe").write_text("exe")
    record_installer(source, tmp_path / "source/racket-8.7-win.exe", "Windows")
    take_site_snapshot(source, folder, stamp="1")
    for description in ("Windows", "Linux"):
        record_log(source, tmp_path / "source/note.txt", description)
    from pltpack.distribution.record import forget_installers

    forget_installers(source, ["Windows"])
    take_site_snapshot(source, folder, stamp="2")
    managed = manage_snapshots(folder)
    link = folder / "2/installers/racket-current-win.exe"
    assert link.read_text() == "exe"
    assert managed.past["Windows"].stamp == "1"
    assert 'last success: <a href="1/index.html">1</a>' in (folder / "index.html").read_text()
    assert manage_snapshots(folder, keep=1).removed == ["1"]
    assert not os.path.lexists(link)
    assert all(path.exists() for path in folder.rglob("*"))


def test_what_is_refused(tmp_path: Path) -> None:
    source, folder = site(tmp_path), tmp_path / "snaps"
    take_site_snapshot(source, folder, stamp="1")
    with pytest.raises(EntryExistsError):
        take_site_snapshot(source, folder, stamp="1")
    for stamp in ("current", "../x", ".x", "", "a/b"):
        with pytest.raises(CallError):
            take_site_snapshot(source, folder, stamp=stamp)
    with pytest.raises(CallError, match="no commit"):
        take_site_snapshot(source, folder, commit="main")
    with pytest.raises(PltError, match="no distribution site"):
        take_site_snapshot(tmp_path, folder)
    with pytest.raises(MemberError):
        manage_snapshots(folder, current="2")
    with pytest.raises(PltError, match="no snapshots"):
        manage_snapshots(tmp_path / "source")


def test_snapshots_may_be_inside_the_site(tmp_path: Path) -> None:
    source = site(tmp_path)
    for stamp in ("1", "2"):
        take_site_snapshot(source, source / "old", stamp=stamp)
    assert not (source / "old/2/old").exists()
