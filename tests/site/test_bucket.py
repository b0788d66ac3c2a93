"""Publishing to a bucket, against a stand-in for S3 on this machine (moto)."""

from __future__ import annotations

import importlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.errors import BlockedError
from pltpack.site.build import build_site
from pltpack.site.publishing.publish import publish_site
from pltpack.site.publishing.stores import BucketStore
from tests.site.trees import package, small_site


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server with an empty bucket that everybody may read."""
    servers = importlib.import_module("moto.server")
    server = servers.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    headers = {"x-amz-acl": "public-read-write"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT", headers=headers)).close()
    try:
        yield url
    finally:
        server.stop()


def bucket(endpoint: str) -> BucketStore:
    options = {"endpoint": endpoint, "access_key_id": "x", "secret_access_key": "y", "region": "us-east-1"}
    return BucketStore("s3://bucket/prefix", {**options, "allow_http": "true"})


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
