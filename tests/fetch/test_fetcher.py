"""Every type of source becomes content that was checked."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.catalog.record import Record
from pltpack.datum.values import Datum
from pltpack.errors import (
    ChecksumError,
    FetchError,
    LimitError,
    PackageError,
    PltError,
    UnknownPackageError,
    UnsafePathError,
)
from pltpack.fetch.cache import Cache
from pltpack.fetch.racket_cache import RacketCache
from pltpack.fetch.transport import NetworkPolicy
from tests.fetch.conftest import MakeFetcher
from tests.servers import Route, Server


def archive(text: str = "(define deps '())") -> bytes:
    """A package as a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo("info.rkt"), f"#lang info\n{text}")
    return out.getvalue()


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def publish(server: Server, path: str, data: bytes, *, checksum: bool = True) -> str:
    """Put an archive on the server; its URL."""
    file = server.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    if checksum:
        Path(f"{file}.CHECKSUM").write_text(sha1(data))
    return server.url + path


class TestLocal:
    def test_a_file(self, tmp_path: Path, fetcher: MakeFetcher) -> None:
        (tmp_path / "a.zip").write_bytes(archive())
        for source in (str(tmp_path / "a.zip"), f"file://{tmp_path}/a.zip"):
            found = fetcher().fetch(source)
            assert (found.path, found.kind, found.name) == (tmp_path / "a.zip", "file", "a")
            assert found.checksum == sha1(archive())
            assert found.sha256 == hashlib.sha256(archive()).hexdigest()

    def test_the_checksum_must_be_right(self, tmp_path: Path, fetcher: MakeFetcher) -> None:
        (tmp_path / "a.zip").write_bytes(archive())
        with pytest.raises(ChecksumError, match="should have '0000'"):
            fetcher().fetch(str(tmp_path / "a.zip"), checksum="0000")
        (tmp_path / "a.zip.CHECKSUM").write_text("1" * 40)
        with pytest.raises(PackageError, match="CHECKSUM says"):
            fetcher().fetch(str(tmp_path / "a.zip"))

    @pytest.mark.parametrize("source", ["{}/d", "{}/d/", "file://{}/d", "file://{}/d/", "file://{}/d?type=link"])
    def test_a_directory(self, source: str, tmp_path: Path, fetcher: MakeFetcher) -> None:
        (tmp_path / "d").mkdir()
        found = fetcher().fetch(source.format(tmp_path))
        assert (found.path, found.kind, found.name, found.checksum) == (tmp_path / "d", "directory", "d", None)

    def test_what_is_not_there(self, tmp_path: Path, fetcher: MakeFetcher) -> None:
        with pytest.raises(FileNotFoundError):
            fetcher().fetch(str(tmp_path / "a.zip"))
        with pytest.raises(FetchError, match="no such directory"):
            fetcher().fetch(str(tmp_path / "d"))
        with pytest.raises(PackageError):
            fetcher().fetch("ftp://x/y.zip")


class TestArchives:
    def test_it_is_fetched_once(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "pkgs/a.zip", archive())
        first, second = fetcher().fetch(url), fetcher().fetch(url)
        assert (first.cached, second.cached, first.path) == (False, True, second.path)
        assert first.path.read_bytes() == archive()
        assert (first.checksum, first.name, first.size) == (sha1(archive()), "a", len(archive()))
        assert server.log == [
            "GET /pkgs/a.zip.CHECKSUM -> 200", "GET /pkgs/a.zip -> 200", "GET /pkgs/a.zip.CHECKSUM -> 200"
        ]  # fmt: skip

    def test_a_known_checksum_is_not_asked_for(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", archive(), checksum=False)
        fetcher().fetch(url, checksum=sha1(archive()))
        fetcher().fetch(url, checksum=sha1(archive()))
        assert server.log == ["GET /a.zip -> 200"]

    def test_without_a_checksum_the_content_tells(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", archive(), checksum=False)
        assert fetcher().fetch(url).checksum == sha1(archive())
        assert fetcher().checksum(url) is None
        new = archive() + b"\0"
        publish(server, "a.zip", new, checksum=False)
        assert fetcher(offline=True).fetch(url).checksum == sha1(archive())
        assert fetcher().fetch(url).checksum == sha1(new)
        assert fetcher(offline=True).fetch(url).checksum == sha1(new)

    @pytest.mark.parametrize("text", [f"{'0' * 40}\n", "A" * 40, "", "<html>", "0" * 39])
    def test_a_malformed_checksum_is_said(self, text: str, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", archive())
        (server.root / "a.zip.CHECKSUM").write_text(text)
        with pytest.raises(ChecksumError, match="no checksum"):
            fetcher().fetch(url)

    @pytest.mark.parametrize("checksum", ["", "A" * 40, "0" * 41])
    def test_what_can_be_no_checksum(self, checksum: str, server: Server, fetcher: MakeFetcher) -> None:
        with pytest.raises(PackageError, match="which is none"):
            fetcher().fetch(publish(server, "a.zip", archive()), checksum=checksum)

    def test_other_content_is_an_error_and_not_kept(self, server: Server, fetcher: MakeFetcher, cache: Cache) -> None:
        url = publish(server, "a.zip", archive())
        with pytest.raises(ChecksumError, match="damaged, or was replaced"):
            fetcher().fetch(url, checksum="0" * 40)
        assert [entry for entry in cache.entries() if entry.key[0] == "archive"] == []

    def test_a_query_is_kept(self, server: Server, fetcher: MakeFetcher) -> None:
        publish(server, "a.zip", archive())
        assert fetcher().fetch(f"{server.url}a.zip?x=1").name == "a"
        assert server.log == ["GET /a.zip.CHECKSUM?x=1 -> 200", "GET /a.zip?x=1 -> 200"]

    def test_new_content_at_the_same_place(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", archive())
        fetcher().fetch(url)
        publish(server, "a.zip", archive('(define deps \'("x"))'))
        assert not fetcher().fetch(url).cached

    @pytest.mark.parametrize("status", [403, 404, 410, 204])
    def test_answers_that_are_none(self, status: int, server: Server, fetcher: MakeFetcher) -> None:
        server.routes["/a.zip"] = Route(status)
        with pytest.raises(FetchError, match=str(status)) as caught:
            fetcher().fetch(f"{server.url}a.zip", checksum="0" * 40)
        assert caught.value.status == status

    def test_damage_in_the_cache_is_mended(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", archive())
        found = fetcher().fetch(url)
        found.path.chmod(0o644)
        found.path.write_bytes(b"damaged")
        again = fetcher().fetch(url)
        assert (again.cached, again.path.read_bytes()) == (False, archive())


class TestBrokenDownloads:
    DATA = bytes(range(256)) * 64
    STEP = 4096

    def cut(self, server: Server, *, mark: str | None = '"one"', honest: bool = True) -> list[str]:
        """Have the server break off every 4 KiB; the ranges that it was asked for."""
        asked: list[str] = []

        def answer(path: str, headers: object) -> Route | None:
            if path != "/a.zip":
                return None
            assert isinstance(headers, dict)
            asked.append(headers.get("range", ""))
            start = int(asked[-1].removeprefix("bytes=").removesuffix("-") or 0) if honest else 0
            left = self.DATA[start:]
            extra = {"ETag": mark} if mark else {}
            if start:
                extra["Content-Range"] = f"bytes {start}-{len(self.DATA) - 1}/{len(self.DATA)}"
            return Route(206 if start else 200, left[: self.STEP], extra, len(left))

        server.answering = answer
        return asked

    def test_it_goes_on_where_it_broke_off(self, server: Server, fetcher: MakeFetcher) -> None:
        asked = self.cut(server)
        found = fetcher().fetch(f"{server.url}a.zip", checksum=sha1(self.DATA))
        assert found.path.read_bytes() == self.DATA
        assert asked == ["", "bytes=4096-", "bytes=8192-", "bytes=12288-"]

    def test_another_run_goes_on(self, server: Server, fetcher: MakeFetcher) -> None:
        asked = self.cut(server)
        with pytest.raises(FetchError, match="cut off"):
            fetcher(policy=NetworkPolicy(retries=1, pause=0)).fetch(f"{server.url}a.zip", checksum=sha1(self.DATA))
        assert fetcher().fetch(f"{server.url}a.zip", checksum=sha1(self.DATA)).path.read_bytes() == self.DATA
        assert asked == ["", "bytes=4096-", "bytes=8192-", "bytes=12288-"]

    def test_a_server_without_ranges_begins_anew(self, server: Server, fetcher: MakeFetcher) -> None:
        asked = self.cut(server, honest=False)
        with pytest.raises(FetchError, match="cut off after 4096 bytes"):
            fetcher().fetch(f"{server.url}a.zip", checksum=sha1(self.DATA))
        assert len(asked) == 6

    def test_without_mark_and_checksum_nothing_is_put_together(self, server: Server, fetcher: MakeFetcher) -> None:
        asked = self.cut(server, mark=None)
        with pytest.raises(FetchError, match="cut off"):
            fetcher().fetch(f"{server.url}a.zip")
        assert set(asked) == {""}

    def test_a_part_that_does_not_fit_is_thrown_away(self, server: Server, fetcher: MakeFetcher) -> None:
        self.cut(server, mark=None)
        with pytest.raises(FetchError):
            fetcher(policy=NetworkPolicy(retries=0)).fetch(f"{server.url}a.zip", checksum=sha1(self.DATA[::-1]))
        with pytest.raises(ChecksumError):
            fetcher().fetch(f"{server.url}a.zip", checksum=sha1(self.DATA[::-1]))
        server.answering = lambda _path, _headers: None
        publish(server, "a.zip", self.DATA[::-1])
        assert fetcher().fetch(f"{server.url}a.zip").path.read_bytes() == self.DATA[::-1]

    def test_limits(self, server: Server, fetcher: MakeFetcher) -> None:
        url = publish(server, "a.zip", self.DATA)
        with pytest.raises(LimitError, match="more than 1000 bytes"):
            fetcher(policy=NetworkPolicy(largest=1000)).fetch(url)


FILES = {"info.rkt": "#lang info\n", "main.rkt": "#lang racket/base\n", "sub/x y.rkt": "1"}


class TestUrlDirectories:
    def put(self, server: Server, checksum: str | None = "v1") -> str:
        for name, text in FILES.items():
            (server.root / "d" / name).parent.mkdir(parents=True, exist_ok=True)
            (server.root / "d" / name).write_text(text)
        (server.root / "d" / "MANIFEST").write_text("\n".join(FILES))
        if checksum is not None:
            (server.root / "d" / ".CHECKSUM").write_text(checksum)
        return f"{server.url}d/"

    def test_every_listed_file_is_fetched(self, server: Server, fetcher: MakeFetcher) -> None:
        url = self.put(server)
        found = fetcher().fetch(url)
        assert (found.kind, found.checksum, found.name) == ("directory", "v1", "d")
        for name, text in FILES.items():
            assert (found.path / name).read_text() == text
        assert server.log[:2] == ["GET /d/.CHECKSUM -> 200", "GET /d/MANIFEST -> 200"]
        assert fetcher().fetch(url).cached
        assert fetcher().checksum(url) == "v1"

    def test_without_a_checksum_it_is_fetched_each_time(self, server: Server, fetcher: MakeFetcher) -> None:
        url = self.put(server, None)
        assert fetcher().fetch(url).checksum is None
        assert not fetcher().fetch(url).cached
        assert fetcher(offline=True).fetch(url).cached

    def test_a_directory_without_a_slash(self, server: Server, fetcher: MakeFetcher) -> None:
        url = self.put(server).rstrip("/")
        assert (fetcher().fetch(url).path / "sub" / "x y.rkt").read_text() == "1"
        assert server.log[0] == "GET /d.CHECKSUM -> 404"

    def test_a_file_that_is_missing(self, server: Server, fetcher: MakeFetcher, cache: Cache) -> None:
        url = self.put(server)
        (server.root / "d" / "main.rkt").unlink()
        with pytest.raises(FetchError, match=r"lists main\.rkt"):
            fetcher().fetch(url)
        assert [entry for entry in cache.entries() if entry.key[0] == "directory"] == []

    def test_no_manifest(self, server: Server, fetcher: MakeFetcher) -> None:
        with pytest.raises(FetchError, match=r"no MANIFEST.*git\+"):
            fetcher().fetch(f"{server.url}u/r")

    @pytest.mark.parametrize("line", ["../x", "/etc/x", "a/../../x", "a\0b", "info.rkt/x"])
    def test_paths_that_lead_out(self, line: str, server: Server, fetcher: MakeFetcher, tmp_path: Path) -> None:
        url = self.put(server)
        (server.root / "d" / "MANIFEST").write_text(f"info.rkt\n{line}\n")
        with pytest.raises(UnsafePathError):
            fetcher().fetch(url)
        assert not list(tmp_path.rglob("x"))


class TestNames:
    def test_through_a_catalog(self, server: Server, fetcher: MakeFetcher) -> None:
        publish(server, "pkgs/a.zip", archive(), checksum=False)
        record = Record.of("nick", {"checksum": sha1(archive()), "source": "../pkgs/a.zip"})
        server.routes["/catalog/pkg/nick"] = Route(body=record.write())
        found = fetcher(lookup=open_catalog(f"{server.url}catalog/")).fetch("nick")
        assert (found.name, found.type, found.source) == ("nick", "file-url", f"{server.url}pkgs/a.zip")
        assert server.log == ["GET /catalog/pkg/nick -> 200", "GET /pkgs/a.zip -> 200"]

    def test_unknown_names(self, fetcher: MakeFetcher, tmp_path: Path) -> None:
        (tmp_path / "c").mkdir()
        with pytest.raises(UnknownPackageError):
            fetcher(lookup=open_catalog(tmp_path / "c")).fetch("nick")
        with pytest.raises(UnknownPackageError, match="no catalog"):
            fetcher().fetch("nick")

    def test_names_that_lead_to_names(self, tmp_path: Path, fetcher: MakeFetcher) -> None:
        (tmp_path / "a.zip").write_bytes(archive())
        records = {
            "one": Record.of("one", {"checksum": sha1(archive()), "source": "two"}),
            "two": Record.of("two", {"checksum": sha1(archive()), "source": str(tmp_path / "a.zip")}),
            "loop": Record.of("loop", {"checksum": "1", "source": "loop"}),
            "other": Record.of("other", {"checksum": "1", "source": "two"}),
            "empty": Record.of("empty", {"checksum": "1"}),
        }
        assert fetcher(lookup=records).fetch("one").name == "one"
        with pytest.raises(PackageError, match="to no source"):
            fetcher(lookup=records).fetch("loop")
        with pytest.raises(ChecksumError):
            fetcher(lookup=records).fetch("other")
        with pytest.raises(PackageError, match="no source"):
            fetcher(lookup=records).fetch("empty")

    @pytest.mark.parametrize("source", ["file://{}/a.zip", "{}/a.zip", "file://{}/", "{}"])
    def test_files_of_ours_in_a_catalog_of_others(
        self, source: str, tmp_path: Path, server: Server, fetcher: MakeFetcher
    ) -> None:
        (tmp_path / "a.zip").write_bytes(archive())
        record = Record.of("a", {"source": source.format(tmp_path)})
        server.routes["/pkg/a"] = Route(body=record.write())
        with open_catalog(server.url) as catalog:
            with pytest.raises(UnsafePathError, match="a catalog of another host names a file of this one"):
                fetcher(lookup=catalog).fetch("a")
            assert fetcher(lookup=catalog, local=True).fetch("a").path.exists()


class TestOffline:
    def test_what_was_fetched_is_there(self, server: Server, fetcher: MakeFetcher) -> None:
        urls = [publish(server, "a.zip", archive()), publish(server, "b.zip", archive("1"), checksum=False)]
        for url in urls:
            fetcher().fetch(url)
        server.log.clear()
        assert fetcher(offline=True).fetch(urls[0]).cached
        assert fetcher(offline=True).fetch(urls[1]).cached
        assert fetcher(offline=True).fetch(urls[1], checksum=sha1(archive("1"))).cached
        with pytest.raises(FetchError, match=r"x\.zip: it is not in the cache"):
            fetcher(offline=True).fetch(f"{server.url}x.zip", checksum="0" * 40)
        assert server.log == []


class TestRacketsCache:
    def test_what_racket_has_is_used_and_shared(self, server: Server, fetcher: MakeFetcher, tmp_path: Path) -> None:
        theirs = RacketCache(tmp_path / "racket")
        url = publish(server, "a.zip", archive())
        with fetcher(racket_cache=theirs, share=True) as made:
            made.fetch(url)
        (name,) = [path.name for path in (tmp_path / "racket").glob("cached*")]
        table = (tmp_path / "racket" / "cache.rktd").read_text()
        assert table == f'#hash((("{url}" "{sha1(archive())}") . "{name}"))\n'
        server.log.clear()
        other = fetcher(racket_cache=theirs, cache=Cache(tmp_path / "other"))
        assert other.fetch(url, checksum=sha1(archive())).cached
        assert server.log == []

    def test_damage_in_it_is_not_used(self, server: Server, fetcher: MakeFetcher, tmp_path: Path) -> None:
        theirs = RacketCache(tmp_path / "racket")
        url = publish(server, "a.zip", archive())
        with fetcher(racket_cache=theirs, share=True) as made:
            made.fetch(url)
        next((tmp_path / "racket").glob("cached*")).write_bytes(b"other")
        other = fetcher(racket_cache=theirs, cache=Cache(tmp_path / "other"))
        assert not other.fetch(url).cached
        for text in ("", "(", "#hash((a . b))", '#hash((("x" "y") . "../../etc/passwd"))'):
            (tmp_path / "racket" / "cache.rktd").write_text(text)
            assert not theirs.copy(["x", "y"], tmp_path / "out")

    def test_it_stays_small(self, tmp_path: Path) -> None:
        theirs = RacketCache(tmp_path / "racket", most_files=2, most_bytes=100)
        for name in "abc":
            (tmp_path / name).write_text(name * 30)
            theirs.add(([name, "1"], tmp_path / name))
            assert theirs.copy([name, "1"], tmp_path / "out")
        assert len(list((tmp_path / "racket").glob("cached*"))) == 2
        (tmp_path / "big").write_text("x" * 101)
        theirs.add((["big", "1"], tmp_path / "big"), (["gone", "1"], tmp_path / "gone"))
        assert not theirs.copy(["big", "1"], tmp_path / "out")
        assert theirs.copy(["c", "1"], tmp_path / "out")

    def test_many_in_one_go(self, tmp_path: Path) -> None:
        theirs = RacketCache(tmp_path / "racket", most_files=3)
        items: list[tuple[Datum, Path]] = [([name, "1"], tmp_path / name) for name in "abcd"]
        for _, path in items:
            path.write_text(path.name)
        theirs.add(*items)
        found = [name for name in "abcd" if theirs.copy([name, "1"], tmp_path / "out")]
        assert found == ["b", "c", "d"]


def test_many_at_once(server: Server, fetcher: MakeFetcher) -> None:
    urls = [publish(server, f"p{number}.zip", archive(str(number))) for number in range(20)]
    seen: set[str] = set()
    found = list(
        fetcher().fetch_all([*urls, f"{server.url}none.zip"], jobs=8, progress=lambda source, *_: seen.add(source))
    )
    assert [one.name for one in found[:-1] if not isinstance(one, PltError | OSError)] == [f"p{n}" for n in range(20)]
    assert isinstance(found[-1], FetchError)
    assert seen == set(urls)
