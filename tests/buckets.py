"""A stand-in for S3 on this machine (moto), with an empty bucket that everybody may read."""

from __future__ import annotations

import contextlib
import importlib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bucket() -> Iterator[str]:
    """The URL of the server; the bucket is called ``bucket``."""
    servers = importlib.import_module("moto.server")
    server = servers.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        # What it holds is the process's, and outlives a server.
        _send("POST", f"{url}/moto-api/reset")
        _send("PUT", f"{url}/bucket", {"x-amz-acl": "public-read-write"})
        yield url
    finally:
        server.stop()


def _send(method: str, url: str, headers: dict[str, str] | None = None) -> None:
    with contextlib.closing(urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers or {}))):
        pass
