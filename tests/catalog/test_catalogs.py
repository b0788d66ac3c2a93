"""Catalogs of three kinds, read and written: the same records from each; what is no catalog is an error."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.catalog.catalog import Catalog
from pltpack.catalog.locations import catalog_writer, open_catalog, open_catalogs
from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, Keyword, Symbol, same_datum
from pltpack.errors import CatalogError, FetchError, LimitError, UnknownPackageError
from pltpack.fetch.transport import HttpTransport, NetworkPolicy
from tests.servers import Route, Server, serving

BARE = Record.of("bare", {"checksum": "1", "source": "../pkgs/bare.zip"})
RICH = Record.of(
    "rich",
    {
        "author": "ann@example.org",
        "checksum": "2",
        "dependencies": [["base"], ["v", Keyword("version"), "1.2", Keyword("platform"), Symbol("unix")]],
        "description": 'λ 🎉 "quoted" \\',
        "modules": [[Symbol("lib"), "rich/main.rkt"]],
        "name": "rich",
        "ring": 1,
        "source": "https://example.org/rich.zip",
        "tags": ["a", "b"],
    },
)
QUICK = HttpTransport(NetworkPolicy(pause=0, timeout=5))


@pytest.fixture(scope="module", autouse=True)
def connections_closed() -> Iterator[None]:
    yield
    QUICK.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


def opened(kind: str, folder: Path, server: Server) -> Catalog:
    """The two records in a catalog of a kind."""
    place = folder / ("c.sqlite" if kind == "sqlite" else "catalog")
    catalog_writer(place).write([RICH, BARE])
    where = f"{server.url}catalog/" if kind == "http" else str(place)
    return open_catalog(where, transport=QUICK, version="8.7")


@pytest.mark.parametrize("kind", ["directory", "sqlite", "http"])
def test_a_catalog_is_a_mapping(kind: str, tmp_path: Path, server: Server) -> None:
    with opened(kind, tmp_path, server) as catalog:
        assert list(catalog) == ["bare", "rich"]
        assert len(catalog) == 2
        assert "rich" in catalog
        assert "poor" not in catalog
        assert "../pkg/rich" not in catalog
        assert same_datum(catalog["rich"].table, RICH.table)
        assert catalog.records()["rich"].table == catalog["rich"].table
        base = catalog.url.removesuffix("catalog/") if kind == "http" else f"file://{tmp_path}/"
        expected = f"file://{tmp_path.parent}/" if kind == "sqlite" else base
        assert catalog["bare"].source == f"{expected}pkgs/bare.zip"
        assert catalog["rich"].catalog == catalog.url
        with pytest.raises(UnknownPackageError, match="no package poor"):
            catalog["poor"]


def test_the_requests_are_those_of_racket(tmp_path: Path, server: Server) -> None:
    catalog = opened("http", tmp_path, server)
    catalog["rich"], catalog.names(), catalog.records()
    asked = ["pkg/rich", "pkgs", "pkgs-all"]
    assert server.log == [f"GET /catalog/{path}?version=8.7 -> 200" for path in asked]
    assert {headers["user-agent"].partition("/")[0] for headers in server.headers} == {"pltpack"}


def test_sources_can_stay_as_they_are(tmp_path: Path, server: Server) -> None:
    opened("http", tmp_path, server)
    for where in (f"{server.url}catalog/", str(tmp_path / "catalog"), f"file://{tmp_path}/catalog"):
        assert open_catalog(where, absolute=False, transport=QUICK)["bare"].source == "../pkgs/bare.zip"


def test_the_query_is_dropped_and_the_last_element_replaced(tmp_path: Path, server: Server) -> None:
    opened("http", tmp_path, server)
    assert open_catalog(f"{server.url}catalog/?token=x", transport=QUICK)["bare"].checksum == "1"
    with pytest.raises(UnknownPackageError):
        open_catalog(f"{server.url}catalog", transport=QUICK)["bare"]
    assert server.log == ["GET /catalog/pkg/bare -> 200", "GET /pkg/bare -> 404"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_unknown(status: int, server: Server) -> None:
    server.routes["/pkg/p"] = Route(status)
    with pytest.raises(UnknownPackageError):
        open_catalog(server.url, transport=QUICK)["p"]


@pytest.mark.parametrize(
    ("status", "asked", "said"),
    [(403, 1, "403 Forbidden.*must answer 404"), (204, 1, "204 No Content.*must answer 200"), (500, 6, "500 Internal"),
     (408, 6, "408"), (409, 6, "409"), (401, 1, "401")],
)  # fmt: skip
def test_other_answers_are_errors(status: int, asked: int, said: str, server: Server) -> None:
    server.routes["/pkg/p"] = Route(status)
    with pytest.raises(FetchError, match=said) as caught:
        open_catalog(server.url, transport=QUICK)["p"]
    assert len(server.log) == asked
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (Route(body=b"<html>hi</html>"), "a page for people"),
        (Route(body=b'#hash(("source" . "x"))'), "not all symbols"),
        (Route(body=b"(1 2)"), "no hash table"),
        (Route(body=b"\x1f\x8b junk", headers={"Content-Encoding": "gzip"}), "encoded as gzip"),
        (Route(body=b""), "no data"),
        (Route(body=b"#hash((source . "), "not Racket data"),
    ],
)
def test_what_is_no_record_is_said(route: Route, said: str, tmp_path: Path, server: Server) -> None:
    server.routes["/pkg/p"] = route
    with pytest.raises(CatalogError, match=said):
        open_catalog(server.url, transport=QUICK)["p"]
    catalog_writer(tmp_path / "other").write([Record.of("p", {"checksum": "x", "source": "s.zip"})])
    both = open_catalogs([server.url, str(tmp_path / "other")], transport=QUICK)
    assert both["p"].checksum == "x"
    assert said.partition(" ")[0] in both.complaints[server.url]


def test_redirects_are_followed_and_sources_stay_relative_to_the_catalog(server: Server) -> None:
    server.routes["/old/pkg/p"] = Route(302, headers={"Location": "/new/pkg/p"})
    server.routes["/new/pkg/p"] = Route(body=b'#hash((source . "../pkgs/p.zip") (checksum . "1"))')
    assert open_catalog(f"{server.url}old/", transport=QUICK)["p"].source == f"{server.url}pkgs/p.zip"


def test_redirects_have_an_end(server: Server) -> None:
    server.routes["/pkg/p"] = Route(302, headers={"Location": "/pkg/p"})
    with pytest.raises(FetchError, match="too many redirects"):
        open_catalog(server.url, transport=QUICK)["p"]
    assert len(server.log) == 26


def test_a_server_that_is_silent_has_a_time_to_end(server: Server) -> None:
    server.routes["/pkg/p"] = Route(body=b"#hash(", length=100, stall=True)
    impatient = HttpTransport(NetworkPolicy(pause=0, timeout=2, retries=0))
    with contextlib.closing(impatient), pytest.raises(FetchError, match=r"cut off after 6 bytes.*timed out"):
        open_catalog(server.url, transport=impatient)["p"]


def test_answers_have_a_limit(server: Server) -> None:
    server.routes["/pkgs-all"] = Route(body=b" " * 2000)
    small = HttpTransport(NetworkPolicy(pause=0, largest=1000))
    with contextlib.closing(small), pytest.raises(LimitError, match="more than 1000 bytes"):
        open_catalog(server.url, transport=small).records()


def test_an_answer_that_is_cut_off_is_an_error(server: Server) -> None:
    server.routes["/pkgs"] = Route(body=b'("a"', length=100)
    with pytest.raises(FetchError, match="cut off after 4 bytes"):
        open_catalog(server.url, transport=QUICK).names()


def test_nobody_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"no answer: .*refused"):
        open_catalog(url, transport=QUICK)["p"]


@pytest.mark.parametrize("name", ["pkgs", "pkgs-all"])
def test_a_server_needs_its_lists(name: str, server: Server) -> None:
    catalog = open_catalog(server.url, transport=QUICK)
    with pytest.raises(CatalogError, match="no such file"):
        catalog.names() if name == "pkgs" else catalog.records()


def test_credentials_are_sent_and_not_shown(server: Server) -> None:
    url = server.url.replace("//", "//ann:secret@")
    server.routes["/pkg/p"] = Route(403)
    with pytest.raises(FetchError) as caught:
        open_catalog(url, transport=QUICK)["p"]
    assert server.headers[0]["authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "secret" not in str(caught.value)


def test_the_first_catalog_wins_with_its_whole_record(tmp_path: Path) -> None:
    catalog_writer(tmp_path / "a").write([Record.of("x", {"checksum": "a", "source": "s.zip"})])
    catalog_writer(tmp_path / "b").write([Record.of("x", {"author": "b", "checksum": "b", "source": "s.zip"}), RICH])
    both = open_catalogs([tmp_path / "a", tmp_path / "b"])
    assert (both["x"].checksum, both["x"].author, list(both)) == ("a", "", ["rich", "x"])
    assert both.records()["x"].checksum == "a"


def test_missing_directories_are_passed_over_in_a_search_only(tmp_path: Path) -> None:
    catalog_writer(tmp_path / "b").write([RICH])
    both = open_catalogs([tmp_path / "none", tmp_path / "none.sqlite", tmp_path / "b"])
    assert both["rich"].ring == 1
    with pytest.raises(UnknownPackageError, match="nothing at this place"):
        both["x"]
    with pytest.raises(FileNotFoundError):
        both.records()


def test_lists_are_believed(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a").write_bytes(b"#hash()")
    catalog = open_catalog(tmp_path)
    assert (catalog.names(), list(catalog.records())) == (["a"], ["a"])
    (tmp_path / "pkgs").write_text('("ghost")')
    (tmp_path / "pkgs-all").write_text('#hash(("b" . #hash()))')
    assert (catalog.names(), list(catalog.records())) == (["ghost"], ["b"])


@pytest.mark.parametrize("name", ["pkgs", "pkgs-all"])
@pytest.mark.parametrize("text", ["(1)", "#hash((x . #hash()))", '#hash(("x" . 1))', "", "("])
def test_lists_of_the_wrong_shape_are_errors(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / name).write_text(text)
    with pytest.raises(CatalogError, match=name):
        open_catalog(tmp_path).names() if name == "pkgs" else open_catalog(tmp_path).records()


def test_an_unreadable_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "good").write_bytes(b"#hash()")
    (tmp_path / "pkg" / "bad").write_bytes(b"#hash((")
    with pytest.raises(CatalogError, match="pkg/bad"):
        open_catalog(tmp_path).records()


@pytest.mark.parametrize("url", ["ftp://example.org/", "s3://x/", "://x"])
def test_other_urls_are_no_catalogs(url: str) -> None:
    with pytest.raises(CatalogError, match="such a URL"):
        open_catalog(url)


class TestSqlite:
    def test_it_is_never_written_to(self, tmp_path: Path) -> None:
        catalog_writer(tmp_path / "c.sqlite").write([RICH])
        before = (tmp_path / "c.sqlite").read_bytes()
        assert open_catalog(tmp_path / "c.sqlite")["rich"].ring == 1
        assert (tmp_path / "c.sqlite").read_bytes() == before

    def test_a_missing_file_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            open_catalog(tmp_path / "none.sqlite").records()
        assert not (tmp_path / "none.sqlite").exists()

    def test_what_is_no_catalog(self, tmp_path: Path) -> None:
        (tmp_path / "c.sqlite").write_text("no database at all")
        with pytest.raises(CatalogError, match="not a database"):
            open_catalog(tmp_path / "c.sqlite").records()
        with sqlite3.connect(tmp_path / "d.sqlite") as other:
            other.execute("create table catalog (id)")
        with pytest.raises(CatalogError, match="no table pkg"):
            open_catalog(tmp_path / "d.sqlite").records()

    def test_several_catalogs_nulls_and_missing_tables(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "c.sqlite") as database:
            database.execute("create table catalog (id SMALLINT, url TEXT, pos SMALLINT)")
            database.execute(
                "create table pkg (name TEXT, catalog SMALLINT, author TEXT, source TEXT, checksum TEXT, desc TEXT)"
            )
            database.execute("insert into catalog values (0, 'later', 1), (1, 'first', 0)")
            database.execute("insert into pkg values ('p', 0, 'a', 's', '0', 'd'), ('p', 1, NULL, 's', NULL, NULL)")
            database.execute("insert into pkg values ('hidden', 7, '', '', '', '')")
        database.close()
        catalog = open_catalog(tmp_path / "c.sqlite")
        assert list(catalog) == ["p"]
        assert (catalog["p"].checksum, catalog["p"].author, catalog["p"].ring) == ("", "", None)

    def test_an_illegal_version_leaves_nothing(self, tmp_path: Path) -> None:
        record = Record.of("p", {"dependencies": [["b", Keyword("version"), "2"]]})
        with pytest.raises(CatalogError, match="in the version 2"):
            catalog_writer(tmp_path / "c.sqlite").write([record])
        assert list(tmp_path.iterdir()) == []


class TestDirectory:
    def test_the_files_are_as_racket_writes_them(self, tmp_path: Path) -> None:
        catalog_writer(tmp_path / "c").write([RICH, BARE])
        bare = '#hash((checksum . "1") (source . "../pkgs/bare.zip"))'
        assert (tmp_path / "c" / "pkg" / "bare").read_text() == bare
        assert (tmp_path / "c" / "pkgs").read_text() == '("bare" "rich")'
        assert (tmp_path / "c" / "pkgs-all").read_text().startswith(f'#hash(("bare" . {bare}) ("rich" . #hash((author')

    def test_writing_again_replaces_and_removes(self, tmp_path: Path) -> None:
        catalog_writer(tmp_path / "c").write([RICH, BARE])
        untouched = (tmp_path / "c" / "pkg" / "bare").stat()
        (tmp_path / "c" / "pkg" / "README.txt").write_text("not ours")
        catalog_writer(tmp_path / "c").write([BARE])
        assert {path.name for path in (tmp_path / "c" / "pkg").iterdir()} == {"bare", "README.txt"}
        assert (tmp_path / "c" / "pkg" / "bare").stat().st_ino == untouched.st_ino
        assert list(open_catalog(tmp_path / "c").records()) == ["bare"]

    @pytest.mark.parametrize("name", ["../x", "a b", "", ".hidden", "a/b"])
    def test_impossible_names_are_refused(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match="no package name"):
            catalog_writer(tmp_path / "c").write([BARE, Record.of(name, {})])
        assert not (tmp_path / "c").exists()

    def test_an_empty_catalog(self, tmp_path: Path) -> None:
        for place in ("c", "c.sqlite"):
            catalog_writer(tmp_path / place).write([])
            assert open_catalog(tmp_path / place).records() == {}
        assert (tmp_path / "c" / "pkgs").read_text() == "()"


NAMES = st.from_regex(r"[-_a-zA-Z0-9]{1,12}", fullmatch=True)
TEXT = st.text(max_size=20)
VERSION = st.sampled_from(["1.0", "2.3", "6.2.900.3"])
PLATFORM: st.SearchStrategy[Datum] = st.sampled_from([Symbol("windows"), Symbol("unix"), "x86_64-linux"])


@st.composite
def dependencies(draw: st.DrawFn) -> Datum:
    """A dependency as it comes back from SQLite."""
    dependency: list[Datum] = [draw(NAMES)]
    if draw(st.booleans()):
        dependency += [Keyword("version"), draw(VERSION)]
    if draw(st.booleans()):
        dependency += [Keyword("platform"), draw(PLATFORM)]
    return dependency


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A record that every kind of catalog can hold."""
    name = draw(NAMES)
    fields: dict[str, Datum] = {
        "author": draw(TEXT),
        "checksum": draw(TEXT),
        "dependencies": draw(st.lists(dependencies(), max_size=3)),
        "description": draw(TEXT),
        "modules": [[Symbol("lib"), f"{name}/{module}.rkt"] for module in draw(st.lists(NAMES, max_size=2))],
        "name": name,
        "ring": draw(st.sampled_from([False, 0, 1, 2])),
        "source": "https://example.org/" + draw(NAMES) + ".zip",
        "tags": [*draw(st.lists(TEXT, max_size=3))],
    }
    return Record.of(name, fields)


@given(st.lists(records(), max_size=4, unique_by=lambda record: record.name))
def test_round_trips(tmp_path_factory: pytest.TempPathFactory, made: list[Record]) -> None:
    """Directory to SQLite and back, nothing lost."""
    folder = tmp_path_factory.mktemp("round")
    catalog_writer(folder / "a").write(made)
    catalog_writer(folder / "b.sqlite").write(open_catalog(folder / "a").records().values())
    catalog_writer(folder / "c").write(open_catalog(folder / "b.sqlite").records().values())
    assert (folder / "a" / "pkgs-all").read_bytes() == (folder / "c" / "pkgs-all").read_bytes()
    first, last = open_catalog(folder / "a").records(), open_catalog(folder / "c").records()
    assert all(same_datum(first[name].table, last[name].table) for name in first)
