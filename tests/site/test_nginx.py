"""The settings for nginx that docs/catalog.md gives, tried with the real one on this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pltpack.site.checks.check import check_catalog
from tests.site.test_asgi import ask
from tests.site.trees import small_site

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
DOCS = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text("utf-8")

pytestmark = pytest.mark.skipif(NGINX is None and not os.environ.get("CI"), reason="nginx is not installed")

MAIN = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; user root;
events {{ worker_connections 64; }}
http {{
  types {{ text/html html; text/css css; }}
  access_log off; gzip on; gzip_types text/css application/json text/s-expr;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
{server}
}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return small_site(tmp_path)


@pytest.fixture
def port(site: Path, tmp_path: Path) -> Iterator[int]:
    with nginx(site, tmp_path) as number:
        yield number


@contextmanager
def nginx(site: Path, folder: Path) -> Iterator[int]:
    """nginx with the settings of the page, on a free port."""
    (settings,) = re.findall(r"```nginx\n(.*?)```", DOCS, re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        settings = settings.replace("127.0.0.1:9440", f"127.0.0.1:{number}").replace("/srv/catalog/site", str(site))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, server=settings))
        for path in (folder, *folder.parents):
            if path.stat().st_uid == os.geteuid() and str(path).startswith("/tmp/"):
                path.chmod(0o755)
        assert NGINX is not None
        # It takes over a socket that listens already, as when its program is exchanged: so nobody else gets the port,
        # and nobody needs to wait.
        process = subprocess.Popen(
            [NGINX, "-c", folder / "nginx.conf", "-p", folder],
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
            pass_fds=[listening.fileno()],
        )
    try:
        yield number
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_clients_get_what_they_need(site: Path, port: int) -> None:
    assert check_catalog(f"http://127.0.0.1:{port}/catalog/").findings == ()
    status, headers, body = ask(port, "/catalog/pkg/apple?version=8.7", Accept_Encoding="gzip")
    assert (status, body) == (200, (site / "catalog/pkg/apple").read_bytes())
    assert headers["content-type"] == "text/s-expr"
    assert "content-encoding" not in headers
    assert ask(port, "/catalog/pkg/apple", If_None_Match=headers["etag"])[0] == 304
    for path in ("/catalog/pkg/none", "/catalog/pkg/", "/catalog", "/.site/lock", "/.site/packages/apple.json"):
        assert ask(port, path)[0] == 404, path
    (archive,) = site.glob("pkgs/*/*/apple.zip")
    where = f"/{archive.relative_to(site).as_posix()}"
    status, headers, body = ask(port, where, Range="bytes=2-5")
    assert (status, body) == (206, archive.read_bytes()[2:6])
    assert "immutable" in headers["cache-control"]


def test_people_get_pages(site: Path, port: int) -> None:
    for path, file in (("/", "index.html"), ("/package/apple/", "package/apple/index.html")):
        status, headers, body = ask(port, path)
        assert (status, body) == (200, (site / file).read_bytes())
        assert headers["content-type"] == "text/html"


def test_what_cannot_be_read_is_not_there(site: Path, port: int) -> None:
    (site / "catalog/pkg/pear").chmod(0)
    assert ask(port, "/catalog/pkg/pear")[0] in ({200, 404} if os.geteuid() == 0 else {404})
