"""All traps of catalogs that are known: how each is laid, its finding, and what becomes of the real client."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

from pltpack.codec.header import Header
from pltpack.site.build import build_site, remove_packages, yank_package
from pltpack.site.snapshots import take_snapshot
from tests.oracle.catalog_client import Client
from tests.oracle.certificate import certified
from tests.oracle.traps import (
    Trap,
    World,
    answers,
    archived,
    chain,
    fails,
    fields,
    foreign,
    needing,
    plt,
    removed,
    second_has_it,
    served,
    sqlite,
    texts,
    version,
    with_slash,
    written,
    wrong,
)
from tests.servers import Route, serving


def needs_password(world: World) -> None:
    """The catalog wants a password, and the URL has it."""
    right = "Basic " + base64.b64encode(b"ann:secret").decode()

    def answering(_path: str, headers: Mapping[str, str]) -> Route | None:
        return None if headers.get("authorization") == right else Route(401)

    server = world.serve(answering)
    world.location = f"http://ann:secret@127.0.0.1:{server.port}/catalog/"


def over_https(world: World) -> None:
    """The catalog is served over HTTPS, the archives over HTTP."""
    plain = world.stack.enter_context(serving(world.folder))
    world.records["x"] = world.record("x", source=f'"{plain.url}pkgs/x.zip"')
    tls, certificate = certified(world.folder)
    world.environment["SSL_CERT_FILE"] = str(certificate)
    world.serve(tls=tls)
    world.plain = plain


def shadowed(world: World) -> None:
    """Another catalog has ``x`` as well, and the client asks that one first."""
    other = World(world.folder / "other", world.stack)
    other.make("x", files={"theirs.rkt": "#lang racket/base\n"})
    other.write()
    other.serve()
    world.serve()
    world.against = [other.location]


def gets_theirs(world: World, client: Client) -> None:
    (other,) = world.against
    assert client.raco("config", "--scope", "user", "--set", "catalogs", other, world.location).returncode == 0
    done = client.raco("install", "--scope", "user", "--no-setup", "--batch", "--no-cache", "x")
    assert done.returncode == 0, done.stderr
    assert client.loads("x/theirs")


def dead(world: World) -> None:
    """Nobody listens."""
    with serving(world.folder) as server:
        world.location = f"{server.url}catalog/"


def together(world: World) -> None:
    """Both packages have the module ``same/a.rkt``."""
    for name in ("x", "y"):
        world.make(name, "(define collection 'multi)\n", {"same/a.rkt": "#lang racket/base\n"})
        world.records[name] = world.record(name, modules='((lib "same/a.rkt"))')


def dropped(world: World) -> None:
    """A site from which a package was dropped that is in its latest snapshot."""
    build_site(world.folder, [world.folder / "src/x", world.folder / "src/y"])
    take_snapshot(world.folder)
    remove_packages(world.folder, ["x"], forget=True)
    world.written = True


def cannot_update(world: World, client: Client) -> None:
    """Who has what was dropped can update nothing."""
    snapshot = world.location.replace("/catalog/", "/snapshots/current/catalog/")
    assert client.install(snapshot, "x", "y").returncode == 0
    done = client.raco("update", "--catalog", world.location, "--scope", "user", "--no-setup", "--batch", "--all")
    assert done.returncode != 0
    assert "cannot find package" in done.stderr


def yanked(world: World) -> None:
    """``x`` needs ``y``, which should not be used any more."""
    world.make("x", '(define deps (quote ("y")))\n')
    build_site(world.folder, [world.folder / "src/x", world.folder / "src/y"])
    yank_package(world.folder, "y", "it deletes files")
    world.written = True


def unsigned(world: World) -> None:
    """Somebody else has put another archive into a site, and nothing is signed."""
    world.write()
    (world.folder / "allowed").write_text("")
    world.allowed_signers = world.folder / "allowed"


def shows(text: str) -> Callable[[World, Client, CompletedProcess[str]], bool]:
    return lambda _world, _client, done: text in done.stdout


def installs(*names: str) -> Callable[[World, Client, CompletedProcess[str]], bool]:
    return lambda _world, client, _done: {*names} <= client.installed().keys()


def loads(module: str) -> Callable[[World, Client, CompletedProcess[str]], bool]:
    return lambda _world, client, _done: client.loads(module)


def asked_in_the_clear(world: World, _client: Client, _done: CompletedProcess[str]) -> bool:
    return world.plain is not None and any("x.zip" in line for line in world.plain.log)


def moved(world: World) -> None:
    """The records have moved, and the archives with them: a relative source is one from the old place."""
    there = "/elsewhere/catalog/"
    place = world.folder / "elsewhere"
    place.mkdir()
    world.write()
    for name in ("catalog", "pkgs"):
        (world.folder / name).rename(place / name)
    world.serve(
        lambda path, _headers: Route(302, headers={"Location": there + path[9:]}) if path[:9] == "/catalog/" else None
    )


def token(world: World) -> None:
    """The catalog wants a token in the query."""
    server = world.serve(lambda path, _headers: None if "token=x" in path or "pkgs" in path else Route(403))
    world.location = f"{server.url}catalog/?token=x"


def nowhere(world: World) -> None:
    """Neither record nor server know the checksum."""
    world.records["x"] = world.record("x", checksum="#f")
    Path(f"{world.archive('x')}.CHECKSUM").unlink()
    world.serve()


def changed(world: World) -> None:
    """The record says no checksum, and the archive is another one than it was."""
    world.replace({"info.rkt": "#lang info\n(define license 'MIT)\n", "other.rkt": "#lang racket/base\n"})
    world.records["x"] = world.record("x", checksum="#f")
    world.serve()


def newline(world: World) -> None:
    """The file with the checksum is a text."""
    path = Path(f"{world.archive('x')}.CHECKSUM")
    path.write_text(path.read_text() + "\n")
    world.serve()


def no_name(world: World) -> None:
    """A package has a name that is none."""
    world.records["a b"] = world.records["x"]


def complains(text: str) -> Callable[[World, Client, CompletedProcess[str]], bool]:
    return lambda _world, _client, done: text in done.stderr


def lacks(text: str) -> Callable[[World, Client, CompletedProcess[str]], bool]:
    return lambda _world, _client, done: text not in done.stdout


HTML: Final = Route(200, b"<!doctype html><title>no</title>")
PACKED: Final = Route(200, gzip.compress(b"#hash()"), {"Content-Encoding": "gzip"})
SHOW: Final = ("catalog-show", "--catalog", "CATALOG", "x")
ALL: Final = ("catalog-show", "--catalog", "CATALOG", "--all")
NAMES: Final = ("catalog-show", "--catalog", "CATALOG", "--all", "--only-names")
INSTALL: Final = ("install", "--catalog", "CATALOG", "--scope", "user", "--no-setup", "--batch", "--no-cache", "--auto")
COPY: Final = ("catalog-copy", "CATALOG", "FOLDER/copied.sqlite")
SUM: Final = "0123456789abcdef0123456789abcdef01234567"


def traps() -> Iterator[Trap]:
    """All of them."""
    missing, broken = "cannot find package", "(bad response|error) "
    # Answers of servers.
    yield Trap("pkgs-all is a page", "list-unreadable", answers("pkgs-all", HTML), fails("pkgs-all|hash", *ALL))
    yield Trap("pkgs is a page", "list-unreadable", answers(r"/pkgs\?", HTML), fails("list|pkgs", *NAMES))
    yield Trap("a record is a page", "record-unreadable", answers("pkg/x", HTML), fails(missing))
    yield Trap("a record is compressed", "answer-compressed", answers("pkg/x", PACKED), fails(missing))
    yield Trap("pkgs-all is compressed", "answer-compressed", answers("pkgs-all", PACKED), fails("", *ALL))
    yield Trap("an archive is compressed", "answer-compressed", answers("x.zip$", PACKED), fails("unzip"))
    yield Trap("no pkgs-all", "list-missing", served(removed("catalog/pkgs-all")), fails(broken, *ALL))
    yield Trap("no pkgs", "list-missing", served(removed("catalog/pkgs")), fails(broken, *NAMES))
    yield Trap("403 for pkgs-all", "status", answers("pkgs-all", Route(403)), fails("403", *ALL))
    yield Trap("500 for a record", "status", answers("pkg/x", Route(500)), fails("500"))
    yield Trap("redirects for ever", "status", answers("pkg/x", Route(302, headers={"Location": "x"})), fails(""))
    yield Trap("nobody listens", "status", dead, fails("connection|connect"))
    yield Trap("403 for unknown names", "status-unknown", chain(Route(403)), second_has_it)
    yield Trap("204 for unknown names", "status-unknown", chain(Route(204)), second_has_it)
    yield Trap("500 for unknown names", "status-unknown", chain(Route(500)), second_has_it)
    yield Trap("records that have moved", "archive-missing", moved, fails("404"))
    # URLs.
    yield Trap("no slash", "url-slash", with_slash(lambda url: url.rstrip("/")), fails(missing))
    yield Trap("a query", "url-query", token, fails("403"))
    yield Trap("a password", "url-credentials", needs_password, fails("401"))
    # Sources.
    yield Trap("none", "source-missing", fields(source=None), fails("source"))
    yield Trap("no text", "source-missing", fields(source="7"), fails("contract"))
    yield Trap("absolute", "source-absolute", fields(source='"/pkgs/x.zip"'), fails("cannot find|no such|not exist"))
    yield Trap("absolute for a version", "source-absolute", version('"/pkgs/x.zip"'), fails("cannot find|no such"))
    yield Trap("on a disk", "source-local", served(fields(source='"file:///none/x.zip"')), fails("cannot find|no such"))
    yield Trap("a name", "source-bare", fields(source='"y"'), fails("checksum"))
    yield Trap("in the clear", "source-insecure", over_https, wrong(asked_in_the_clear, *INSTALL, "x"))
    yield Trap("a directory alone", "manifest-missing", served(fields(source='"../src/x/"')), fails("MANIFEST"))
    yield Trap("not there", "archive-missing", removed("pkgs/x.zip"), fails("x.zip"))
    yield Trap("not there, over HTTP", "archive-missing", served(removed("pkgs/x.zip")), fails("404"))
    # Checksums.
    yield Trap("wrong", "checksum-wrong", fields(checksum=f'"{SUM}"'), fails("checksum"))
    yield Trap("wrong, over HTTP", "checksum-wrong", served(fields(checksum=f'"{SUM}"')), fails("checksum"))
    yield Trap("empty", "checksum-bad", fields(checksum='""'), fails("checksum"))
    yield Trap("in capitals", "checksum-bad", fields(checksum=f'"{SUM.upper()}"'), fails("checksum"))
    yield Trap("a number", "checksum-bad", fields(checksum="7"), fails("checksum"))
    yield Trap("missing", "checksum-missing", fields(checksum=None), fails("hash-ref"))
    yield Trap("said to be none", "checksum-unknown", changed, wrong(loads("x/other"), *INSTALL, "x"))
    yield Trap("nowhere", "checksum-nowhere", nowhere, fails("no checksum"))
    yield Trap("with a newline", "checksum-file", newline, fails("checksum", *INSTALL, "SITE/pkgs/x.zip"))
    # Archives.
    yield Trap("cut off", "archive-damaged", archived(b"this is no archive"), fails("unzip"))
    yield Trap("leads out", "archive-unsafe", archived({"info.rkt": "#lang info\n", "../x": ""}), fails("up-directory"))
    old = Header("x", requires=((("mzscheme",), (200,)),))
    yield Trap("of another time", "plt-refused", plt(old, "collects/x"), fails("version"))
    rival = Header("x", conflicts=(("racket",),))
    yield Trap("with a rival", "plt-refused", plt(rival, "collects/x"), fails("conflict"))
    yield Trap("without directories", "plt-refused", plt(Header("x")), fails("No such file"))
    info = {"info.rkt": "#lang racket\n(define version 7)\n", "main.rkt": ""}
    yield Trap("no info", "info-unreadable", archived(info), wrong(complains("getting info"), *INSTALL, "x"))
    info = {"info.rkt": "#lang info\n(define deps 7)\n", "main.rkt": ""}
    yield Trap("no dependencies", "package-problem", archived(info), fails("deps"))
    # Records.
    yield Trap("cut off", "record-unreadable", texts(x='#hash((source . "../x.zip"'), fails("x"))
    yield Trap("keys are strings", "record-unreadable", texts(x='#hash(("source" . "../x.zip"))'), fails(""))
    yield Trap("a list", "record-unreadable", texts(x='("source")'), fails(""))
    yield Trap("modules", "field-malformed", fields(modules="7"), fails("in-list", *SHOW[:1], "--modules", *SHOW[1:]))
    yield Trap("versions", "field-malformed", fields(versions="7"), fails("in-hash"))
    other = fields(modules='((lib "x/none.rkt"))')
    yield Trap("modules of others", "record-outdated", other, wrong(shows("x/none"), *SHOW[:1], "--modules", *SHOW[1:]))
    differs = written("catalog/pkg/x", '#hash((source . "../pkgs/none.zip") (checksum . "0") (author . "eve"))')
    yield Trap("two records", "record-differs", differs, wrong(lacks("eve"), *ALL))
    yield Trap("dependencies are none", "dependency-malformed", fields(dependencies='"base"'), fails("in-list", *SHOW))
    yield Trap(
        "a version of one part",
        "dependency-version",
        fields(dependencies='(("base" #:version "2"))'),
        fails("version", *COPY),
    )
    yield Trap("a dependency is nowhere", "dependency-missing", needing("nowhere"), fails(missing))
    yield Trap("a dependency is no name", "dependency-name", needing("none/z.zip"), fails("z"))
    yield Trap("a dependency is yanked", "dependency-removed", yanked, wrong(installs("y"), *INSTALL, "x"))
    # Lists and names.
    yield Trap("a foreign file", "foreign-file", foreign, fails("", *ALL))
    listed = written("catalog/pkgs", '("x" "y" "ghost")')
    yield Trap("a name too many", "list-differs", listed, wrong(shows("ghost"), *NAMES))
    yield Trap("no name", "name-bad", no_name, fails("disallowed", *INSTALL, "a b"))
    yield Trap("dropped", "name-dropped", dropped, cannot_update)
    yield Trap("a rival's", "name-shadowed", shadowed, gets_theirs)
    yield Trap("modules of two", "module-conflict", together, fails("conflict", *INSTALL, "x", "y"))
    # Tables.
    null, orphan = "UPDATE pkg SET checksum = NULL", "UPDATE pkg SET catalog = 7 WHERE name = 'x'"
    yield Trap("NULL", "row-null", sqlite(null), fails("contract", *SHOW))
    yield Trap("no catalog", "row-orphan", sqlite(orphan), fails(missing, *SHOW))
    yield Trap("nobody has signed", "signature", unsigned, wrong(installs("x"), *INSTALL, "x"))


SAFE_HERE: Final = {
    "clock": "the client keeps nothing by time; caches between it and the server do",
    "licence-missing": "the client installs what nobody may use",
    "name-case": "on this disk names that differ by case are two files",
    "unknown-found": "the client takes a page for no record, and asks the next catalog",
}
"""Findings about what a client does not suffer from here."""
