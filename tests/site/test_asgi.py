"""The application that serves a site, behind a real server on this machine."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from pltpack.site.asgi import create_app
from pltpack.site.checks.check import check_catalog
from tests.site.trees import small_site


@contextmanager
def served(site: Path, *, metrics: bool = False) -> Iterator[int]:
    """The site on a free port of this machine."""
    config = uvicorn.Config(create_app(site, metrics=metrics), port=0, log_level="error", lifespan="off")
    socket = config.bind_socket()
    socket.listen()  # from here on nobody is refused
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield socket.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return small_site(tmp_path)


Answer = tuple[int, dict[str, str], bytes]


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def test_what_clients_ask_for(site: Path) -> None:
    with served(site) as port:
        status, headers, body = ask(port, "/catalog/pkg/apple?version=8.7", Accept_Encoding="gzip")
        assert (status, body) == (200, (site / "catalog/pkg/apple").read_bytes())
        assert headers["content-type"].startswith("text/s-expr")
        assert headers["cache-control"] == "no-cache"
        assert "content-encoding" not in headers
        again, _, nothing = ask(port, "/catalog/pkg/apple", If_None_Match=headers["etag"])
        assert (again, nothing) == (304, b"")
        for path in ("/catalog/pkg/nothing", "/catalog/pkg/", "/catalog/pkg", "/catalog/", "/nowhere/x"):
            assert ask(port, path)[0] == 404, path
        (archive,) = site.glob("pkgs/*/*/apple.zip")
        where = f"/{archive.relative_to(site).as_posix()}"
        status, headers, body = ask(port, where, Range="bytes=2-5")
        assert (status, body) == (206, archive.read_bytes()[2:6])
        assert "immutable" in headers["cache-control"]
        status, headers, body = ask(port, where, "HEAD")
        assert (status, headers["content-length"], body) == (200, str(archive.stat().st_size), b"")
        assert check_catalog(f"http://127.0.0.1:{port}/catalog/").findings == ()


def test_pages(site: Path) -> None:
    with served(site) as port:
        status, headers, body = ask(port, "/")
        assert (status, body) == (200, (site / "index.html").read_bytes())
        assert headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in headers["content-security-policy"]
        assert ask(port, "/package/apple/index.html")[0] == 200
        assert ask(port, "/style.css")[1]["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path",
    ["/.site/lock", "/.site/packages/apple.json", "/../secret", "/%2e%2e/secret", "/catalog/../../secret",
     "/..%2fsecret", "/catalog%00", "//etc/passwd", "/%2fetc/passwd", "/catalog/pkg/" + "x" * 5000],
)  # fmt: skip
def test_nothing_else_is_there(site: Path, path: str) -> None:
    (site.parent / "secret").write_text("secret")
    with served(site) as port:
        status, _, body = ask(port, path)
    assert status == 404
    assert b"secret" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_only_reads(site: Path, method: str) -> None:
    with served(site) as port:
        assert ask(port, "/catalog/pkg/apple", method)[0] == 405
    assert (site / "catalog/pkg/apple").exists()


def test_health_and_figures(site: Path) -> None:
    with served(site, metrics=True) as port:
        assert ask(port, "/healthz")[0] == 200
        ask(port, "/catalog/pkg/apple")
        ask(port, "/catalog/pkg/none")
        figures = ask(port, "/metrics")[2].decode()
        assert 'pltpack_requests_total{kind="catalog",status="200"} 1.0' in figures
        assert 'pltpack_requests_total{kind="catalog",status="404"} 1.0' in figures
        (site / "catalog/pkgs-all").unlink()
        assert ask(port, "/healthz")[0] == 503
    with served(site) as port:
        assert ask(port, "/metrics")[0] == 404


def test_links_that_lead_out_are_not_followed(site: Path) -> None:
    (site.parent / "secret").write_text("secret")
    (site / "out").symlink_to(site.parent / "secret")
    with served(site) as port:
        assert ask(port, "/out")[0] == 404
