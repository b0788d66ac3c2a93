"""What small inputs may cost: for every command of every program at most 1 MiB in, and 2 s and 200 MiB to handle it.

Seconds depend on the machine and on what else it does; steps do not (see :mod:`tests.attacks.bounded`).
"""

from __future__ import annotations

import gzip
import importlib
import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import pytest

from pltpack.server.database.migrations import steps
from tests.attacks import bounded
from tests.server.prepared import prepared
from tests.trees import HEADER, encoded, file, folder, write_tree

MIB: Final = 1 << 20
MOST_STEPS: Final = 16_000_000
"""Calls that take about 2 s, at 125 ns each: what they took on two cores of a cloud's machine, all counted."""
MOST_MEMORY: Final = 200 * MIB
MORE: Final = {
    "pltpack convert": 1.6,
    "pltpack show": 1.2,
    "pltpack catalog build": 3,
    "pltpack installer extract": 1.2,
    "raco-pkg export": 1.3,
    "pltpack site check": 1.5,
}
"""What may take longer, and by how much: an archive of many entries is read several times when it is converted, and
when a site takes it; the JSON of ``show`` is indented by Python; tens of thousands of empty files are written one by
one; to check a site its page is made once more."""
LEAST_SIZE: Final = MIB // 4
"""A smaller input may take as many steps as one of this size; a larger one as many for each byte."""

HEAD = HEADER.replace(b"((requires) '())", b"((requires) '%s)")
TEXT = b'(define a "b")\n'


def _plt(*entries: bytes) -> bytes:
    """An archive without gzip and base64, so that what is read is no larger than the file."""
    return HEADER + b"".join(entries)


def _until_full(make: Callable[[int], bytes], size: int = 250_000) -> bytes:
    """As many as fit."""
    parts: list[bytes] = []
    left, number = size, 0
    while (part := make(number)) and len(part) <= left:
        parts.append(part)
        left -= len(part)
        number += 1
    return b"".join(parts)


def _texts(kind: str) -> list[bytes]:
    dice = random.Random(5)
    if kind == "few":
        return ["\n".join(dice.choices("abcdefgh", k=300_000)).encode() for _ in range(2)]
    lines = [str(number) for number in range(10**8, 10**8 + 60_000)]
    return ["\n".join(dice.sample(lines, len(lines))).encode() for _ in range(2)]


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _tgz(count: int, kind: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"p/{number}")
            info.type, info.linkname = kind, "" if kind in (tarfile.REGTYPE, tarfile.DIRTYPE) else "p/0"
            archive.addfile(info)
    return gzip.compress(buffer.getvalue(), 6, mtime=0)


def _record(number: int, source: bytes) -> bytes:
    """An entry of a list of a catalog."""
    return (
        b'("p%d" . #hash((name . "p%d") (source . %s) (checksum . "%040d") (author . "a") (description . "")'
        b' (tags . ()) (dependencies . ("p%d" ("p%d" #:version "1.0"))) (modules . ((lib "m%d/main.rkt")))))'
    ) % (number, number, source, number, number + 1, number * 7 % 1_000, number)


def _cached(number: int) -> bytes:
    """An entry of the cache, whose content is gone."""
    fields = {
        "key": ["url", f"http://x/{number}"],
        "kind": "file",
        "sha256": f"{number:064}",
        "checksum": f"{number:040}",
    }
    return json.dumps({**fields, "size": 12}).encode()


def _state(number: int) -> str:
    """What a site knows of a package, whose archive is gone."""
    facts = {
        "file": f"p{number}.zip",
        "format": "zip",
        "sha1": f"{number:040}",
        "sha256": f"{number:064}",
        "size": 127,
        "version": "0.0",
        "collection": f"p{number}",
        **dict.fromkeys(("runtime", "needs", "implies", "modules", "authors", "problems", "dependencies"), ()),
        **dict.fromkeys(("license", "readme")),
        "description": "*" * 300,
        "files": 1,
        "content_bytes": 11,
    }
    return json.dumps({"name": f"p{number}", "added": 1, "updated": 1, "checked": 1, "facts": facts, "format": 1})


def _site() -> dict[str, bytes]:
    """A site with many packages, and a snapshot of it."""
    states = [_state(number) for number in range(200)]
    listed = b"#hash(" + b"".join(_record(number, b'"../pkgs/p"') for number in range(200)) + b")"
    return {
        **{f".site/packages/p{number}.json": state.encode() for number, state in enumerate(states)},
        "catalog/pkgs-all": listed,
        **{f"catalog/pkg/p{n}": _record(n, b'"../pkgs/p"')[len(f'("p{n}" . ') : -1] for n in range(200)},
        "snapshots/old/catalog/pkgs-all": listed,
        "snapshots/old/states.json": f"[{','.join(states)}]".encode(),
        "snapshots/old/packages.json": json.dumps({f"p{number}": f"{number:040}" for number in range(200)}).encode(),
        "snapshots/old/done": b"",
    }


def _release(number: int) -> bytes:
    """An archive of a package of PLaneT that asks for others, in a circle."""
    code = b'#lang scheme\n(require (planet "main.ss" ("o" "p%d.plt" 1)) (planet o/p%d))\n' % (number + 1, number // 2)
    return encoded(HEADER + file("info.ss", data=b"#lang setup/infotab\n") + file("main.ss", data=code))


_BLOCK: Final = (
    b'[[package]]\nname = "p%d"\nversion = "1.0"\ntype = "file-url"\nsource = "http://x/p%d.zip"\ncatalog = "http://x/"\n'
    + b'sha256 = "%b"\ncontent = "%b"\n' % (b"0" * 64, b"0" * 64)
    + b'dependencies = [{ name = "p%d" }, { name = "p%d" }]\n'
)


def _lock(head: bytes, blocks: bytes = b"") -> bytes:
    """A lock file."""
    return b'lock-version = 1\nasked = "2026-11-28T08:30:00Z"\nplatforms = ["x86_64-linux"]\n' + head + blocks


def _program(text: bytes, language: bytes = b"scheme") -> dict[str, bytes]:
    """A folder with an archive that has a program."""
    return {"o/p.plt/1/0/p.plt": encoded(HEADER + file("main.ss", data=b"#lang %s\n%s" % (language, text)))}


def _saved() -> bytes:
    """What looks like a saved server, with as many rows as fit."""
    rows = _until_full(
        lambda n: json.dumps({"table": "buckets", "row": {"name": f"b{n}", "filled": n, "time": 0}}).encode() + b"\n"
    )
    head = json.dumps({"format": 1, "step": steps()[-1].number}).encode() + b"\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in (("server.toml", b"[server]\n"), ("database.jsonl", head + rows)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


INPUTS: Final[dict[str, Callable[[], bytes | dict[str, bytes]]]] = {
    # headers
    "vectors.plt": lambda: encoded(HEAD % b"#9999(#9999(#9999(1)))"),
    "exponents.plt": lambda: encoded(HEAD % (b"(" + b"#e1e99999 " * 60_000 + b")")),
    "symbols.plt": lambda: encoded(HEAD % (b"(" + b"a " * 500_000 + b")")),
    "requires.plt": lambda: encoded(HEAD % (b"(" + b'(("a") (1)) ' * 25_000 + b")")),
    "fewer.plt": lambda: encoded(HEAD % (b"(" + b'(("a") (1)) ' * 12_000 + b")")),
    "graph.plt": lambda: encoded(
        HEAD % (b"(#0=(a a) " + b" ".join(b"#%d=(#%d# #%d#)" % (n + 1, n, n) for n in range(60)) + b")")
    ),
    # entries
    "folders.plt": lambda: _plt(_until_full(lambda number: folder(f"{number:x}"))),
    "files.plt": lambda: _plt(_until_full(lambda number: file(f"{number:x}", data=b""))),
    "deep.plt": lambda: _plt(_until_full(lambda number: folder(*["d"] * 254, str(number)))),
    "odd.plt": lambda: _plt(_until_full(lambda number: folder("Con ", f"{number:X}\u0301."))),
    "dashes.plt": lambda: _plt(_until_full(lambda number: file("-" * 250 + str(number), data=b""))),
    "unsafe.plt": lambda: _plt(_until_full(lambda number: folder("..", f"{number:x}"))),
    "one.plt": lambda: _plt(file("a", data=b"a" * 1000)),
    "files.zip": lambda: _zip({f"p/{number}": b"" for number in range(2_000)}),
    "unsafe.zip": lambda: _zip({f"../{number}": b"" for number in range(2_000)}),
    "files.tgz": lambda: _tgz(2_000, tarfile.REGTYPE),
    "links.tgz": lambda: _tgz(2_000, tarfile.LNKTYPE),
    # texts
    "few-1.zip": lambda: _zip({"p/text": _texts("few")[0]}),
    "few-2.zip": lambda: _zip({"p/text": _texts("few")[1]}),
    "shuffled-1.zip": lambda: _zip({"p/text": _texts("shuffled")[0]}),
    "shuffled-2.zip": lambda: _zip({"p/text": _texts("shuffled")[1]}),
    # Racket's own files
    "fields": lambda: {"info.rkt": b"#lang info\n" + _until_full(lambda n: b"(define f%d 1)\n" % n)},
    "list": lambda: {"info.rkt": b"#lang info\n(define a '(" + b"1 " * 200_000 + b"))"},
    "vectors": lambda: {"info.rkt": b"#lang info\n(define a '#9999(#9999(#9999(1))))"},
    "exponents": lambda: {"info.rkt": b"#lang info\n" + _until_full(lambda n: b"(define f%d #e1e99999)\n" % n)},
    "digits": lambda: {"info.rkt": b"#lang info\n(define a '(" + (b" " + b"7" * 99_990) * 5 + b"))"},
    "strings": lambda: {
        "info.rkt": b"#lang info\n(define a0 (string-append %s))\n" % (b'"' + b"x" * 1000 + b'"')
        + b"".join(b"(define a%d (string-append a%d a%d))\n" % (n + 1, n, n) for n in range(60))
    },
    "keys": lambda: {"config.rktd": b"#hash(" + _until_full(lambda n: b"(k%d . 1)" % n) + b")"},
    "lookup": lambda: {"info.rkt": b'#lang info\n(define a (collection-path "x"))\n'},
    "links": lambda: {"8.7/links.rktd": b"(" + _until_full(lambda _: b'("a" "x" #px"' + b".?" * 800 + b'x")') + b")"},
    "addon": lambda: {
        "8.7/pkgs/pkgs.rktd": b"#hash("
        + _until_full(lambda n: b'("p%d" . #s(pkg-info (catalog "p%d") "%040d" #f))\n' % (n, n, n))
        + b")"
    },
    "catalog": lambda: {
        "pkgs-all": b"#hash("
        + _until_full(
            lambda n: (
                b'("p%d" . #hash((name . "p%d") (source . "http://x/p%d.zip") (checksum . "%040d") (author . "a")'
                b' (description . "") (tags . ()) (dependencies . ()) (modules . ())))\n' % (n, n, n, n)
            )
        )
        + b")",
        "pkg/p1": _record(1, b'"./p1.zip"')[len('("p1" . ') : -1],
    },
    "packages": lambda: {
        "8.7/pkgs/pkgs.rktd": b"#hash("
        + b"".join(
            b'("p%d" . #s(pkg-info (catalog "p%d") #f %s))' % (n, n, b"#f" if n % 9 else b"#t") for n in range(700)
        )
        + b")",
        **{
            f"8.7/pkgs/p{n}/info.rkt": b'#lang info\n(define deps \'("p%d" "p%d"))\n' % (n + 1, n * 7 % 700)
            for n in range(700)
        },
    },
    "racket.lock": lambda: _lock(b"racket = [" + b'"8.7", ' * 100_000 + b"]\n"),
    "osv.json": lambda: json.dumps(
        [{"id": f"A{n}", "affected": [{"package": {"ecosystem": "Racket", "name": f"p{n}"}}] * 3} for n in range(5_000)]
    ).encode(),
    "ranges.json": lambda: json.dumps(
        {
            "id": "A",
            "affected": [
                {
                    "package": {"purl": f"pkg:generic/p{n % 700}"},
                    "ranges": [{"type": "SEMVER", "events": [{"introduced": f"{k}.{n % 9}"} for k in range(200)]}],
                }
                for n in range(150)
            ],
        }
    ).encode(),
    "deep.json": lambda: b'{"id": "A", "x": ' + b"[" * 500_000,
    "blocks.lock": lambda: _lock(
        b'racket = ["8.7"]\nwanted = [{ name = "p0" }]\n',
        _until_full(lambda n: _BLOCK % (n, n, n * 7 % 700, n + 1)),
    ),
    "chain": lambda: {"pkgs-all": b"#hash(" + b"".join(_record(n, b'"./p%d.zip"' % n) for n in range(1_500)) + b")"},
    "records": lambda: {f"pkg/p{n}": _record(n, b'"./p"')[len(f'("p{n}" . ') : -1] for n in range(1_000)},
    "cache": lambda: {
        **{f"entries/{n % 100:02}/{n}.json": _cached(n) for n in range(2_000)},
        "entries/ff/deep.json": b"[" * 100_000,
        "entries/ff/size.json": _cached(1).replace(b"12}", b"1e999}"),
        "entries/ff/empty.json": b"",
    },
    "site": _site,
    # what distribution sites have
    "tables": lambda: {
        f"installers/{name}.rktd": b"#hash(" + _until_full(make) + b")"
        for name, make in [
            ("table", lambda n: b'("%d | a | b; c" . "x%d.sh")\n' % (n, n)),
            (
                "installers",
                lambda n: (
                    b'("%d | a | b; c" . #hash((filename . "x%d.sh") (sha1 . "") (sha256 . "") (size . 1)))\n' % (n, n)
                ),
            ),
        ]
    },
    "levels": lambda: {
        "installers/table.rktd": b"#hash("
        + _until_full(lambda n: b'("' + b"|".join(b"%d" % (n % 7) for _ in range(900)) + b'%d" . "x.sh")\n' % n)
        + b")",
        "log/logs-table.rktd": b"#hash(" + _until_full(lambda n: b'("{%d} b" . "x")\n' % n) + b")",
        "site.toml": b"[help]\n" + _until_full(lambda n: b'"%d" = "a"\n' % n, 100_000),
    },
    "settled": lambda: {"site.toml": b"[aliases]\nalso = [" + b"{ vm = 'a' }," * 15_000 + b"]\n"},
    "stamps": lambda: {
        f"2020{n:04}/installers/{name}.rktd": b'#hash(("a" . %s))' % value
        for n in range(300)
        for name, value in [("table", b'"a-8.7.sh"'), ("installers", b'#hash((filename . "a-8.7.sh"))')]
    },
    "head.sh": lambda: b"#!/bin/sh\n" + b'A="' * 1000 + b'\n BINSUM="1"\n' * 70_000 + b'BINSTARTLINE="9999"\n',
    "many.sh": lambda: b'#!/bin/sh\nBINSUM="1"\nBINSTARTLINE="4"\n' + _tgz(60_000, tarfile.REGTYPE),
    "settings": lambda: {
        "catalog.toml": b"[site]\n" + _until_full(lambda n: b"a%d = %s1%s\n" % (n, b"[" * 90, b"]" * 90)),
        "overrides.toml": _until_full(lambda n: b'[packages.p%d]\ndescription = "a"\n' % n),
    },
    # what a catalog server has
    "server": lambda: prepared()[0],
    "rows.tar": _saved,
    "settled.toml": lambda: b"[publish]\noptions = {" + b"a = 'b', " * 90_000 + b"}\n",
    # what PLaneT's client and its packages have
    "releases": lambda: {f"o/p{n}.plt/1/{n % 5}/p{n}.plt": _release(n) for n in range(150)},
    "deep.rkt": lambda: _program(b"(" * 200_000),
    "comments.rkt": lambda: _program(b"#;" * 100_000 + b"#|" * 50_000),
    "requests.rkt": lambda: _program(b'(require (planet "a.rkt" ("o" "p1.plt" (= 1))))' * 5_000),
    "at.rkt": lambda: _program(b"@{" * 100_000, b"at-exp scheme"),
    "client": lambda: {
        "planet/300/8.7/HARD-LINKS": _until_full(lambda n: b'("p.plt" ("o") %d 0 #"/x" #f development-link)\n' % n)
    },
    # trees
    "tree": lambda: {f"tree/{number % 50}/{number}.rkt": TEXT for number in range(2_000)},
    "package": lambda: {"package/info.rkt": b"#lang info\n"} | {f"package/{n}.rkt": TEXT for n in range(1_000)},
    "costly": lambda: {
        "costly/info.rkt": b"#lang info\n(define compile-omit-paths '(" + b'"x" ' * 20_000 + b"))\n",
        **{f"costly/{number}.rkt": TEXT for number in range(500)},
    },
}
"""By name: an archive, or the files of a directory. Each is made when the first row asks for it."""

ROWS: Final[dict[str, list[str]]] = {
    "raco-pack": ["o.plt ^tree --exclude *-*-*-*-*.zo --exclude **/a/**/b/**/c"],
    "raco-unpack": [
        *("folders.plt --dry-run", "deep.plt -C new", "unsafe.plt -C new", "vectors.plt -C new", "-c symbols.plt"),
        *("dashes.plt --dry-run --only *-*-*-*-*.zo", "fewer.plt --at-plt --dry-run"),
    ],
    "unpack": ["exponents.plt -C new"],
    "raco-pkg create": ["package", "costly"],
    "raco-pkg install": [
        *("-u --no-setup package", "-u --no-setup files.zip", "-u --no-setup --copy costly"),
        "%packages -u --no-setup --catalog records --deps search-auto p700",
    ],
    "raco-pkg update": [
        "%addon -u p1 --catalog catalog --no-setup",
        "%packages -u --all --catalog records --no-setup",
    ],
    "raco-pkg remove": ["%addon -u p1", "%packages -u --auto --force p1"],
    "raco-pkg new": ["new"],
    "raco-pkg show": ["%packages -u -d", "%addon -u", "%addon -u -l --rx (p*)*x"],
    "raco-pkg migrate": ["%addon 8.6 --racket-version 8.7"],
    "raco-pkg catalog-show": ["--catalog catalog --all", "--catalog catalog p1", "--catalog records --all --modules"],
    "raco-pkg catalog-copy": ["catalog o", "records o.sqlite"],
    "raco-pkg catalog-archive": [
        "o catalog --offline --pkg-fail skip -j 1",
        "o chain --include p1 --include-deps --pkg-fail continue -j 1",
        "o records --relative --pkg-fail skip -j 1",
    ],
    "raco-pkg archive": ["%packages o p1 --include-deps -j 1"],
    "raco-pkg config": ["%addon -u"],
    "raco-pkg empty-trash": ["%addon -u"],
    "raco-pkg restore": ["%addon -u p1"],
    "raco-pkg why": ["%addon -u p1", "%packages -u p699"],
    "raco-pkg tree": ["%addon -u", "%packages -u"],
    "raco-pkg outdated": ["%addon -u --catalog catalog", "%packages -u --catalog records"],
    "raco-pkg check": ["%addon -u", "%packages -u"],
    "raco-pkg lock": [
        "--file racket.lock --dry-run --offline --racket-version 8.7",
        "--file blocks.lock --dry-run --offline",
        "files.zip --dry-run",
    ],
    "pltpack push": [
        "package --dry-run --server http://127.0.0.1:9",
        "files.zip --dry-run --server http://127.0.0.1:9",
    ],
    "pltpack server init": ["--root new"],
    "pltpack server migrate": ["--root ~server", "--config settled.toml"],
    "pltpack server backup": ["o.tar --root ~server"],
    "pltpack server restore": ["rows.tar --root o", "files.tgz --root o"],
    "pltpack server doctor": ["--root ~server --deep"],
    "pltpack server refresh": ["--root ~server --all"],
    "pltpack server import": ["--root ~server chain", "--root ~server records --dry-run"],
    "pltpack server token": ["--root ~server"],
    "pltpack server user add": ["eve@example.org --root ~server"],
    "pltpack server user list": ["--root ~server"],
    "pltpack server user password": ["admin --remove --root ~server"],
    "pltpack server user role": ["admin curator --root ~server"],
    "pltpack server user disable": ["admin --root ~server"],
    "pltpack server log": ["--root ~server --most 0"],
    "raco-pkg export": [
        *(f"--file blocks.lock --format {name}" for name in ("table", "csv", "nix", "guix", "bazel")),
        *("--file blocks.lock --format cyclonedx", "--file blocks.lock --format spdx", "--file racket.lock"),
    ],
    "raco-pkg audit": ["osv.json --file blocks.lock", "ranges.json --file blocks.lock", "deep.json --file blocks.lock"],
    "raco-pkg diff": ["blocks.lock blocks.lock", "racket.lock blocks.lock"],
    "raco-pkg sync": ["--file racket.lock --offline", "%packages --file blocks.lock --offline --force"],
    "raco-pkg env": ["e --file blocks.lock --offline", "--file racket.lock"],
    "raco-pkg run": ["--file blocks.lock -- nonesuch"],
    "raco-pkg activate": ["--shell sh"],
    "raco-pkg vendor": ["v --file blocks.lock --dry-run", "v --file racket.lock"],
    "pltpack pack": ["o.plt ^tree"],
    "pltpack unpack": ["graph.plt -C new"],
    "pltpack list": [
        "releases --table -j 1",
        "folders.plt",
        "files.plt --json",
        "deep.plt --tree",
        "dashes.plt *-*-*-*-*.zo",
        "links.tgz -l",
    ],
    "pltpack show": [
        "odd.plt",
        "odd.plt --json",
        "releases -j 1",
        "vectors.plt",
        "symbols.plt",
        "requires.plt --json",
        "fewer.plt --json",
        "files.plt",
        "unsafe.plt --json",
        "files.zip",
    ],
    "pltpack cat": ["files.plt ff", "dashes.plt none", "deep.plt none"],
    "pltpack verify": [
        "releases --json -j 1",
        "odd.plt",
        "unsafe.plt",
        "requires.plt",
        "exponents.plt",
        "files.zip",
        "unsafe.zip",
        "links.tgz",
        "deep.plt",
    ],
    "pltpack find": [
        "--requires x releases",
        "a files.plt --text",
        "--requires x fewer.plt",
        "--name *-*-*-*-*.zo dashes.plt",
    ],
    "pltpack duplicates": ["releases", "files.plt files.zip"],
    "pltpack edit": ["dashes.plt -o o.plt --rm *-*-*-*-*", "files.plt -o o.plt --rename ff=x"],
    "pltpack diff": [
        *("few-1.zip few-2.zip --content", "shuffled-1.zip shuffled-2.zip --content", "fewer.plt one.plt"),
        *("files.zip files.tgz", "vectors.plt one.plt"),
    ],
    "pltpack convert": ["files.plt o.zip", "odd.plt o.zip", "files.zip o.tgz", "links.tgz o.zip", "unsafe.zip o.tgz"],
    "pltpack planet show": ["folders.plt", "vectors.plt", "unsafe.plt"],
    "pltpack planet create": ["package --dry-run"],
    "pltpack planet index": ["releases", "deep.rkt", "comments.rkt", "requests.rkt --json", "at.rkt"],
    "pltpack planet rescue": [
        "releases --into o -j 1",
        "deep.rkt --into o -j 1",
        "comments.rkt --into o -j 1",
        "requests.rkt --into o -j 1 --report o.html",
        "at.rkt --into o -j 1",
    ],
    "pltpack planet cache": ["releases", "%client requests.rkt"],
    "pltpack planet cached": ["%client", "%client --json"],
    "pltpack planet remove": ["%client a/b.plt:1:0"],
    "pltpack planet link": ["%client a/b.plt:1:0 package"],
    "pltpack planet unlink": ["%client o/p.plt:1:0"],
    "pltpack fetch": [
        "files.zip links.tgz package --into o",
        "--catalog catalog p1 --offline",
        "--catalog records p1 --only-checksum",
        "https://example.invalid/" + "a/" * 50_000 + " --offline",
    ],
    "pltpack catalog init": ["o"],
    "pltpack catalog build": ["o package files.zip costly -j 1", "o odd.plt -j 1", "~site -j 1", "~settings -j 1"],
    "pltpack catalog add": ["o symbols.plt -j 1", "o links.tgz -j 1"],
    "pltpack catalog remove": ["~site p1"],
    "pltpack catalog yank": ["~site p1 --reason x"],
    "pltpack catalog check": ["site -j 1", "records -j 1", "chain -j 1 --json", "settings -j 1"],
    "pltpack catalog snapshot": ["~site --stamp new", "site --list"],
    "pltpack catalog diff": ["records chain", "records chain --json", "site catalog"],
    "pltpack catalog restore": ["~site old"],
    "pltpack catalog prune": ["~site --grace 0"],
    "pltpack catalog publish": ["site o"],
    "pltpack site init": ["o"],
    "pltpack site record": ["~tables files.zip -d X", "~tables --sums", "~levels files.zip -d X"],
    "pltpack site forget": ["~tables 1"],
    "pltpack site page": ["~tables", "~levels", "~settled"],
    "pltpack site merge": ["o tables", "o stamps/20200001 stamps/20200002"],
    "pltpack site packages": ["o --from site", "o --from chain p1"],
    "pltpack site origin": ["o links.tgz", "o many.sh"],
    "pltpack site check": ["tables --no-installers", "levels --json", "stamps --no-installers"],
    "pltpack site mirror": ["tables/installers o --dry-run", "levels/installers o"],
    "pltpack site snapshot": ["tables o", "levels o"],
    "pltpack site snapshots": ["~stamps --max 1", "~stamps --weeks 9"],
    "pltpack installer show": ["head.sh", "many.sh --list --json", "files.zip"],
    "pltpack installer verify": ["head.sh many.sh", "many.sh --sums tables"],
    "pltpack installer extract": ["many.sh --into o", "head.sh --into o"],
    "pltpack cache dir": [""],
    "pltpack cache show": ["--cache cache", "--cache cache --json"],
    "pltpack cache verify": ["--cache cache", "--cache ~cache --remove"],
    "pltpack cache prune": ["--cache ~cache --all", "--cache ~cache --max-entries 1 --older-than 0"],
    "pltpack schema": [""],
    "pltpack create": ["package"],
    "pltpack source": ["https://example.com/" + "a/" * 50_000, "git://x/" + "?" * 100_000, "-" * 100_000],
    "pltpack info": [
        "fields",
        "list --json",
        "vectors",
        "exponents",
        "digits",
        "strings",
        "%links lookup",
    ],
    "pltpack dirs": ["@keys --json"],
    "pltpack doctor": ["@keys --json"],
}
"""Every command, with what it is asked to do.

``@`` is a directory of settings, ``%`` an add-on directory, ``^`` a tree that is packed from the directory above it,
``~`` a directory that is changed.
"""
MARKS: Final = "%@^~"

SERVERS: Final = {"pltpack planet serve", "pltpack catalog serve", "pltpack server run"}
"""What runs until it is stopped. At first they read what ``planet index`` and ``catalog check`` read."""

SPEAKING: Final = {
    f"pltpack {command}"
    for command in (
        *("login", "yank", "unyank", "owner", "publisher", "refresh", "status", "events"),
        *("hook list", "hook add", "hook change", "hook remove", "hook deliveries"),
    )
}
"""What sends a request to a server and takes a short answer."""


def test_every_command_of_every_program_has_a_row() -> None:
    names = {entry.name for entry in entry_points(group="console_scripts") if entry.value.startswith("pltpack_cli.")}
    groups = {
        name: importlib.import_module(f"pltpack_cli.{module}").COMMANDS
        for name, module in [("pltpack", "main"), ("raco-pkg", "packages.main")]
    }
    commands = {f"{name} {command}" for name, known in groups.items() for command in known}
    assert set(ROWS) | SERVERS | SPEAKING == commands | (names - set(groups))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the inputs are."""
    return tmp_path_factory.mktemp("inputs")


def _put(shelf: Path, name: str) -> Path:
    """An input, made if it is not there yet."""
    place = shelf / name
    if not place.exists():
        made = INPUTS[name]()
        if isinstance(made, bytes):
            assert len(made) <= MIB
            place.write_bytes(made)
        else:
            assert sum(map(len, made.values())) <= MIB
            root = shelf if all(path.startswith(f"{name}/") for path in made) else place
            write_tree(root, made)
    return place


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file())


@pytest.mark.parametrize(
    ("command", "row"),
    [(command, row) for command, rows in ROWS.items() for row in rows],
    ids=lambda text: text if len(text) < 60 else text[:60],
)
def test_small_inputs_cost_little(command: str, row: str, shelf: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "", "LANG": "C.UTF-8", "PLTPACK_RACKET_VERSION": "8.7"}
    arguments = command.split()
    for word in row.split():
        if word.startswith("%"):
            environment["PLTADDONDIR"] = str(tmp_path / "addon")
            shutil.copytree(_put(shelf, word[1:]), tmp_path / "addon")
        elif word.startswith("^"):
            arguments += ["-C", str(_put(shelf, word[1:]).parent), word[1:]]
        elif word.startswith("~"):
            arguments.append(str(shutil.copytree(_put(shelf, word[1:]), tmp_path / word[1:])))
        elif word.startswith("@"):
            environment["PLTCONFIGDIR"] = str(_put(shelf, word[1:]))
        else:
            arguments.append(str(_put(shelf, word)) if word in INPUTS else word)
    report = tmp_path / "report.json"
    work = tmp_path / "work"
    work.mkdir()
    run = subprocess.run(
        [sys.executable, bounded.__file__, report, *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert run.returncode in range(7), run.stderr[-2000:]
    assert b"Traceback" not in run.stderr
    took = json.loads(report.read_text("utf-8"))
    size = sum(_size(shelf / word.lstrip(MARKS)) for word in row.split() if word.lstrip(MARKS) in INPUTS)
    assert took["steps"] <= MOST_STEPS * min(max(size, LEAST_SIZE), MIB) / MIB * MORE.get(command, 1)
    assert took["memory"] <= MOST_MEMORY
