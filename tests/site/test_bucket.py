"""Publishing to a bucket and building from one, against a stand-in for S3 on this machine (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.errors import BlockedError, PltError
from pltpack.pkg.create import create_package
from pltpack.site.build import build_site
from pltpack.site.checks.check import check_catalog
from pltpack.site.publishing.publish import publish_site
from pltpack.site.publishing.stores import BucketStore
from tests.buckets import bucket as bucket_server
from tests.site.trees import package, small_site


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server with an empty bucket that everybody may read."""
    with bucket_server() as url:
        yield url


def settings(endpoint: str) -> dict[str, str]:
    keys = {"access_key_id": "x", "secret_access_key": "y", "region": "us-east-1"}
    return {"endpoint": endpoint, "allow_http": "true", **keys}


def bucket(endpoint: str) -> BucketStore:
    return BucketStore("s3://bucket/prefix", settings(endpoint))


def test_what_has_changed_is_put_and_a_second_publisher_is_noticed(tmp_path: Path, endpoint: str) -> None:
    site = small_site(tmp_path)
    first = publish_site(site, store=bucket(endpoint))
    assert "catalog/pkgs-all" in first.put
    assert publish_site(site, store=bucket(endpoint)).put == []
    build_site(site, [package(tmp_path / "src", "fig")])
    changed = publish_site(site, store=bucket(endpoint))
    assert "catalog/pkg/fig" in changed.put
    assert "catalog/pkg/pear" not in changed.put

    other = tmp_path / "other"
    build_site(other, [package(tmp_path / "src", "plum")])
    with pytest.raises(BlockedError, match="somebody else publishes there"):
        publish_site(other, store=bucket(endpoint))
    publish_site(other, store=bucket(endpoint), adopt=True)
    build_site(site, [package(tmp_path / "src", "lime")])
    with pytest.raises(BlockedError, match="somebody else publishes there"):
        publish_site(site, store=bucket(endpoint))


def test_packages_in_a_bucket(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BucketStore("s3://bucket", settings(endpoint))
    for name in ("fig", "plum"):
        made = create_package(package(tmp_path / "src", name), dest=tmp_path)
        store.put(f"made/{name}.zip", made.path)
        store.put(f"made/{name}.zip.CHECKSUM", made.path)
    site = tmp_path / "site"
    site.mkdir()
    lines = "".join(f'{key} = "{value}"\n' for key, value in settings(endpoint).items())
    (site / "catalog.toml").write_text(f"[build.options]\n{lines}")
    report = build_site(site, ["s3://bucket/made/", "pear=s3://bucket/made/fig.zip", "s3://bucket/made/none.zip"])
    assert report.added == ["fig", "plum", "pear"]
    assert [failed.item.origin for failed in report.failed] == ["s3://bucket/made/none.zip"]
    assert "there is no such archive" in str(report.failed[0].error)
    assert check_catalog(site).findings == ()
    assert not list((site / ".site").glob("incoming-*"))
    assert {path.name for path in site.iterdir() if path.is_dir()} == {".site", "catalog", "json", "package", "pkgs"}
    assert not list(site.glob("stored-*"))

    (site / "catalog.toml").unlink()
    for key, value in settings(endpoint).items():
        monkeypatch.setenv(f"AWS_{key.upper()}", value)
    assert build_site(site, ["s3://bucket/made/"]).unchanged == ["fig", "plum"]
    other = create_package(package(tmp_path / "src", "fig", {"new.rkt": ""}), dest=tmp_path / "src")
    store.put("made/fig.zip", other.path)
    report = build_site(site, ["s3://bucket/made/"])
    assert (report.updated, report.unchanged) == (["fig"], ["plum"])
    with pytest.raises(PltError, match="no package can be called like this"):
        build_site(site, ["s3://bucket/made/readme"])
