"""The options of the commands about PLaneT."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from dataclasses import replace
from pathlib import Path

from pltpack.planet.cache import cache_planet, link
from pltpack.planet.index import index_planet
from pltpack.planet.places import places
from pltpack.planet.release import Release
from tests.cli.options.row import (
    Effect,
    Left,
    Row,
    code,
    differs,
    holds,
    limits,
    prints,
    silent,
    spares,
    tells,
    writes,
)
from tests.planet.corpus import pack, put

INFO = '(module info (lib "infotab.ss" "setup") (define blurb (list "A")) (define required-core-version "5.0"))'
DOCUMENTED = f'{INFO[:-1]} (define scribblings (list (list "m.scrbl" (list)))))'
REPLACED = "(module main mzscheme (require (planet ada/util:1) (planet schematics/schemeunit:3)))"


def prepare(folder: Path) -> None:
    """Archives, a table of one that has no place, sources, and the caches of two clients."""
    put(folder / "in", "ada/util 1.0", {"info.ss": INFO, "main.ss": "(module main mzscheme)"})
    put(folder / "in", "ada/util 1.1", {"info.ss": INFO, "sub/main.ss": "(module main mzscheme)"})
    put(folder / "in", "bob/new 1.0", {"info.ss": DOCUMENTED, "sub/main.ss": REPLACED})
    pack(folder / "in/x.plt", {"main.ss": "(module main mzscheme)"})
    (folder / "owners.csv").write_text("x.plt,cyd,1,0\n")
    for name, info in (("src", DOCUMENTED), ("bad", "#lang info\n(define blurb 5)\n")):
        (folder / name).mkdir()
        (folder / name / "info.ss").write_text(info)
        (folder / name / "main.ss").write_text("(module main mzscheme)")
    index = index_planet(folder / "in")
    for version, releases in (("8.7", index.releases), ("6.12", index.releases[:1])):
        client = places(folder / "addon/planet/300", version)
        list(cache_planet(releases, [client], archives=True))
        link(Release(f"for-{version}", "dev.plt", 1, 0, folder / "src"), client)


def zeros(folder: Path) -> None:
    """A release that is much larger unpacked than packed."""
    noise = random.Random(3)
    data = b"".join(noise.randbytes(10).hex().encode() + bytes(1000) for _ in range(3000))
    put(folder / "zeros", "ada/util 1.0", {"info.ss": INFO, "x.txt": data})


def many(folder: Path) -> None:
    """As many packages as several processes are worth."""
    for number in range(24):
        put(folder / "many", f"u/p{number}x", {"main.ss": "(module main mzscheme)"})


def wordy(folder: Path) -> None:
    """A source that takes more than one block to compress, and differently at each level."""
    words = random.Random(2)
    text = b"".join(words.choice((b"define ", b"lambda ", b"require ", b"racket/base\n")) for _ in range(400_000))
    (folder / "src/big.txt").write_bytes(text)


def is_document(kind: str) -> Effect:
    """The JSON document of a command."""
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.planet-{kind}", 1))


def _common(name: str, call: str) -> list[Row]:
    return [
        Row(f"planet.{name}", "--quiet", call, "--quiet", silent),
        Row(f"planet.{name}", "--json", call, "--json", is_document(name)),
    ]


def _limits(name: str, call: str, *, archive: bool = False) -> list[Row]:
    """The limits of a command on a folder of archives, or on an archive in it."""
    plain, dense = ("in/bob/new.plt/1/0/new.plt", "zeros/ada/util.plt/1/0/util.plt") if archive else ("in", "zeros")
    path = None if archive else f"{call} {plain}"
    rows = limits(f"planet.{name}", plt=f"{call} {plain}", path=path, ratio=f"{call} {dense}")
    return [replace(row, before=zeros) if row.option == "--max-ratio" else row for row in rows]


def _client(name: str, call: str, addon: Effect, version: Effect) -> list[Row]:
    """The options that say which client is meant."""
    return [
        Row(f"planet.{name}", "--addon", f"{call} --racket-version 8.7", "--addon other", addon, "--addon addon"),
        Row(
            f"planet.{name}", "--racket-version", f"{call} --addon addon", "--racket-version 6.12", version,
            "--racket-version 8.7",
        ),
    ]  # fmt: skip


def _answers(*texts: str) -> Effect:
    """What the log of a server says."""
    return lambda left: left.code == 0 and all(text in left.err for text in texts)


def _packed_differently(left: Left) -> bool:
    """The archive is not that of the call without the option, which comes first."""
    return differs("x.plt", "../without/x.plt")(left) is True


def _in_several_processes(left: Left) -> bool:
    return left.code == 0 and left.processes > 1


SERVE = "pltpack planet serve in"
QUESTION = (
    "/servlets/planet-servlet.ss?lang=%224.2.4%22&name=%22util.plt%22&maj=1&min-lo=0&min-hi=%23f&path=(%22ada%22)"
)
"""What a client asks whose Racket is too old for the package, which only its info file says."""

with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as _server:
    PORT = _server.getsockname()[1]
RESCUE = "pltpack planet rescue in --into out"
CACHE = "pltpack planet cache in"
CREATE = "pltpack planet create -f src -o x.plt"
CACHED = "addon/planet/300/8.7/cache/bob/new.plt/1/0"
KEPT = "addon/planet/300/packages/bob/new.plt/1/0/new.plt"
INTO_NEW = "pltpack planet cache in --addon new --racket-version 8.7"
OF_A_CLIENT = "--addon addon --racket-version 8.7"
REMOVE = f"pltpack planet remove bob/new:1:0 {OF_A_CLIENT}"
LINK = f"pltpack planet link u/p:1:0 src {OF_A_CLIENT}"
UNLINK = f"pltpack planet unlink for-8.7/dev:1:0 {OF_A_CLIENT}"


def marked(folder: Path) -> None:
    """A file of an installed package that nobody would write."""
    (folder / CACHED / "mark").write_text("")


ROWS = [
    *_common("show", "pltpack planet show in/x.plt"),
    *_limits("show", "pltpack planet show", archive=True),
    Row("planet.create", "--output", "pltpack planet create src", "--output mine.plt", writes("mine.plt")),
    Row("planet.create", "--force", "pltpack planet create bad", "--force", writes("bad.plt")),
    Row("planet.create", "--docs", "pltpack planet create src", "--docs", code(1)),
    *(
        Row("planet.create", option.split()[0], CREATE, option, _packed_differently, before=wordy)
        for option in ("--fast", "--best", "--level 1")
    ),
    Row(
        "planet.create", "--gzip-program", CREATE, "--gzip-program", _packed_differently, before=wordy,
        environment={"PATH": os.environ["PATH"]},
    ),
    Row("planet.create", "--jobs", f"{CREATE} -j 1", "-j 3", lambda left: left.threads > 2, before=wordy),
    Row("planet.create", "--dry-run", CREATE, "--dry-run", spares("x.plt")),
    *_common("create", CREATE),
    Row("planet.index", "--table", "pltpack planet index in", "--table owners.csv", prints("cyd/x 1.0")),
    *_common("index", "pltpack planet index in"),
    *_limits("index", "pltpack planet index"),
    Row("planet.cache", "--table", INTO_NEW, "--table owners.csv", writes("new/planet/300/8.7/cache/cyd/x.plt")),
    *_client("cache", f"{CACHE} --dry-run", prints("bob/new 1.0 for 8.7: installed"), prints("bob/new 1.0 for 6.12")),
    Row("planet.cache", "--archives", INTO_NEW, "--archives", writes("new/planet/300/packages/bob/new.plt")),
    Row("planet.cache", "--latest", INTO_NEW, "--latest", spares("new/planet/300/8.7/cache/ada/util.plt/1/0")),
    Row("planet.cache", "--force", f"{CACHE} {OF_A_CLIENT}", "--force", spares(f"{CACHED}/mark"), before=marked),
    Row("planet.cache", "--dry-run", INTO_NEW, "--dry-run", spares("new")),
    *_common("cache", f"{CACHE} {OF_A_CLIENT}"),
    *_limits("cache", INTO_NEW.replace(" in ", " ")),
    *_client("cached", "pltpack planet cached", prints("/other/planet/300/8.7/cache:"), prints("for-6.12/dev 1.0")),
    *_common("cached", f"pltpack planet cached {OF_A_CLIENT}"),
    *_client("remove", "pltpack planet remove bob/new:1:0", code(3), code(3)),
    Row("planet.remove", "--archive", REMOVE, "--archive", spares(KEPT)),
    Row("planet.remove", "--dry-run", REMOVE, "--dry-run", writes(CACHED)),
    *_common("remove", REMOVE),
    *_client(
        "link", "pltpack planet link u/p:1:0 src",
        holds("other/planet/300/8.7/HARD-LINKS", b"p.plt"), holds("addon/planet/300/6.12/HARD-LINKS", b"p.plt"),
    ),
    Row("planet.link", "--dry-run", LINK, "--dry-run",
        lambda left: b'"p.plt"' not in (left.folder / "addon/planet/300/8.7/HARD-LINKS").read_bytes()),
    *_common("link", LINK),
    *_client("unlink", "pltpack planet unlink for-8.7/dev:1:0", code(3), code(3)),
    Row("planet.unlink", "--dry-run", UNLINK, "--dry-run", holds("addon/planet/300/8.7/HARD-LINKS", b"for-8.7")),
    *_common("unlink", UNLINK),
    Row("planet.rescue", "--into", "pltpack planet rescue in", "--into mine", writes("mine/planet-bob-new1.zip")),
    Row("planet.rescue", "--table", RESCUE, "--table owners.csv", writes("out/planet-cyd-x1.zip")),
    Row("planet.rescue", "--format", RESCUE, "--format tgz", writes("out/planet-bob-new1.tgz")),
    Row(
        "planet.rescue", "--replace", f"{RESCUE} --format dir", "--replace shipped",
        holds("out/planet-bob-new1/info.rkt", b'"schemeunit"'),
    ),
    Row("planet.rescue", "--name", RESCUE, "--name bob/new:1=mine", writes("out/planet-bob-mine.zip")),
    Row("planet.rescue", "--quiet-info", RESCUE, "--quiet-info -v", prints("scribblings is dropped")),
    Row("planet.rescue", "--report", RESCUE, "--report r.html", writes("r.html")),
    Row("planet.rescue", "--strict", RESCUE, "--strict", code(1)),
    Row("planet.rescue", "--dry-run", RESCUE, "--dry-run", spares("out")),
    Row("planet.rescue", "--verbose", RESCUE, "--verbose", prints("needs planet-ada-util1: (planet ada/util:1)")),
    Row(
        "planet.rescue", "--jobs", "pltpack planet rescue many --into out", "--jobs 2", _in_several_processes,
        "--jobs 1", before=many,
    ),
    *_common("rescue", RESCUE),
    *_limits("rescue", "pltpack planet rescue --into out"),
    *(
        replace(row, asks=QUESTION)
        for row in (
            Row(
                "planet.serve", "--table", f"{SERVE} --json", "--table owners.csv",
                tells(lambda found: found["releases"] == 4),
            ),
            Row("planet.serve", "--port", SERVE, f"--port {PORT}", prints(f":{PORT}/")),
            Row("planet.serve", "--json", SERVE, "--json", is_document("serve")),
            Row("planet.serve", "--quiet", SERVE, "--quiet", lambda left: left.code == 0 and not left.err),
            *(replace(row, effect=_answers('" 200 ')) for row in _limits("serve", "pltpack planet serve")),
        )
    ),
]  # fmt: skip
