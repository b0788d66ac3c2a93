"""The options of the commands on archives."""

from __future__ import annotations

import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.archives.listing import entry_line
from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from pltpack.packer.pack import PackOptions, pack_plt
from tests.cli.options.row import (
    Effect,
    Left,
    Row,
    code,
    differs,
    holds,
    limits,
    prints,
    refuses,
    silent,
    spares,
    tells,
    writes,
)
from tests.trees import archive, file, write_tree

USER = "home/.local/share/racket/8.7/collects"
INSTALL = {"PLTPACK_RACKET_VERSION": "8.7"}
PROGRAMS = {"PATH": os.environ["PATH"]}
LARGE = 3 << 20
"""Bytes of an archive of which two are worth several processes."""


def prepare(folder: Path) -> None:
    """A library to pack, and the archives that most calls take."""
    write_tree(
        folder,
        {
            "mylib/main.rkt": b"#lang racket/base\n",
            "mylib/info.rkt": b'#lang info\n(define name "My library")\n',
            "mylib/notes.txt": b"notes\n",
            "mylib/compiled/main_rkt.zo": b"zo",
            "other/main.rkt": b"#lang racket/base\n",
        },
    )
    header = Header("kit", collections=(("kit",),), plt_relative=True)
    with create_archive(folder / "kit.plt", header) as output:
        output.add_directory(("collects", "kit"))
        output.add_file(("collects", "kit", "main.rkt"), b"#lang racket/base\n", 18)
        output.add_file(("collects", "kit", "notes.txt"), b"one\n", 4, replace=True)
    header = Header("home", plt_relative=True, plt_home_relative=True)
    with create_archive(folder / "home.plt", header) as output:
        output.add_file(("collects", "home.rkt"), b"", 0)
    (folder / "here.plt").write_bytes(archive(file("a", "main.rkt"), file("a", "notes.txt", data=b"old")))
    (folder / "there.plt").write_bytes(archive(file("a", "main.rkt"), file("a", "notes.txt", data=b"newer")))
    with zipfile.ZipFile(folder / "kit.zip", "w") as package:
        package.writestr("info.rkt", "")
        package.writestr("kit/main.rkt", "#lang racket/base\n")


def cut(folder: Path) -> None:
    """An archive that ends too early."""
    with create_archive(folder / "cut.plt", Header("cut")) as output:
        for name in ("a", "b"):
            output.add_file((name,), random.Random(name).randbytes(200_000), 200_000)
    (folder / "cut.plt").write_bytes((folder / "cut.plt").read_bytes()[:-1000])


def unsafe(folder: Path) -> None:
    """An archive with a path that leads out."""
    (folder / "up.plt").write_bytes(archive(file(b"up", "x")))


def wanting(folder: Path) -> None:
    """An archive that requires what nobody has."""
    with create_archive(
        folder / "wanting.plt", Header("w", requires=((("none", "such"), ()),), plt_relative=True)
    ) as w:
        w.add_file(("collects", "w", "main.rkt"), b"", 0)


def provided(folder: Path) -> None:
    """The same, and a directory that has it."""
    wanting(folder)
    write_tree(folder, {"needed/none/such/main.rkt": b""})


def standing(folder: Path) -> None:
    """A file that is in the way."""
    write_tree(folder, {"a/main.rkt": b"mine"})


def large(folder: Path) -> None:
    """Two archives that are worth several processes."""
    noise = random.Random(1).randbytes(LARGE)
    for name in ("big1", "big2"):
        with create_archive(folder / f"{name}.plt", Header(name), encode=False) as output:
            output.add_file((name, "noise"), noise, LARGE)
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as package:
            package.writestr("info.rkt", "#lang info\n")
            package.writestr(f"{name}/noise", noise)


def spacious(folder: Path) -> None:
    """A large file to pack: for several threads, and for levels that differ; and the archive that is made of it."""
    words = random.Random(2)
    text = b"".join(words.choice((b"define ", b"lambda ", b"require ", b"racket/base\n")) for _ in range(400_000))
    (folder / "mylib" / "big.txt").write_bytes(text)
    options = PackOptions(directory=str(folder))
    pack_plt(folder / "default.plt", "archive", ["mylib"], plt_relative=False, options=options)


def racket(folder: Path) -> None:
    """An installation of Racket whose program prints what it is asked."""
    for root in ("r", "s"):
        (folder / root / "collects/racket").mkdir(parents=True)
        (folder / root / "bin").mkdir()
        program = folder / root / "bin/racket"
        program.write_text('#!/bin/sh\necho "ran $@"\n')
        program.chmod(0o755)


def collection(folder: Path) -> None:
    """An installation with a collection in it, and a directory with another one."""
    racket(folder)
    write_tree(folder, {"r/collects/mine/main.rkt": b"#lang racket/base\n", "s/collects/mine/other.rkt": b""})


def losing(folder: Path) -> None:
    """A package with a link, and permissions that few formats hold."""
    with tarfile.open(folder / "links.tgz", "w:gz") as package:
        package.add(folder / "mylib" / "main.rkt", "main.rkt")
        link = tarfile.TarInfo("link.rkt")
        link.type, link.linkname = tarfile.SYMTYPE, "main.rkt"
        package.addfile(link)


def several(folder: Path) -> None:
    """Many files whose times cannot be kept."""
    for number in range(9):
        (folder / "other" / f"file{number}.rkt").write_text("")


def renamed(folder: Path) -> None:
    """A .plt archive under the name of a zip archive."""
    (folder / "there.plt").rename(folder / "there.zip")


def nested(folder: Path) -> None:
    """A package with an archive in it."""
    write_tree(folder / "p", {"info.rkt": b"#lang info\n"})
    (folder / "kit.plt").rename(folder / "p" / "kit.plt")


def objectionable(folder: Path) -> None:
    """A package that an installer refuses."""
    write_tree(folder / "bad", {"info.rkt": b'#lang info\n(define deps "base")\n'})


def noted(folder: Path) -> None:
    """An archive with something in it that is worth knowing, and nothing to mend."""
    (folder / "old.plt").write_bytes((folder / "kit.plt").read_bytes().replace(b"\n", b"\r\n"))


def viewed(view: str) -> Effect:
    """How two archives were looked at."""
    return tells(lambda document: document["view"] == view)


def is_a(kind: str) -> Effect:
    """The JSON document of that name."""
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.{kind}", 1))


def lists(*lines: str, name: str = "x.plt") -> Effect:
    """An archive is there and holds what is listed so."""

    def effect(left: Left) -> bool:
        if left.code or not (left.folder / name).exists():
            return False
        with open_archive(left.folder / name) as opened:
            return set(lines) <= {str(entry_line(entry)) for entry in opened}

    return effect


def lists_not(line: str, name: str = "x.plt") -> Effect:
    """An archive is there and does not hold what is listed so."""
    listed = lists(line, name=name)
    return lambda left: lists(name=name)(left) and not listed(left)


def heads(look: Callable[[Header], object], name: str = "x.plt") -> Effect:
    """The header of an archive that is there."""

    def effect(left: Left) -> object:
        with open_archive(left.folder / name) as opened:
            return left.code == 0 and look(opened.header)

    return effect


def smaller(left: Left) -> bool:
    """The archive is smaller than the one that is made without the option."""
    return left.code == 0 and (left.folder / "x.plt").stat().st_size < (left.folder / "default.plt").stat().st_size


def larger(left: Left) -> bool:
    """The archive is larger than the one that is made without the option."""
    return left.code == 0 and (left.folder / "x.plt").stat().st_size > (left.folder / "default.plt").stat().st_size


def parallel(left: Left) -> bool:
    """More than one process was at work."""
    return left.code == 0 and left.processes > 1


PACK = "raco-pack x.plt mylib"
COLLECT = "raco-pack --collect x.plt mylib --collects ."

PACKING = [
    Row("archives.pack", "--collect", "raco-pack x.plt mylib", "--collect --collects .", lists("collects/mylib/")),
    Row("archives.pack", "--plt-name", PACK, "--plt-name Mine", heads(lambda header: header.name == "Mine")),
    Row("archives.pack", "--replace", PACK, "--replace", lists("mylib/main.rkt [replace]")),
    Row("archives.pack", "--at-plt", PACK, "--at-plt", heads(lambda header: header.plt_relative)),
    Row("archives.pack", "--all-users", PACK, "--all-users", heads(lambda header: header.test_plt_dirs)),
    Row(
        "archives.pack",
        "--force-all-users",
        PACK,
        "--force-all-users",
        heads(lambda header: header.plt_home_relative and not header.test_plt_dirs),
    ),
    Row("archives.pack", "--include-compiled", COLLECT, "--include-compiled", lists("collects/mylib/compiled/")),
    Row("archives.pack", "++setup", PACK, "++setup kit", heads(lambda header: header.collections == (("kit",),))),
    Row("archives.pack", "--header-from", PACK, "--header-from kit.plt", heads(lambda header: header.name == "kit")),
    Row("archives.pack", "--force", "raco-pack kit.zip mylib", "-f", lists("mylib/", name="kit.zip")),
    Row("archives.pack", "--verbose", PACK, "-v", prints('[output to "x.plt"]')),
    Row("archives.pack", "--quiet", PACK, "-q", silent),
    Row("archives.pack", "--raw", PACK, "--raw", holds("x.plt", b"PLT\n", b"#lang racket/base")),
    Row("archives.pack", "--fast", PACK, "--fast", larger, before=spacious),
    Row("archives.pack", "--best", PACK, "--best", smaller, before=spacious),
    Row("archives.pack", "--level", PACK, "--level 9", smaller, before=spacious),
    Row(
        "archives.pack",
        "--gzip-program",
        PACK,
        "--gzip-program",
        differs("x.plt", "default.plt"),
        before=spacious,
        environment={"PATH": os.environ["PATH"]},
    ),
    Row("archives.pack", "--jobs", f"{PACK} -j 1", "-j 3", lambda left: left.threads > 2, before=spacious),
    Row("archives.pack", "--exclude", PACK, "--exclude *.txt", lists_not("mylib/notes.txt")),
    Row("archives.pack", "--directory", "raco-pack x.plt main.rkt", "-C mylib", lists("main.rkt")),
    Row("archives.pack", "--collects", "raco-pack --collect x.plt mylib", "--collects .", lists("collects/mylib/")),
    Row(
        "archives.pack",
        "--racket",
        "raco-pack --collect x.plt mine",
        "--racket r",
        lists("collects/mine/main.rkt"),
        before=collection,
    ),
    Row(
        "archives.pack",
        "--racket-version",
        COLLECT,
        "--racket-version nonsense",
        refuses("--racket-version", code=2),
    ),
    Row("archives.pack", "--dry-run", PACK, "--dry-run", spares("x.plt")),
    Row("archives.pack", "--json", PACK, "--json", is_a("pack")),
]

UNPACKING = [
    Row("archives.unpack", "--list", "unpack here.plt", "-l", spares("a")),
    Row("archives.unpack", "--config", "unpack here.plt", "-c", prints("config:")),
    Row("archives.unpack", "--force", "unpack here.plt", "-f", holds("a/main.rkt", b"new"), before=standing),
    Row("archives.unpack", "--dest", "unpack here.plt", "-C out", writes("out/a/main.rkt")),
    Row(
        "archives.unpack",
        "--at-plt",
        "unpack kit.plt",
        "--at-plt",
        writes(f"{USER}/kit/main.rkt"),
        environment=INSTALL,
    ),
    Row(
        "archives.unpack",
        "--all-users",
        "unpack --at-plt kit.plt --racket r",
        "--all-users",
        writes("r/collects/kit/main.rkt"),
        before=racket,
        environment=INSTALL,
    ),
    Row(
        "archives.unpack",
        "--no-check",
        "unpack --at-plt wanting.plt",
        "--no-check",
        code(0),
        before=wanting,
        environment=INSTALL,
    ),
    Row(
        "archives.unpack",
        "--setup",
        "unpack --at-plt kit.plt --racket r",
        "--setup",
        prints("ran ", "setup"),
        before=racket,
        environment={**INSTALL, "PATH": os.environ["PATH"]},
    ),
    Row(
        "archives.unpack",
        "--racket",
        "unpack --at-plt kit.plt --all-users",
        "--racket r",
        writes("r/collects/kit/main.rkt"),
        before=racket,
        environment=INSTALL,
    ),
    Row(
        "archives.unpack",
        "--racket-version",
        "unpack --at-plt kit.plt",
        "--racket-version 8.7",
        writes(f"{USER}/kit/main.rkt"),
    ),
    Row(
        "archives.unpack",
        "--collects",
        "unpack --at-plt wanting.plt",
        "--collects needed",
        code(0),
        before=provided,
        environment=INSTALL,
    ),
    Row("archives.unpack", "--only", "unpack here.plt", "--only *.rkt", spares("a/notes.txt")),
    Row("archives.unpack", "--exclude", "unpack here.plt", "--exclude *.txt", spares("a/notes.txt")),
    Row("archives.unpack", "--strip-components", "unpack here.plt", "--strip-components 1", writes("main.rkt")),
    Row("archives.unpack", "--salvage", "unpack cut.plt", "--salvage", writes("a"), before=cut),
    Row("archives.unpack", "--sanitize", "unpack up.plt", "--sanitize", writes("x"), before=unsafe),
    Row("archives.unpack", "--durable", "unpack here.plt", "--durable", lambda left: left.code == 0 and left.synced),
    Row("archives.unpack", "--dry-run", "unpack here.plt", "--dry-run", spares("a")),
    Row("archives.unpack", "--verbose", "unpack here.plt", "-v", prints("a/main.rkt")),
    Row("archives.unpack", "--quiet", "unpack --at-plt kit.plt", "-q", silent, environment=INSTALL),
    Row("archives.unpack", "--jobs", "unpack -j 1 big1.plt big2.plt", "-j 2", parallel, before=large),
    Row("archives.unpack", "--json", "unpack here.plt", "--json", is_a("unpack")),
    *limits("archives.unpack", plt="unpack kit.plt", path="unpack kit.plt", ratio="unpack zeros.plt"),
]

LOOKING = [
    Row("archives.list", "--long", "pltpack list kit.plt", "-l", prints("18  collects/kit/main.rkt", "1 directory")),
    Row("archives.list", "--tree", "pltpack list kit.plt", "-t", prints("main.rkt  18")),
    Row("archives.list", "--json", "pltpack list kit.plt", "--json", is_a("list")),
    *limits(
        "archives.list",
        plt="pltpack list kit.plt",
        path="pltpack list kit.zip",
        ratio="pltpack list zeros.plt",
    ),
    Row("archives.show", "--html", "pltpack show kit.plt", "--html p.html", holds("p.html", b"<html", b"main.rkt")),
    Row(
        "archives.show",
        "--digests",
        "pltpack show kit.plt --json",
        "--digests",
        tells(lambda document: [entry for entry in document["entries"] if "sha256" in entry]),
    ),
    Row(
        "archives.show",
        "--racket",
        "pltpack show home.plt --racket-version 8.7",
        "--racket r",
        prints("/r/collects"),
        before=racket,
    ),
    Row("archives.show", "--racket-version", "pltpack show kit.plt", "--racket-version 8.7", prints("racket/8.7")),
    Row("archives.show", "--force", "pltpack show kit.plt --html here.plt", "-f", holds("here.plt", b"<html")),
    Row("archives.show", "--quiet", "pltpack show kit.plt", "-q", silent),
    Row("archives.show", "--json", "pltpack show kit.plt", "--json", is_a("show")),
    *limits(
        "archives.show",
        plt="pltpack show kit.plt",
        path="pltpack show kit.zip",
        ratio="pltpack show zeros.plt",
    ),
    *limits(
        "archives.cat",
        plt="pltpack cat kit.plt collects/kit/main.rkt",
        path="pltpack cat kit.zip kit/main.rkt",
        ratio="pltpack cat zeros.plt zeros",
    ),
    Row("archives.verify", "--quiet", "pltpack verify kit.plt", "-q", silent),
    Row("archives.verify", "--verbose", "pltpack verify old.plt", "-v", prints("note"), before=noted),
    Row("archives.verify", "--jobs", "pltpack verify -j 1 big1.zip big2.zip", "-j 2", parallel, before=large),
    Row("archives.verify", "--json", "pltpack verify kit.plt", "--json", is_a("verify")),
    *limits(
        "archives.verify",
        plt="pltpack verify kit.plt",
        path="pltpack verify kit.zip",
        ratio="pltpack verify zeros.plt",
        code=1,
    ),
    Row(
        "archives.diff",
        "--content",
        "pltpack diff here.plt there.plt",
        "--content",
        prints("-old", "+newer"),
    ),
    Row("archives.diff", "--as-package", "pltpack diff kit.plt kit.plt --json", "--as-package", viewed("package")),
    Row("archives.diff", "--as-stored", "pltpack diff kit.plt kit.zip --json", "--as-stored", viewed("stored")),
    Row("archives.diff", "--quiet", "pltpack diff here.plt there.plt", "-q", silent),
    Row("archives.diff", "--json", "pltpack diff here.plt there.plt", "--json", is_a("diff")),
    *limits(
        "archives.diff",
        plt="pltpack diff kit.plt kit.plt",
        path="pltpack diff kit.zip kit.zip",
        ratio="pltpack diff zeros.plt zeros.plt",
    ),
]

EDIT = "pltpack edit kit.plt -o x.plt"
MAIN = "collects/kit/main.rkt"


def edited(option: str, given: str, effect: Effect, line: str = EDIT, **rest: Any) -> Row:
    """A row of ``pltpack edit``."""
    return Row("archives.edit", option, line, given, effect, **rest)


EDITING = [
    edited("--output", "-o new.plt", writes("new.plt"), line="pltpack edit kit.plt --mkdir new"),
    edited("--add", "--add mylib/notes.txt=notes.txt", lists("notes.txt")),
    edited("--mkdir", "--mkdir collects/new", lists("collects/new/")),
    edited("--rm", "--rm *.txt", lists_not("collects/kit/notes.txt [replace]")),
    edited("--rename", "--rename collects/kit=collects/tool", lists("collects/tool/main.rkt")),
    edited("--set", "--set name=Mine", heads(lambda header: header.name == "Mine")),
    edited("--filter", "--filter 'tr a-z A-Z'", holds("x.plt", b"#LANG"), line=f"{EDIT} --raw", environment=PROGRAMS),
    edited(
        "--only",
        "--only *.txt",
        holds("x.plt", b"#lang"),
        line=f"{EDIT} --raw --filter 'tr a-z A-Z'",
        environment=PROGRAMS,
    ),
    edited("--replace", "--replace", lists("notes.txt [replace]"), line=f"{EDIT} --add mylib/notes.txt=notes.txt"),
    edited("--exclude", "--exclude *.txt", lists_not("lib/notes.txt"), line=f"{EDIT} --add mylib=lib"),
    edited("--raw", "--raw", holds("x.plt", b"PLT\n")),
    edited("--fast", "--fast", larger, line="pltpack edit default.plt -o x.plt", before=spacious),
    edited("--best", "--best", smaller, line="pltpack edit default.plt -o x.plt", before=spacious),
    edited("--level", "--level 9", smaller, line="pltpack edit default.plt -o x.plt", before=spacious),
    edited(
        "--gzip-program",
        "--gzip-program",
        differs("x.plt", "default.plt"),
        line="pltpack edit default.plt -o x.plt",
        before=spacious,
        environment=PROGRAMS,
    ),
    edited(
        "--jobs", "-j 3", lambda left: left.threads > 2, line="pltpack edit default.plt -o x.plt -j 1", before=spacious
    ),
    edited("--dry-run", "--dry-run", spares("x.plt")),
    edited("--quiet", "-q", silent),
    edited("--json", "--json", is_a("edit")),
    *limits(
        "archives.edit",
        plt=EDIT,
        ratio="pltpack edit zeros.plt -o x.plt",
    ),
]

TABLES = [
    Row("archives.list", "--table", "pltpack list kit.plt", "--table", prints("archive", "kind", "path")),
    Row("archives.list", "--csv", "pltpack list kit.plt", "--csv", prints(f"kit.plt,plt,file,{MAIN},18")),
    Row("archives.list", "--jsonl", "pltpack list kit.plt", "--jsonl", prints('"schema":"pltpack.list-row"')),
    Row("archives.list", "--recursive", "pltpack list p", "--recursive", prints(MAIN), before=nested),
    Row("archives.list", "--jobs", "pltpack list -j 1 big1.plt big2.plt --csv", "-j 2", parallel, before=large),
    Row("archives.show", "--table", "pltpack show kit.plt", "--table", prints("archive  format")),
    Row("archives.show", "--csv", "pltpack show kit.plt", "--csv", prints("archive,format,size,")),
    Row("archives.show", "--jsonl", "pltpack show kit.plt", "--jsonl", prints('"schema":"pltpack.show-row"')),
    Row("archives.show", "--recursive", "pltpack show p", "--recursive", prints("(plt)"), before=nested),
    Row("archives.show", "--jobs", "pltpack show -j 1 big1.plt big2.plt --csv", "-j 2", parallel, before=large),
    Row("archives.verify", "--fail-on", "pltpack verify old.plt", "--fail-on note", code(1), before=noted),
    Row("archives.verify", "--summary", "pltpack verify kit.plt", "--summary", prints("1 archive: 1 OK")),
    Row("archives.verify", "--table", "pltpack verify kit.plt", "--table", prints("archive  format")),
    Row("archives.verify", "--csv", "pltpack verify kit.plt", "--csv", prints("kit.plt,")),
    Row("archives.verify", "--jsonl", "pltpack verify kit.plt", "--jsonl", prints('"schema":"pltpack.verify-archive"')),
    Row("archives.verify", "--recursive", "pltpack verify p", "--recursive", prints("kit.plt: OK"), before=nested),
]

CONVERTING = [
    Row(
        "archives.convert",
        "--into",
        "pltpack convert --format zip kit.plt here.plt",
        "--into out",
        writes("out/kit.zip", "out/here.zip"),
        lacking="-f",
    ),
    Row("archives.convert", "--from", "pltpack convert kit.zip out.plt", "--from tgz", refuses("read as tgz", code=3)),
    Row("archives.convert", "--format", "pltpack convert kit.plt x.bin", "--format zip", holds("x.bin", b"PK\3\4")),
    Row(
        "archives.convert",
        "--name",
        "pltpack convert kit.zip x.plt",
        "--name Mine",
        heads(lambda header: header.name == "Mine"),
    ),
    Row("archives.convert", "--as-stored", "pltpack convert kit.plt x", "--as-stored", writes("x/collects/kit")),
    Row("archives.convert", "--lossless", "pltpack convert links.tgz x.zip", "--lossless", code(1), before=losing),
    Row("archives.convert", "--strict", "pltpack convert bad x.zip", "--strict", code(1), before=objectionable),
    Row("archives.convert", "--checksum", "pltpack convert kit.plt x.zip", "--checksum", writes("x.zip.CHECKSUM")),
    Row("archives.convert", "--force", "pltpack convert kit.plt there.zip", "-f", code(0), before=renamed),
    Row("archives.convert", "--dry-run", "pltpack convert kit.plt x.zip", "--dry-run", spares("x.zip")),
    Row("archives.convert", "--quiet", "pltpack convert kit.plt x.zip", "-q", silent),
    Row("archives.convert", "--verbose", "pltpack convert other x.plt", "-v", prints("file8.rkt"), before=several),
    Row(
        "archives.convert",
        "--jobs",
        "pltpack convert --into out --format dir -j 1 big1.plt big2.plt",
        "-j 2",
        parallel,
        before=large,
    ),
    Row("archives.convert", "--json", "pltpack convert kit.plt x.zip", "--json", is_a("convert")),
    *limits(
        "archives.convert",
        plt="pltpack convert kit.plt x.zip",
        path="pltpack convert kit.zip x.tgz",
        ratio="pltpack convert zeros.plt x.zip",
    ),
]

ROWS = PACKING + UNPACKING + LOOKING + EDITING + TABLES + CONVERTING
