"""The options of the commands that copy catalogs, make mirrors, and fetch package sources."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from pltpack.catalog.locations import catalog_writer
from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, HashTable, Keyword, Symbol
from tests.catalog.scenarios import packed, sha1
from tests.cli.options.row import Effect, Left, Row, code, holds, lacks, prints, refuses, silent, spares, tells, writes
from tests.servers import Route, Server
from tests.trees import write_tree

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}
USER = "home/.local/share/racket/8.7/pkgs"
RACKET_CACHE = "home/.cache/racket/download-cache"
MANY = [f"p{number}" for number in range(20)]
OLD: Datum = HashTable((("6.0", HashTable(((Symbol("description"), "old one"),))),))


def prepare(folder: Path) -> None:
    """A site with packages and their catalog in ``served``; other catalogs of them; packages of the user's."""
    (folder / "served/pkgs").mkdir(parents=True)
    records = []
    packages: list[tuple[str, str, dict[str, Datum]]] = [
        ("a", '"b"', {"dependencies": [["b"], ["w", Keyword("platform"), Symbol("windows")]], "versions": OLD}),
        ("b", '"w"', {"modules": [[Symbol("lib"), "b/main.rkt"]]}),
        ("w", "", {}),
    ]
    for name, needed, fields in packages:
        members = {"info.rkt": f"#lang info\n(define deps '({needed}))\n", "main.rkt": "#lang racket/base\n"}
        data = packed(f"{name}.zip", members)
        (folder / f"served/pkgs/{name}.zip").write_bytes(data)
        said: dict[str, Datum] = {"checksum": sha1(data), "source": f"../pkgs/{name}.zip", **fields}
        records.append(Record.of(name, said))
    for place in ("catalog", "slow", "together", "other"):
        catalog_writer(folder / "served" / place).write(records)
    here = [one.updated({"source": f"../served/pkgs/{one.name}.zip"}) for one in records]
    catalog_writer(folder / "cat").write(here)
    catalog_writer(folder / "bad").write([here[0], Record.of("gone", {"checksum": "0" * 40, "source": "gone.zip"})])
    own = Record.of("a", {"checksum": "0" * 40, "description": "mine", "source": "mine.zip"})
    catalog_writer(folder / "mine").write([own])
    last = Record.of("l", {"checksum": here[2].checksum or "", "source": str(folder / "served/pkgs/w.zip")})
    catalog_writer(folder / "served/local").write([last])
    for name in ("o", "c"):
        catalog_writer(folder / f"only-{name}").write([Record(name, here[2].table)])
    for name, needed in (("cards", '"dice"'), ("dice", "")):
        write_tree(
            folder / USER / name, {"info.rkt": f"#lang info\n(define deps '({needed}))\n".encode(), "m.rkt": b"x"}
        )
    installed = " ".join(f'("{name}" . #s(pkg-info (catalog "{name}") #f #f))' for name in ("cards", "dice"))
    (folder / USER / "pkgs.rktd").write_text(f"#hash({installed})")
    (folder / USER / "config.rktd").write_text(f'#hash((catalogs . ("file://{folder}/only-c")))')


def serve(server: Server) -> None:
    """Some paths are answered in ways of their own: late, never well, or two together."""
    pair = threading.Barrier(2)

    def answer(path: str, _headers: Mapping[str, str]) -> Route | None:
        if path.startswith("/slow/"):
            server.ended.wait(1)
        if path.startswith("/busy/"):
            return Route(503)
        if path.startswith(("/together/", "/other/")):
            try:
                pair.wait(1)
            except threading.BrokenBarrierError:
                return Route(404)
        return None

    server.answering = answer


def installation(folder: Path) -> None:
    """A Racket with a package of its own."""
    (folder / "r/collects/racket").mkdir(parents=True)
    write_tree(folder / "r/share/pkgs/chess", {"info.rkt": b'#lang info\n(define collection "chess")\n'})
    (folder / "r/share/pkgs/pkgs.rktd").write_text('#hash(("chess" . #s(pkg-info (catalog "chess") #f #f)))')
    (folder / "r/bin").mkdir()
    (folder / "r/bin/racket").write_text("#!/bin/sh\n")
    (folder / "r/bin/racket").chmod(0o755)


def many(folder: Path) -> None:
    """More packages of the user's."""
    for name in MANY:
        write_tree(folder / USER / name, {"info.rkt": b"#lang info\n", "m.rkt": bytes(100_000)})
    installed = " ".join(f'("{name}" . #s(pkg-info (catalog "{name}") #f #f))' for name in MANY)
    (folder / USER / "pkgs.rktd").write_text(f"#hash({installed})")


def plain_names(left: Left) -> bool:
    """A mirror whose archives have plain names only."""
    return left.code == 0 and (left.folder / "m/pkgs").is_dir() and not list((left.folder / "m/pkgs").glob("*/*.zip"))


def as_it_is(left: Left) -> bool:
    """An archive of the mirror is that of the source."""
    mine = left.folder / "m/pkgs/a.zip"
    return mine.is_file() and mine.read_bytes() == (left.folder / "served/pkgs/a.zip").read_bytes()


def asked(number: int) -> Effect:
    """The server was asked so often."""
    return lambda left: len(left.requests) == number


def several(left: Left) -> bool:
    """More than one thread worked."""
    return left.code == 0 and left.threads > 1


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{kind}", 1))


def _network(command: str, line: str, *, together: str) -> list[Row]:
    """The options of the network: ``line`` is a call that asks ``$URL/catalog/`` for something, and ``together`` one
    that asks two things, which are answered only if they are asked at once."""
    return [
        Row(command, "--timeout", line.replace("/catalog/", "/slow/"), "--retries 0 --timeout 0.1", code(6)),
        Row(command, "--retries", line.replace("/catalog/", "/busy/"), "--retries 1", asked(2), lacking="--retries 0"),
        Row(command, "--offline", line, "--offline", refuses("it is not in the cache", code=6)),
        Row(command, "--cache", line, "--cache own", writes("own/entries")),
        Row(command, "--jobs", together, "--jobs 2", code(0), lacking="--jobs 1"),
    ]


ARCHIVE = "raco-pkg catalog-archive -q"
SHOW = "raco-pkg catalog-show --catalog"
FETCH = "pltpack fetch -q"

ROWS = [
    Row("mirrors.catalog_archive", "--from-config", f"{ARCHIVE} m only-o", "--from-config", writes("m/pkgs/c.zip"),
        environment=VERSION),
    Row("mirrors.catalog_archive", "--state", f"{ARCHIVE} m cat", "--state s.sqlite", writes("s.sqlite")),
    Row("mirrors.catalog_archive", "--version", f"{ARCHIVE} m cat", "--version 6.0",
        holds("m/catalog/pkg/a", b"old one")),
    Row("mirrors.catalog_archive", "--relative", f"{ARCHIVE} m cat", "--relative",
        holds("m/catalog/pkg/a", b'(source . "../pkgs/')),
    Row("mirrors.catalog_archive", "--pkg-fail", f"{ARCHIVE} m bad", "--pkg-fail skip",
        lambda left: left.code == 0 and (left.folder / "m/catalog/pkg/a").is_file()),
    Row("mirrors.catalog_archive", "--include", f"{ARCHIVE} m cat", "--include b", spares("m/pkgs/a.zip")),
    Row("mirrors.catalog_archive", "--include-deps", f"{ARCHIVE} --include a m cat", "--include-deps",
        writes("m/pkgs/b.zip")),
    Row("mirrors.catalog_archive", "--include-deps-platform", f"{ARCHIVE} --include a --include-deps m cat",
        "--include-deps-platform unix x86_64-linux", spares("m/pkgs/w.zip")),
    Row("mirrors.catalog_archive", "--deps-from", f"{ARCHIVE} --include b --include-deps m cat", "--deps-from archive",
        writes("m/pkgs/w.zip")),
    Row("mirrors.catalog_archive", "--exclude", f"{ARCHIVE} m cat", "--exclude b", spares("m/pkgs/b.zip")),
    Row("mirrors.catalog_archive", "--allow-missing", f"{ARCHIVE} --include a --include none m cat", "--allow-missing",
        code(0)),
    Row("mirrors.catalog_archive", "--fast-file-copy", f"{ARCHIVE} m cat", "--fast-file-copy", as_it_is),
    Row("mirrors.catalog_archive", "--allow-local", f"{ARCHIVE} m $URL/local/", "--allow-local", code(0)),
    Row("mirrors.catalog_archive", "--as-racket", f"{ARCHIVE} m cat", "--as-racket", plain_names),
    Row("mirrors.catalog_archive", "--racket-cache", f"{ARCHIVE} m $URL/catalog/", "--racket-cache",
        writes(f"{RACKET_CACHE}/cache.rktd"), environment=VERSION),
    Row("mirrors.catalog_archive", "--durable", f"{ARCHIVE} m cat", "--durable", lambda left: left.synced),
    Row("mirrors.catalog_archive", "--dry-run", f"{ARCHIVE} m cat", "--dry-run", spares("m")),
    Row("mirrors.catalog_archive", "--quiet", "raco-pkg catalog-archive m cat", "--quiet", silent),
    Row("mirrors.catalog_archive", "--json", f"{ARCHIVE} m cat", "--json", is_document("catalog-archive")),
    *_network(
        "mirrors.catalog_archive",
        f"{ARCHIVE} m $URL/catalog/",
        together=f"{ARCHIVE} m $URL/together/ $URL/other/",
    ),
    Row("mirrors.archive", "--include-deps", "raco-pkg archive -q m cards", "--include-deps", writes("m/pkgs/dice.zip"),
        environment=VERSION),
    Row("mirrors.archive", "--exclude", "raco-pkg archive -q --include-deps m cards", "--exclude dice",
        spares("m/pkgs/dice.zip"), environment=VERSION),
    Row("mirrors.archive", "--relative", "raco-pkg archive -q m cards", "--relative",
        holds("m/catalog/pkg/cards", b'(source . "../pkgs/'), environment=VERSION),
    Row("mirrors.archive", "--as-racket", "raco-pkg archive -q m cards", "--as-racket", plain_names,
        environment=VERSION),
    Row("mirrors.archive", "--racket", "raco-pkg archive -q m chess", "--racket r", code(0), before=installation,
        environment=VERSION),
    Row("mirrors.archive", "--durable", "raco-pkg archive -q m cards", "--durable", lambda left: left.synced,
        environment=VERSION),
    Row("mirrors.archive", "--dry-run", "raco-pkg archive -q m cards", "--dry-run", spares("m"), environment=VERSION),
    Row("mirrors.archive", "--quiet", "raco-pkg archive m cards", "--quiet", silent, environment=VERSION),
    Row("mirrors.archive", "--json", "raco-pkg archive -q m cards", "--json", is_document("archive"),
        environment=VERSION),
    Row("mirrors.archive", "--jobs", f"raco-pkg archive -q m {' '.join(MANY)}", "--jobs 2",
        several, lacking="--jobs 1", before=many, environment=VERSION),
    Row("sources.fetch", "--into", f"{FETCH} $URL/pkgs/a.zip", "--into v", writes("v/a.zip")),
    Row("sources.fetch", "--type", f"{FETCH} served/pkgs/a.zip", "--type dir", code(6)),
    Row("sources.fetch", "--checksum", f"{FETCH} $URL/pkgs/a.zip", f"--checksum {'0' * 40}", code(3)),
    Row("sources.fetch", "--only-checksum", "pltpack fetch served/pkgs/a.zip", "--only-checksum",
        lambda left: left.out.strip() == sha1((left.folder / "served/pkgs/a.zip").read_bytes())),
    Row("sources.fetch", "--catalog", f"{FETCH} a", "--catalog cat", code(0), environment=VERSION),
    Row("sources.fetch", "--version", f"{FETCH} --catalog $URL/catalog/ a", "--version 6.0",
        lambda left: "GET /catalog/pkg/a?version=6.0 -> 200" in left.requests),
    Row("sources.fetch", "--git", f"{FETCH} --retries 0 $URL/r.git", "--git program",
        refuses("a repository needs git", code=6)),
    Row("sources.fetch", "--allow-local", f"{FETCH} --catalog $URL/local/ l", "--allow-local", code(0)),
    Row("sources.fetch", "--racket-cache", f"{FETCH} $URL/pkgs/a.zip", "--racket-cache",
        writes(f"{RACKET_CACHE}/cache.rktd"), environment=VERSION),
    Row("sources.fetch", "--as-racket", f"{FETCH} --catalog cat --catalog only-o a", "--as-racket", code(6)),
    Row("sources.fetch", "--quiet", "pltpack fetch $URL/pkgs/a.zip", "--quiet", silent),
    Row("sources.fetch", "--json", f"{FETCH} $URL/pkgs/a.zip", "--json", is_document("fetch")),
    *_network(
        "sources.fetch",
        f"{FETCH} --catalog $URL/catalog/ a",
        together=f"{FETCH} --catalog $URL/together/ a b",
    ),
    Row("catalogs.catalog_show", "--catalog", "raco-pkg catalog-show a", "--catalog cat", code(0),
        environment=VERSION),
    Row("catalogs.catalog_show", "--all", f"{SHOW} cat", "--all", prints("Package name: b")),
    Row("catalogs.catalog_show", "--only-names", f"{SHOW} cat a", "--only-names", lacks("Source")),
    Row("catalogs.catalog_show", "--modules", f"{SHOW} cat b", "--modules", prints("b/main")),
    Row("catalogs.catalog_show", "--version", f"{SHOW} cat a", "--version 6.0", prints("old one")),
    Row("catalogs.catalog_show", "--as-racket", f"{SHOW} cat --catalog only-o a", "--as-racket", code(1)),
    Row("catalogs.catalog_show", "--json", f"{SHOW} cat a", "--json", is_document("catalog-show")),
    *_network("catalogs.catalog_show", f"{SHOW} $URL/catalog/ a", together=f"{SHOW} $URL/together/ a b"),
    Row("catalogs.catalog_copy", "--from-config", "raco-pkg catalog-copy -q cat out", "--from-config",
        writes("out/pkg/c"), environment=VERSION),
    Row("catalogs.catalog_copy", "--force", "raco-pkg catalog-copy -q cat only-o", "--force", writes("only-o/pkg/a")),
    Row("catalogs.catalog_copy", "--merge", "raco-pkg catalog-copy -q cat only-o", "--merge",
        writes("only-o/pkg/a", "only-o/pkg/o")),
    Row("catalogs.catalog_copy", "--override", "raco-pkg catalog-copy -q --merge cat mine", "--override",
        lambda left: left.code == 0 and b'"mine"' not in (left.folder / "mine/pkg/a").read_bytes()),
    Row("catalogs.catalog_copy", "--relative", "raco-pkg catalog-copy -q cat out", "--relative",
        holds("out/pkg/a", b'(source . "../served/pkgs/a.zip")')),
    Row("catalogs.catalog_copy", "--version", "raco-pkg catalog-copy -q cat out.sqlite", "--version 6.0",
        holds("out.sqlite", b"old one")),
    Row("catalogs.catalog_copy", "--dry-run", "raco-pkg catalog-copy -q cat out", "--dry-run", spares("out")),
    Row("catalogs.catalog_copy", "--quiet", "raco-pkg catalog-copy --dry-run cat out", "--quiet", silent),
    Row("catalogs.catalog_copy", "--json", "raco-pkg catalog-copy -q cat out", "--json", is_document("catalog-copy")),
    *_network(
        "catalogs.catalog_copy",
        "raco-pkg catalog-copy -q $URL/catalog/ out",
        together="raco-pkg catalog-copy -q $URL/together/ $URL/other/ out",
    ),
]  # fmt: skip
