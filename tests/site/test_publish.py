"""Publishing: the order of what is put, what is skipped and removed, a second publisher, signatures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.errors import BlockedError, FormatError, PltError
from pltpack.site.build import build_site, remove_packages
from pltpack.site.checks.check import check_catalog
from pltpack.site.publishing.publish import publish_site
from pltpack.site.publishing.signing import sign, verify_signature
from pltpack.site.publishing.stores import BucketStore, FolderStore, open_store
from pltpack.site.retention import prune_site
from pltpack.site.snapshots import take_snapshot
from tests.site.trees import package, small_site
from tests.trees import files_in


class Recording(FolderStore):
    """A folder that remembers what was put and removed, and can fail."""

    def __init__(self, folder: Path, *, fail_at: int = 0) -> None:
        super().__init__(folder)
        self.log: list[str] = []
        self.fail_at = fail_at

    def put(
        self,
        key: str,
        path: Path,
        *,
        absent: bool = False,
        over: Collection[str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        self.log.append(key)
        if len(self.log) == self.fail_at:
            raise PltError("the store is gone", file=key)
        super().put(key, path, absent=absent, over=over, headers=headers)

    def delete(self, key: str) -> None:
        self.log.append(f"- {key}")
        super().delete(key)


def named_before(log: list[str]) -> bool:
    """Whether archives come before records, records before lists, lists before pages, removals last."""

    def turn(key: str) -> int:
        if key.startswith("- "):
            return 9
        if key.startswith("pkgs/"):
            return 0
        return 1 if "/pkg/" in key else 2 if key == "catalog/pkgs-all" else 3 if key == "catalog/pkgs" else 4

    turns = [turn(key) for key in log if not key.startswith("snapshots/")]
    return turns == sorted(turns)


def test_a_folder_gets_what_clients_need_in_a_safe_order(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    store = Recording(tmp_path / "out")
    done = publish_site(site, store=store)
    assert done.put == store.log
    assert named_before(store.log)
    assert files_in(tmp_path / "out") == {
        path: data for path, data in files_in(site).items() if not path.startswith(".site/")
    }
    assert open_catalog(tmp_path / "out/catalog").records().keys() == {"apple", "pear"}
    again = publish_site(site, store=store)
    assert (again.put, again.skipped) == ([], len(done.put))


def test_only_what_changed_and_what_was_ours_is_removed(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    store = Recording(tmp_path / "out")
    publish_site(site, store=store)
    (tmp_path / "out/robots.txt").write_text("mine")
    remove_packages(site, ["apple"], forget=True)
    store.log.clear()
    kept = publish_site(site, store=store)
    assert kept.deleted == []
    assert "catalog/pkg/pear" not in kept.put
    done = publish_site(site, store=store, delete=True)
    assert set(done.deleted) == {"catalog/pkg/apple", "json/apple.json", "package/apple/index.html"}
    assert named_before(store.log)
    assert (tmp_path / "out/robots.txt").exists()
    assert not (tmp_path / "out/package/apple").exists()


def test_archives_go_after_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has just read a record can still fetch what it names."""
    site, out = small_site(tmp_path), tmp_path / "out"
    publish_site(site, str(out))
    (old,) = out.glob("pkgs/*/*/apple.zip")
    build_site(site, [package(tmp_path / "src", "apple", {"new.rkt": ""})])
    prune_site(site, grace_days=0)
    for day in (1, 7):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_795_824_000 + day * 86_400))
        done = publish_site(site, str(out), delete=True)
        assert done.deleted == []
        assert old.relative_to(out).as_posix() in done.waiting
        assert old.exists()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_795_824_000 + 8 * 86_400))
    done = publish_site(site, str(out), delete=True)
    assert set(done.deleted) == {path.relative_to(out).as_posix() for path in (old, Path(f"{old}.CHECKSUM"))}
    assert not old.parent.exists()
    assert publish_site(site, str(out), delete=True).deleted == []


def test_an_archive_that_comes_back_waits_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, out = small_site(tmp_path), tmp_path / "out"
    publish_site(site, str(out))
    (old,) = out.glob("pkgs/*/*/apple.zip")
    (site / old.relative_to(out)).rename(tmp_path / "apple.zip")
    for day, waits in ((1, True), (2, False), (9, True)):
        if not waits:
            (tmp_path / "apple.zip").rename(site / old.relative_to(out))
        elif day > 1:
            (site / old.relative_to(out)).unlink()
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_795_824_000 + day * 86_400))
        done = publish_site(site, str(out), delete=True)
        assert done.waiting == ([old.relative_to(out).as_posix()] if waits else [])
    assert old.exists()


def test_a_second_publisher_is_noticed(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    publish_site(site, str(tmp_path / "out"))
    other = tmp_path / "other"
    build_site(other, [package(tmp_path / "src2", "plum")])
    with pytest.raises(BlockedError, match="somebody else publishes there"):
        publish_site(other, str(tmp_path / "out"))
    assert open_catalog(tmp_path / "out/catalog").records().keys() == {"apple", "pear"}
    publish_site(other, str(tmp_path / "out"), adopt=True)
    assert open_catalog(tmp_path / "out/catalog").records().keys() == {"plum"}
    build_site(site, [package(tmp_path / "src", "fig")])
    with pytest.raises(BlockedError):
        publish_site(site, str(tmp_path / "out"))


def test_every_call_failed_once(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    total = len(publish_site(site, store=Recording(tmp_path / "count")).put)
    for number in range(1, total + 1):
        place = tmp_path / f"out{number}"
        store = Recording(place, fail_at=number)
        with pytest.raises(PltError, match="the store is gone"):
            publish_site(site, store=store)
        assert named_before(store.log)
        for name in open_catalog(place / "catalog").names() if (place / "catalog/pkgs").exists() else ():
            source = open_catalog(place / "catalog", absolute=False)[name].source
            assert source is not None
            assert (place / "catalog" / source).exists(), "what is named is there"
        publish_site(site, store=store)
        assert files_in(place) == files_in(tmp_path / "count")


def test_a_dry_run_publishes_nothing(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    done = publish_site(site, str(tmp_path / "out"), dry_run=True)
    assert "catalog/pkgs-all" in done.put
    assert not (tmp_path / "out").exists()
    assert publish_site(site, str(tmp_path / "out")).put == done.put


def test_snapshots_are_published_with_a_copy_of_the_current_one(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    stamp = take_snapshot(site).stamp
    publish_site(site, str(tmp_path / "out"))
    for name in (stamp, "current"):
        catalog = open_catalog(tmp_path / "out/snapshots" / name / "catalog", absolute=False)
        source = catalog["pear"].source
        assert source is not None
        assert (tmp_path / "out/snapshots" / name / "catalog" / source).is_file()


def test_a_bucket(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    store = BucketStore("memory:///")
    done = publish_site(site, store=store)
    assert "catalog/pkgs-all" in done.put
    assert publish_site(site, store=store).put == []
    build_site(site, [package(tmp_path / "src", "fig")])
    changed = publish_site(site, store=store)
    assert "catalog/pkgs-all" in changed.put
    assert "catalog/pkg/pear" not in changed.put
    (tmp_path / "x").write_bytes(b"another list")
    store.put("catalog/pkgs-all", tmp_path / "x")
    build_site(site, [package(tmp_path / "src", "plum")])
    with pytest.raises(BlockedError, match="somebody else"):
        publish_site(site, store=store)


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    with pytest.raises(PltError, match="no site can be published"):
        open_store("ftp://host/x")
    with pytest.raises(ValueError, match="target"):
        publish_site(site)
    (site / "catalog.toml").write_text(f'[publish]\ntarget = "{tmp_path / "out"}"\n')
    assert publish_site(site).put


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    site = small_site(tmp_path)
    publish_site(site, str(tmp_path / "out"))
    (manifest,) = (site / ".site").glob("published-*.json")
    manifest.write_text("[]")
    with pytest.raises(FormatError, match="what was published cannot be told"):
        publish_site(site, str(tmp_path / "out"))
    assert manifest.read_text() == "[]"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", path], check=True)
    (tmp_path / "allowed").write_text("# ours\nann@example.org " + (tmp_path / "key.pub").read_text())
    return path


def verified_by_openssh(message: bytes, signature: Path, allowed: Path) -> bool:
    command: list[str | Path] = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ann@example.org"]
    command += ["-n", "file", "-s", signature]
    return subprocess.run(command, input=message, capture_output=True, check=False).returncode == 0


def test_openssh_accepts_our_signatures_and_we_its(tmp_path: Path, key: Path) -> None:
    message = b"some text\n"
    (tmp_path / "sig").write_text(sign(message, key))
    assert verified_by_openssh(message, tmp_path / "sig", tmp_path / "allowed")
    assert not verified_by_openssh(message + b"x", tmp_path / "sig", tmp_path / "allowed")
    (tmp_path / "text").write_bytes(message)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "file", tmp_path / "text"], check=True)
    theirs = (tmp_path / "text.sig").read_text()
    assert verify_signature(message, theirs, tmp_path / "allowed") == "ann@example.org"
    with pytest.raises(PltError, match="not that of these data"):
        verify_signature(b"other", theirs, tmp_path / "allowed")
    (tmp_path / "none").write_text("")
    with pytest.raises(PltError, match="not among the allowed"):
        verify_signature(message, theirs, tmp_path / "none")
    for damaged in (
        "",
        theirs.replace("U1NIU0lH", "AAAAAAAA"),
        theirs[:100] + theirs[140:],
        "-----BEGIN SSH SIGNATURE-----",
    ):
        with pytest.raises(PltError, match=r"no signature of OpenSSH|cut off"):
            verify_signature(message, damaged, tmp_path / "allowed")


def test_a_signed_site_is_checked(tmp_path: Path, key: Path) -> None:
    site = small_site(tmp_path)
    out = tmp_path / "out"
    publish_site(site, str(out), key=key)
    assert verified_by_openssh((out / "SHA256SUMS").read_bytes(), out / "SHA256SUMS.sig", tmp_path / "allowed")
    assert check_catalog(out, allowed_signers=tmp_path / "allowed").findings == ()
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=out, check=True)
    (out / "index.html").write_text("mine")
    assert [finding.kind for finding in check_catalog(out, allowed_signers=tmp_path / "allowed").findings] == [
        "signature"
    ]
    (out / "SHA256SUMS").write_text("")
    assert [finding.kind for finding in check_catalog(out, allowed_signers=tmp_path / "allowed").findings] == [
        "signature"
    ]


def test_without_the_extra_it_says_which_to_install(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = small_site(tmp_path)
    out = tmp_path / "out"
    publish_site(site, str(out), key=key)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(PltError) as unsigned:
        publish_site(site, str(tmp_path / "other"), key=key)
    assert "pltpack[sign]" in (unsigned.value.hint or "")
    assert not list((tmp_path / "other").glob("**/*.zip")), "nothing is sent that could not be signed"
    with pytest.raises(PltError) as unchecked:  # and not a finding, which would speak of the copy
        check_catalog(out, allowed_signers=tmp_path / "allowed")
    assert "pltpack[sign]" in (unchecked.value.hint or "")


def test_a_key_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    with pytest.raises(PltError, match="the key cannot be used"):
        publish_site(small_site(tmp_path), str(tmp_path / "out"), key=tmp_path / "key")
    assert not list((tmp_path / "out").glob("**/*"))
