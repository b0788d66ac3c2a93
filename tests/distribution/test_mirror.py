"""Copies of other sites' installers: chosen, checked, and kept by versions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pltpack.distribution.check import check_distribution
from pltpack.distribution.mirror import mirror_installers
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import forget_installers, record_installer
from pltpack.distribution.tables import read_tables
from pltpack.errors import CallError, EntryExistsError, FetchError, FormatError, LimitError
from pltpack.fetch.transport import Answer, NetworkPolicy
from tests.servers import Route, serving
from tests.trees import files_in

QUICK = NetworkPolicy(retries=1, pause=0.001)


def remote(folder: Path, version: str, *, systems: tuple[str, ...] = ("linux", "win")) -> Path:
    """A site of a version, in the place of the one before."""
    (folder / "made").mkdir(parents=True, exist_ok=True)
    site = folder / "remote"
    old = list(read_tables(site).files)
    if old:
        forget_installers(site, old)
    for system in systems:
        file = folder / "made" / f"racket-{version}-{system}.sh"
        file.write_text(f"{version} {system}")
        record_installer(site, file, f"{{1}} Racket | {system}", version=version)
    return site


def test_only_what_is_wanted_comes_and_nothing_twice(tmp_path: Path) -> None:
    far, site = remote(tmp_path, "8.6"), tmp_path / "site"
    with serving(far) as server:
        url = f"{server.url}installers/"
        planned = mirror_installers(url, site, only=["*linux*"], dry_run=True)
        assert not site.exists()
        done = mirror_installers(url, site, only=["*linux*"])
        assert planned.fetched == done.fetched == ["racket-8.6-linux.sh"]
        assert (done.version, done.size) == ("8.6", len("8.6 linux"))
        assert read_tables(site).files == {"{1} Racket | linux": "racket-8.6-linux.sh"}
        server.log.clear()
        again = mirror_installers(url.rstrip("/"), site, only=["*linux*"])
        assert (again.fetched, again.kept, again.written.paths) == ([], ["racket-8.6-linux.sh"], [])
        assert not [line for line in server.log if ".sh" in line]
        (site / "installers/racket-8.6-linux.sh").write_text("changed")
        assert mirror_installers(url, site, only=["*linux*"]).fetched == ["racket-8.6-linux.sh"]
        assert sorted(mirror_installers(url, site).fetched) == ["racket-8.6-win.sh"]
        assert mirror_installers(url, site, only=["*win*"]).removed == ["racket-8.6-linux.sh"]
    write_installer_page(site)
    assert check_distribution(site, installers=False).sound


def test_earlier_versions_of_one_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    far = remote(tmp_path, "8.4")
    with serving(far) as server:
        url = f"{server.url}installers/"
        for version in ("8.4", "8.9", "8.10", "8.11"):
            remote(tmp_path, version, systems=("linux",))
            done = mirror_installers(url, site, keep=3)
        assert done.removed == ["racket-8.4-linux.sh"]
    assert read_tables(site).version == "8.11"
    assert read_tables(site).files == {
        "{1} Racket | linux": "racket-8.11-linux.sh",
        "{~} Earlier versions | 8.10 | Racket | linux": "racket-8.10-linux.sh",
        "{~} Earlier versions | 8.9 | Racket | linux": "racket-8.9-linux.sh",
    }
    assert {name for name in files_in(site / "installers") if name.endswith(".sh")} == {
        "racket-8.11-linux.sh", "racket-8.10-linux.sh", "racket-8.9-linux.sh"
    }  # fmt: skip


def test_a_folder_is_copied_as_a_server_is(tmp_path: Path) -> None:
    far, site = remote(tmp_path, "8.6"), tmp_path / "site"
    done = mirror_installers(str(far / "installers"), site, only=["*win*"])
    assert done.fetched == ["racket-8.6-win.sh"]
    assert (site / "installers/racket-8.6-win.sh").read_text() == "8.6 win"


def test_what_was_recorded_by_hand_stays(tmp_path: Path) -> None:
    far, site = remote(tmp_path, "8.6"), tmp_path / "site"
    own = tmp_path / "racket-8.6-win.sh"
    own.write_text("own")
    record_installer(site, own, "{1} Racket | linux")
    with serving(far) as server:
        done = mirror_installers(f"{server.url}installers/", site)
    assert all(isinstance(error, EntryExistsError) for error in done.failed.values())
    assert len(done.failed) == 2
    assert (site / "installers/racket-8.6-win.sh").read_text() == "own"


def test_what_is_wrong_is_not_taken_and_the_rest_is(tmp_path: Path) -> None:
    far, site = remote(tmp_path, "8.6", systems=("a", "b", "c", "d")), tmp_path / "site"
    with serving(far) as server:
        place = "/installers/racket-8.6-{}.sh"
        server.routes[place.format("a")] = Route(200, b"8.6 A")
        server.routes[place.format("b")] = Route(404)
        server.routes[place.format("c")] = Route(200, b"8.6", length=5)
        done = mirror_installers(f"{server.url}installers/", site, policy=QUICK)
        assert set(done.failed) == {"racket-8.6-a.sh", "racket-8.6-b.sh", "racket-8.6-c.sh"}
        assert done.fetched == ["racket-8.6-d.sh"]
        assert read_tables(site).version is None, "not all of it is there"
        server.routes.clear()
        assert mirror_installers(f"{server.url}installers/", site, policy=QUICK).failed == {}
    assert read_tables(site).version == "8.6"
    write_installer_page(site)
    assert check_distribution(site, installers=False).sound


class Endless:
    """What answers requests from a table, and with data without an end where that has a number."""

    def __init__(self, answers: Mapping[str, bytes | None]) -> None:
        self.answers = answers
        self.sent = 0

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str] = {}) -> Iterator[Answer]:  # noqa: ARG002
        name = url.rpartition("/")[2]
        yield _Answer(self, url, name in self.answers, self.answers.get(name))

    def close(self) -> None:
        pass


class _Answer:
    def __init__(self, server: Endless, url: str, found: bool, body: bytes | None) -> None:
        self.status = 200 if found else 404
        self.url = url
        self.headers: Mapping[str, str] = {}
        self._server = server
        self._body = body

    def blocks(self) -> Iterator[bytes]:
        if self._body is not None:
            yield self._body
            return
        while True:
            self._server.sent += 1 << 16
            yield bytes(1 << 16)


def test_names_that_lead_out_and_files_that_never_end(tmp_path: Path) -> None:
    site = tmp_path / "site"
    sums = b'#hash(("B" . #hash((filename . "b.sh") (sha1 . "") (sha256 . "") (size . 1))))'
    table = b'#hash(("A" . "../../x") ("B" . "b.sh") ("C" . "c.sh"))'
    server = Endless({"table.rktd": table, "installers.rktd": sums, "b.sh": None, "c.sh": b"c"})
    done = mirror_installers("https://far/", site, transport=server)
    assert set(done.failed) == {"../../x", "b.sh"}
    assert done.unchecked == ["c.sh"]
    assert server.sent <= 1 << 19
    assert not (tmp_path / "x").exists()
    with pytest.raises(LimitError):
        mirror_installers("https://far/", site, transport=Endless({"table.rktd": None}))


def test_without_tables_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    with serving(tmp_path / "far") as server:
        with pytest.raises(FetchError, match="404"):
            mirror_installers(server.url, tmp_path / "site", policy=QUICK)
        (tmp_path / "far/table.rktd").write_text("<html>")
        with pytest.raises(FormatError):
            mirror_installers(server.url, tmp_path / "site", policy=QUICK)
    with pytest.raises(CallError):
        mirror_installers("file:///none", tmp_path / "site")
    assert not (tmp_path / "site").exists()
