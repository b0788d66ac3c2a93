"""Sources: when they are looked at, what becomes of an answer, and where nobody may look."""

from __future__ import annotations

import hashlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.catalog.locations import open_catalog
from pltpack.errors import FetchError
from pltpack.fetch.git_program import GitProgram
from pltpack.fetch.transport import HttpTransport, NetworkPolicy
from pltpack.server.keeping.refreshing import refresh_now
from pltpack.server.sources.addresses import Addresses
from pltpack.server.sources.fetching import public_message
from pltpack.server.sources.state import LONGEST, Check, failed, succeeded
from pltpack.server.sources.watch import look_at_due
from tests.server.running import Clock, Running, package_zip, room, running
from tests.servers import Route, Server, serving

GAMES = "/api/v1/packages/games"


class TestState:
    @given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1)), max_size=40), st.integers(1, 3600))
    def test_failures_are_looked_at_later_each_time(self, steps: list[tuple[int, float]], base: int) -> None:
        check, now, pause = Check(), 1_700_000_000, 0
        for passed, chance in steps:
            now += passed
            before = check
            check = failed(before, "fetch", "gone", now=now, base=base, chance=chance)
            assert check.failures == before.failures + 1
            assert check.since == (before.since if before.failures else now)
            assert min(base, LONGEST) <= check.due - now <= LONGEST
            assert check.due - now >= min(LONGEST, base * 2 ** min(before.failures, 20)) or check.due - now == LONGEST
            pause = max(pause, check.due - now)
        good = succeeded(now=now, changed=False, hours=24, chance=0.5)
        assert (good.failures, good.since, good.message, good.state) == (0, None, None, "unchanged")
        assert 0.9 * 86400 <= good.due - now <= 1.1 * 86400

    def test_what_a_server_asks_for_is_heeded_within_a_day(self) -> None:
        for wait, expected in ((5, 60), (7200, 7200), (10**7, LONGEST)):
            check = failed(Check(), "fetch", "busy", now=0, base=60, chance=0.0, wait=wait)
            assert check.due == expected

    def test_it_is_stale_after_some_days(self) -> None:
        check = failed(Check(), "fetch", "gone", now=1000, base=60, chance=0)
        assert not check.is_stale(1000 + 86399, 1)
        assert check.is_stale(1000 + 86400, 1)
        assert not Check().is_stale(10**12, 1)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
            *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
            *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
            "2001:0:7f00:1::", "no address", "",
        ],
    )  # fmt: skip
    def test_addresses_that_are_not_public(self, address: str) -> None:
        assert not Addresses().allows(address)
        with pytest.raises(FetchError, match="not a public one"):
            Addresses()("host", address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
    def test_addresses_that_are(self, address: str) -> None:
        assert Addresses().allows(address)

    def test_networks_of_the_operator(self) -> None:
        guard = Addresses(["127.0.0.0/8", "fd00::/8"])
        assert guard.allows("127.0.0.1")
        assert guard.allows("fd12::1")
        assert not guard.allows("10.0.0.1")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Server]:
    """A server of sources, on this machine."""
    (tmp_path / "source").mkdir()
    with serving(tmp_path / "source") as server:
        yield server


def put(source: Server, data: bytes, name: str = "games.zip", *, checksum: bool = True) -> str:
    (source.root / name).write_bytes(data)
    if checksum:
        (source.root / f"{name}.CHECKSUM").write_text(hashlib.sha1(data).hexdigest())
    return f"{source.url}{name}"


LOCAL = '[sources]\nnetworks = ["127.0.0.0/8", "::1/128"]'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, LOCAL, clock=Clock()) as found:
        yield found


def clock(server: Running) -> Clock:
    assert isinstance(server.room.clock, Clock)
    return server.room.clock


def add(server: Running, url: str, name: str = "games") -> None:
    answer = server.ask("PUT", f"/api/v1/packages/{name}", {"source": url}, token=server.token)
    assert answer.status == 201, answer.body


class TestLooking:
    def test_a_new_source_comes_into_the_catalog(self, server: Running, source: Server) -> None:
        url = put(source, package_zip())
        add(server, url)
        server.work()
        shown = server.ask("GET", GAMES).json
        assert (shown["published"], shown["check"]["state"], shown["description"]) == (True, "ok", "fruit")
        with open_catalog(server.room.places.site / "catalog", absolute=False) as catalog:
            record = catalog["games"]
        assert (record.source, record.checksum) == (url, hashlib.sha1(package_zip()).hexdigest())
        assert record.modules
        assert not list(server.room.places.site.glob("pkgs/*/*/games.zip")), "it stays where it is"

    def test_nothing_is_fetched_twice(self, server: Running, source: Server) -> None:
        add(server, put(source, package_zip()))
        server.work()
        source.log.clear()
        clock(server).now += 30 * 3600
        assert look_at_due(server.room) == 1
        server.work()
        assert source.log == ["GET /games.zip.CHECKSUM -> 200"]
        assert server.ask("GET", GAMES).json["check"]["state"] == "unchanged"
        assert look_at_due(server.room) == 0

    def test_without_a_checksum_the_mark_of_the_server_does(self, server: Running, source: Server) -> None:
        url = put(source, package_zip(), checksum=False)
        tag = '"one"'

        def answering(path: str, headers: object) -> Route | None:
            assert hasattr(headers, "get")
            if path == "/games.zip" and headers.get("if-none-match") == tag:
                return Route(304)
            return Route(200, (source.root / "games.zip").read_bytes(), {"ETag": tag}) if path == "/games.zip" else None

        source.answering = answering
        add(server, url)
        server.work()
        assert server.ask("GET", GAMES).json["published"] is True
        source.log.clear()
        server.ask("POST", f"{GAMES}/refresh", token=server.token)
        server.work()
        assert source.log == ["GET /games.zip.CHECKSUM -> 404", "GET /games.zip -> 304"]
        assert server.ask("GET", GAMES).json["check"]["state"] == "unchanged"

    @pytest.mark.parametrize("checksum", [True, False])
    def test_new_content_takes_the_place_of_old(self, server: Running, source: Server, checksum: bool) -> None:
        add(server, put(source, package_zip(), checksum=checksum))
        server.work()
        put(source, package_zip({"more.rkt": ""}), checksum=checksum)
        answer = server.ask("POST", "/api/v1/refresh", {"packages": ["games"]}, token=server.token)
        assert answer.status == 202
        server.work()
        shown = server.ask("GET", GAMES).json
        assert (shown["published"], shown["modules"]) == (True, ["games/main.rkt", "games/more.rkt"])
        assert shown["version"] == 1, "a look is no edit"

    def test_what_is_known_stays_when_a_source_fails(self, server: Running, source: Server) -> None:
        add(server, put(source, package_zip()))
        server.work()
        (source.root / "games.zip").unlink()
        (source.root / "games.zip.CHECKSUM").unlink()
        for number in (1, 2):
            server.ask("POST", f"{GAMES}/refresh", token=server.token)
            server.work()
            check = server.ask("GET", GAMES).json["check"]
            assert (check["state"], check["failures"], check["code"]) == ("failed", number, "fetch")
            assert "404" in check["message"]
        with open_catalog(server.room.places.site / "catalog") as catalog:
            record = catalog["games"]
        assert record.checksum == hashlib.sha1(package_zip()).hexdigest()
        assert "404" in str(record.get("checksum-error"))
        clock(server).now += 15 * 86400
        assert server.ask("GET", GAMES).json["check"]["stale"] is True
        put(source, package_zip())
        server.ask("POST", f"{GAMES}/refresh", token=server.token)
        server.work()
        with open_catalog(server.room.places.site / "catalog") as catalog:
            assert catalog["games"].get("checksum-error") is None

    def test_one_bad_source_does_not_stop_the_others(self, server: Running, source: Server) -> None:
        bad = put(source, b"no archive", "bad.zip")
        bomb = put(source, package_zip(info="#lang racket\n(error 1)\n"), "odd.zip")
        good = put(source, package_zip(), "good.zip")
        for name, url in (("bad", bad), ("odd", bomb), ("good", good), ("gone", f"{source.url}gone.zip")):
            add(server, url, name)
        done = refresh_now(server.room, all=True)
        assert done.looked == ["bad", "gone", "good", "odd"]
        assert done.changed == ["good"]
        assert set(done.failed) == {"bad", "gone", "odd"}
        with open_catalog(server.room.places.site / "catalog") as catalog:
            assert list(catalog.names()) == ["good"]

    def test_an_edit_while_it_is_looked_at_drops_what_was_found(self, server: Running, source: Server) -> None:
        url = put(source, package_zip())
        add(server, url)

        def answering(path: str, _headers: object) -> Route | None:
            if path == "/games.zip":
                server.ask("PATCH", GAMES, {"description": "edited"}, token=server.token)
            return None

        source.answering = answering
        server.work()
        shown = server.ask("GET", GAMES).json
        assert (shown["description"], shown["version"] > 1) == ("edited", True)

    def test_copies_are_kept_if_that_is_wanted(self, tmp_path: Path, source: Server) -> None:
        with room(tmp_path / "vendor", f"{LOCAL}\nvendor = true") as keeping:
            from pltpack.server.records.edits import create
            from pltpack.server.records.events import SERVER
            from pltpack.server.records.package import Edition, Fields

            fields = Fields(source=put(source, package_zip()))
            create(keeping.room, SERVER, "games", Edition(fields=fields, owners=("admin",)))
            keeping.work()
            (kept,) = keeping.room.places.site.glob("pkgs/*/*/games.zip")
            assert kept.read_bytes() == package_zip()
            with open_catalog(keeping.room.places.site / "catalog", absolute=False) as catalog:
                assert (catalog["games"].source or "").startswith("../pkgs/")

    def test_a_repository(self, server: Running, source: Server, git: str) -> None:
        work = source.root / "work"
        subprocess.run([git, "init", "-q", "-b", "main", work], check=True)
        (work / "info.rkt").write_text('#lang info\n(define version "2.0")\n')
        (work / "main.rkt").write_text("#lang racket/base\n")
        settings = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run([git, "-C", work, "add", "."], check=True)
        subprocess.run([git, "-C", work, *settings, "commit", "-q", "-m", "x"], check=True)
        bare = source.root / "games.git"
        subprocess.run([git, "clone", "-q", "--bare", work, bare], check=True)
        subprocess.run([git, "-C", bare, "update-server-info"], check=True)
        add(server, f"{source.url}games.git")
        server.work()
        shown = server.ask("GET", GAMES).json
        assert shown["check"]["message"] is None
        commit = subprocess.run([git, "-C", work, "rev-parse", "HEAD"], capture_output=True, check=True, text=True)
        assert (shown["checksum"], shown["archive"]["version"]) == (commit.stdout.strip(), "2.0")


class TestNobodyMayLookThere:
    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "0.0.0.0", "[::]", "0"),
            *(
                "2130706433",
                "127.1",
                "0x7f.1",
                "0x7f000001",
                "017700000001",
                "0177.0.0.1",
                "127.0.0.1.",
                "127.255.255.254",
            ),
            *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::1%25lo]"),
            *("ann@127.0.0.1", "example.org:80@127.0.0.1", "127。0。0。1", "①②⑦.0.0.1"),
        ],
    )
    def test_this_machine(self, source: Server, host: str) -> None:
        transport = HttpTransport(NetworkPolicy(timeout=5, retries=0), guard=Addresses())
        try:
            with pytest.raises(FetchError), transport.get(f"http://{host}:{source.port}/x"):
                pass
        finally:
            transport.close()
        assert source.log == []

    def test_behind_a_redirect(self, source: Server) -> None:
        allowed = Addresses(["127.0.0.1/32"])
        source.routes["/hop"] = Route(302, b"", {"Location": f"http://127.0.0.2:{source.port}/secret"})
        source.routes["/file"] = Route(302, b"", {"Location": "file:///etc/passwd"})
        transport = HttpTransport(NetworkPolicy(timeout=5, retries=0), guard=allowed)
        try:
            for path, words in (("hop", "not a public one"), ("file", "no answer")):
                with pytest.raises(FetchError, match=words), transport.get(f"{source.url}{path}"):
                    pass
        finally:
            transport.close()
        assert [line.split()[1] for line in source.log] == ["/hop", "/file"]

    def test_a_name_that_means_another_address_a_moment_later(
        self, source: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = iter([("93.184.216.34", 80), ("127.0.0.1", source.port)])
        asked = []

        def resolve(host: str, port: int, *_more: object, **_others: object) -> list[object]:
            asked.append(host)
            if host[0].isdigit():  # what was looked at is connected to
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", next(answers))]

        connected = []

        def connect(address: tuple[str, int], *_more: object, **_others: object) -> socket.socket:
            connected.append(address[0])
            raise OSError("not reached")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr("pltpack.fetch.guarded.create_connection", connect)
        transport = HttpTransport(NetworkPolicy(timeout=5, retries=0), guard=Addresses())
        with pytest.raises(FetchError), transport.get(f"http://changing.example:{source.port}/x"):
            pass
        transport.close()
        assert connected == ["93.184.216.34"]

    def test_a_name_with_a_private_address_among_public_ones(
        self, source: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def resolve(_host: str, port: int, *_more: object, **_others: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (to, port)) for to in ("93.184.216.34", "127.0.0.1")]

        def connect(*_arguments: object, **_others: object) -> socket.socket:
            raise AssertionError("nobody connects")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr("pltpack.fetch.guarded.create_connection", connect)
        transport = HttpTransport(NetworkPolicy(timeout=5, retries=0), guard=Addresses())
        with pytest.raises(FetchError, match="not a public one"), transport.get(f"http://two.example:{source.port}/x"):
            pass
        transport.close()

    @pytest.mark.parametrize(
        "url",
        [
            *(
                "http://127.0.0.1:{port}/\r\nX-Evil: 1",
                "http://127.0.0.1:{port}/x\r\n\r\nGET /y",
                "http://127.0.0.1:{port}\r\n/x",
            ),
            *("http://127.0.0.1:{port}/%0d%0aX-Evil:%201", "http://ann\r\nX-Evil: 1@127.0.0.1:{port}/x"),
        ],
        ids=range(5),
    )
    def test_no_header_comes_from_a_source(self, tmp_path: Path, source: Server, url: str) -> None:
        with running(tmp_path / "local", LOCAL) as server:
            answer = server.ask("PUT", GAMES, {"source": url.format(port=source.port)}, token=server.token)
            assert answer.status in (201, 422)
            server.work()
        assert all("x-evil" not in headers for headers in source.headers)
        assert not any("/y" in line.split()[1] for line in source.log)

    def test_credentials_and_proxies_stay_here(
        self, source: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        (source.root / "x").write_bytes(b"x")
        transport = HttpTransport(NetworkPolicy(timeout=5, retries=0), guard=Addresses(["127.0.0.0/8"]))
        try:
            with transport.get(f"{source.url}x") as answer:
                assert answer.status == 200
        finally:
            transport.close()
        assert "authorization" not in source.headers[0]

    @pytest.mark.parametrize(
        "url",
        [
            *("http://127.0.0.1:{port}/x.git", "https://127.0.0.1/x.git", "https://localhost/x.git"),
            *("file:///etc", "ext::sh -c x"),
        ],
    )
    def test_repositories(self, source: Server, git: str, url: str) -> None:
        program = GitProgram(git, NetworkPolicy(timeout=5, longest=10), guard=Addresses())
        with pytest.raises(FetchError):
            program.references(url.format(port=source.port), None)
        assert source.log == []

    def test_repositories_that_lead_elsewhere(self, source: Server, git: str) -> None:
        source.routes["/x.git/info/refs"] = Route(302, b"", {"Location": f"http://127.0.0.2:{source.port}/y"})
        guard = Addresses(["127.0.0.1/32"])
        program = GitProgram(git, NetworkPolicy(timeout=5, longest=10), guard=guard, plain=True)
        with pytest.raises(FetchError):
            program.references(f"{source.url}x.git", None)
        assert len(source.log) == 1

    def test_a_source_that_is_too_large_or_too_slow(self, tmp_path: Path, source: Server) -> None:
        put(source, b"x" * 200_000)
        with running(tmp_path / "small", f"{LOCAL}\nbytes = 100000\nseconds = 2") as server:
            add(server, f"{source.url}games.zip")
            source.routes["/slow.zip.CHECKSUM"] = Route(200, b"x", stall=True, length=40)
            add(server, f"{source.url}slow.zip", "slow")
            server.work()
            large = server.ask("GET", GAMES).json["check"]
            assert (large["state"], large["code"]) == ("failed", "limit")
            assert server.ask("GET", "/api/v1/packages/slow").json["check"]["state"] == "failed"


def test_failures_tell_no_paths_of_ours() -> None:
    error = FetchError("git failed: unable to open '/var/lib/pltpack/x/y' from https://example.org/a/b\nand more")
    assert public_message(error) == "git failed: unable to open '...' from https://example.org/a/b and more"
