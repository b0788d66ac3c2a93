"""A catalog server as it is operated: nginx, two application processes, two workers, PostgreSQL, a bucket; and clients
that push at the same time, while processes are replaced. What is in the bucket a real ``raco pkg`` installs."""

from __future__ import annotations

import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.client.client import CatalogClient
from pltpack.pkg.checksum import digests
from pltpack.server.keeping.init import init_server
from pltpack.server.keeping.people import token_for
from pltpack.server.room import Room
from tests.buckets import bucket
from tests.oracle.catalog_client import Client
from tests.oracle.conftest import Compared
from tests.server.fleet import PROGRAM, bucket_settings, fleet, nginx
from tests.server.postgresql import postgresql
from tests.server.running import package_zip
from tests.site.test_asgi import ask

pytestmark = pytest.mark.racket

CLIENTS, PUSHES = 4, 5

BUILD = """\
set -eu
export PLTPACK_SERVER_URL="$1" PLTPACK_TOKEN="$2"
mkdir arcade
printf '#lang info\\n(define version "1.0")\\n(define deps (quote ("base" "c0-0")))\\n' > arcade/info.rkt
printf '#lang racket/base\\n(require c0-0)\\n(provide fruit)\\n' > arcade/main.rkt
"$3" push --wait arcade
"""
"""What a build does in its last step; ``$3`` is the program, which is on the search path elsewhere."""


@pytest.mark.usefixtures("racket")
def test_everything_at_once(tmp_path: Path, compared: Compared) -> None:
    with postgresql() as database, bucket() as endpoint:
        made = init_server(tmp_path / "server", database=database)
        text = made.config.read_text().replace("[publish]\n", bucket_settings(endpoint))
        made.config.write_text(text)
        with Room.open(made.config) as room:
            site = room.places.site
            tokens = [
                token_for(room, f"c{number}@example.org", label="t", scopes=["upload"], packages=[f"c{number}-*"])[0]
                for number in range(CLIENTS)
            ]
            build = token_for(room, "build@example.org", label="t", scopes=["upload"])[0]
        with fleet(made.config) as processes:
            for name in ("one", "two"):
                processes.app(name)
            with nginx(site, processes.sockets) as url:
                for name in ("first", "second"):
                    processes.worker(name)
                acknowledged = pushed_while_restarting(tmp_path, url, tokens, processes.restart)
                assert len(acknowledged) == CLIENTS * 2
                script = ["sh", "-c", BUILD, "build", url, build, PROGRAM]
                done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr + processes.log()
                # The build has waited for its publication, which has all that came before, and is in the bucket.
                for where in (f"{endpoint}/bucket/prefix/catalog/", f"{url}/catalog/"):
                    with open_catalog(where) as catalog:
                        records = catalog.records()
                    for name, sha1 in acknowledged.items():
                        assert records[name].checksum == sha1
                for number, where in enumerate((f"{endpoint}/bucket/prefix/catalog/", f"{url}/catalog/")):
                    client = Client(tmp_path / f"client{number}")
                    installed = client.install(where, "arcade")
                    assert installed.returncode == 0, installed.stderr
                    assert client.installed()["c0-0"] == acknowledged["c0-0"]
                    assert client.loads("arcade")
                what_nginx_lets_through(url, tokens[0])
                who_asks_through_a_socket(processes.sockets / "one.sock")
        with Room.open(made.config) as room:
            from pltpack.server.keeping.doctor import examine_server

            assert examine_server(room, deep=True) == []
    compared(2)


def pushed_while_restarting(folder: Path, url: str, tokens: list[str], restart: object) -> dict[str, str]:
    """Clients push packages again and again; each process is replaced meanwhile. The SHA-1 that was acknowledged last
    of each package."""
    assert callable(restart)
    acknowledged: dict[str, str] = {}
    done = threading.Semaphore(0)

    def push(number: int) -> None:
        archive = folder / f"c{number}.zip"
        with CatalogClient(url, token=tokens[number], retries=8) as client:
            for turn in range(PUSHES):
                name = f"c{number}-{turn % 2}"
                archive.write_bytes(package_zip({f"f{turn}.rkt": ""}))
                client.push(name, archive)
                acknowledged[name] = digests(archive).sha1
                done.release()

    with ThreadPoolExecutor(CLIENTS) as pool:
        pushing = [pool.submit(push, number) for number in range(CLIENTS)]
        for name in ("one", "first", "two", "second"):
            done.acquire(timeout=120)
            restart(name)
        for future in pushing:
            future.result()
    return acknowledged


def what_nginx_lets_through(url: str, token: str) -> None:
    """Requests that the settings of the page treat in a way of their own."""
    port = int(url.rpartition(":")[2])
    assert ask(port, "/api/v1/status", Authorization=f"Bearer {token}")[0] == 200
    assert ask(port, "/healthz")[0] == 200
    assert ask(port, "/metrics")[0] == 200, "the proxy tells that it was asked by this machine"
    assert ask(port, "/")[0] == 200
    assert ask(port, "/package/arcade/")[0] == 200
    for path in ("/catalog/pkg/none", "/catalog/pkg/", "/catalog", "/.site/lock", "/catalog.toml", "/pkgs/", "/none"):
        assert ask(port, path)[0] == 404, path
    status, headers, _ = ask(port, "/catalog/pkg/arcade?version=8.7", Accept_Encoding="gzip")
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/s-expr", "no-cache")
    assert "content-encoding" not in headers


def who_asks_through_a_socket(path: Path) -> None:
    """Who is of this machine, or who that one says."""
    for who, status in ((b"", b"200"), (b"X-Forwarded-For: 203.0.113.9\r\n", b"403")):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /metrics HTTP/1.0\r\n" + who + b"\r\n")
            assert client.recv(1 << 16).split(b" ")[1] == status
