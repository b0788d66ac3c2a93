"""Servers that fail, lie and mislead: nothing is installed, or all of it, and nothing of this machine is given away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pltpack.errors import ChecksumError, FetchError, PltError, UnsafePathError
from pltpack.scope.change import change_setting
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope
from tests.scope.scopes import AUTO, catalog, is_whole, make_package, scope_in
from tests.servers import Route, Server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "www"
    archives = [
        make_package(root / "a.zip", deps='"b"'),
        make_package(root / "b.zip", deps='"c"'),
        make_package(root / "c.zip"),
    ]
    catalog(root, archives)
    with serving(root) as server:
        yield server


def opened(folder: Path, server: Server) -> Scope:
    scope = scope_in(folder, catalogs=(server.url,))
    change_setting(scope, "network-retries", ["0"])
    return scope_in(folder, catalogs=(server.url,))


@pytest.mark.parametrize(
    "route",
    [Route(500), Route(403), Route(200, b"cut", length=1000), Route(200, b"not what was asked for"), Route(404)],
    ids=["500", "403", "cut off", "other content", "404"],
)
def test_every_request_fails_once(tmp_path: Path, server: Server, route: Route) -> None:
    for nth in range(1, 20):
        folder = tmp_path / f"turn{nth}"
        count = 0

        def answer(_path: str, _headers: Mapping[str, str], nth: int = nth) -> Route | None:
            nonlocal count
            count += 1
            return route if count == nth else None

        server.answering = answer
        with opened(folder, server) as scope:
            try:
                scope.apply(scope.plan(install=["a"], options=AUTO))
            except PltError:
                assert not scope.packages, f"request {nth}"
            else:
                assert set(scope.packages) == {"a", "b", "c"}
            assert is_whole(scope)
        if count < nth:
            return
    pytest.fail("there is no end of requests")


def test_a_checksum_that_changes_between_two_requests(tmp_path: Path, server: Server) -> None:
    """The archive that comes is not the one of the checksum that came before."""
    (server.root / "x").mkdir()
    old = make_package(server.root / "x" / "c.zip", "1.0")
    new = make_package(server.root / "y" / "c.zip", "6.6")
    server.routes["/x/c.zip.CHECKSUM"] = Route(200, hashlib.sha1(old.read_bytes()).hexdigest().encode())
    server.routes["/x/c.zip"] = Route(200, new.read_bytes())
    with opened(tmp_path, server) as scope, pytest.raises(ChecksumError, match="mismatched checksum"):
        scope.plan(install=[f"{server.url}x/c.zip"], options=AUTO)


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x.zip"])
def test_a_redirect_to_something_else_than_a_server(tmp_path: Path, server: Server, target: str) -> None:
    server.routes["/c.zip"] = Route(302, headers={"Location": target})
    with opened(tmp_path, server) as scope, pytest.raises((FetchError, UnsafePathError)):
        scope.plan(install=["c"], options=AUTO)


@pytest.mark.parametrize("source", ["/etc/hostname.zip", "file:///etc/x.zip", "file:///etc?type=link"])
def test_a_catalog_of_another_host_that_names_files_of_this_one(tmp_path: Path, server: Server, source: str) -> None:
    (server.root / "pkg" / "c").write_text(f'#hash((checksum . "{"0" * 40}") (source . "{source}"))')
    refused = pytest.raises(UnsafePathError, match="a catalog of another host names a file of this one")
    with opened(tmp_path, server) as scope, refused:
        scope.plan(install=["c"], options=AUTO)


def test_files_of_this_machine_can_be_had_back(tmp_path: Path, server: Server) -> None:
    directory = tmp_path / "mine"
    directory.mkdir()
    source = f"file://{directory}?type=link"
    (server.root / "pkg" / "c").write_text(f'#hash((checksum . #f) (source . "{source}"))')
    with opened(tmp_path, server) as scope:
        plan = scope.plan(install=["c"], options=Options(deps="force", as_racket=True))
    assert [step.name for step in plan.steps] == ["c"]


def test_without_a_network_the_cache_is_enough(tmp_path: Path, server: Server) -> None:
    with opened(tmp_path, server) as scope:
        scope.apply(scope.plan(install=["a"], options=AUTO))
        scope.apply(scope.plan(remove=["a"], auto=True))
    asked = len(server.log)
    with opened(tmp_path, server) as scope:
        scope.access = replace(scope.access, offline=True)
        with pytest.raises(PltError):
            scope.plan(install=[f"{server.url}new.zip"], options=AUTO)
        scope.apply(scope.plan(install=["a"], options=AUTO))
        assert set(scope.packages) == {"a", "b", "c"}
    assert len(server.log) == asked
