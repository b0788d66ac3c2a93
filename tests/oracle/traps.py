"""Traps of catalogs: how each is laid, what ``catalog check`` calls it, and what the real client does in it.

A trap is laid in a sound catalog of two packages, ``x`` and ``y``. The client then either fails, with a message that is
named here, or it is silently wrong: then a test of the outcome says so.
"""

from __future__ import annotations

import re
import sqlite3
import ssl
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

from pltpack.archive import create_archive
from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.codec.header import Header
from pltpack.pkg.checksum import digests
from pltpack.pkg.create import create_package
from tests.oracle.catalog_client import Client
from tests.servers import Answering, Route, Server, serving
from tests.site.trees import package


@dataclass
class World:
    """A folder that is served: ``catalog/`` with the texts of ``records``, ``pkgs/`` with the archives."""

    folder: Path
    stack: ExitStack
    records: dict[str, str] = field(default_factory=dict)
    lists: bool = True
    written: bool = False
    location: str = ""
    """The catalog as a client names it; the directory on the disk if nothing else is said."""
    against: list[str] = field(default_factory=list)
    allowed_signers: Path | None = None
    plain: Server | None = None
    """A second server, that of the archives."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog"

    def archive(self, name: str) -> Path:
        return self.folder / "pkgs" / f"{name}.zip"

    def make(self, name: str, info: str = "", files: Mapping[str, str] = {}, **fields: str | None) -> None:
        """A package, its archive and its record."""
        (self.folder / "pkgs").mkdir(parents=True, exist_ok=True)
        files = {"main.rkt": f"#lang racket/base\n(define {name} 1)\n", **files}
        text = f"#lang info\n(define license 'MIT)\n{info}"
        create_package(package(self.folder / "src", name, files, info=text), dest=self.folder / "pkgs")
        self.records[name] = self.record(name, **fields)

    def record(self, name: str, **fields: str | None) -> str:
        """The text of a record; ``None`` leaves a field out."""
        file = fields.pop("file", None) or f"{name}.zip"
        sum = digests(self.folder / "pkgs" / file).sha1
        values = {"source": f'"../pkgs/{file}"', "checksum": f'"{sum}"', "license": '"MIT"', **fields}
        return "#hash(" + " ".join(f"({key} . {text})" for key, text in values.items() if text is not None) + ")"

    def replace(self, members: Mapping[str, str] | bytes) -> None:
        """Another archive for ``x``, with a checksum that is right."""
        path = self.archive("x")
        if isinstance(members, bytes):
            path.write_bytes(members)
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for name, text in members.items():
                    archive.writestr(name, text)
        Path(f"{path}.CHECKSUM").write_text(digests(path).sha1)
        self.records["x"] = self.record("x")

    def write(self) -> None:
        """Have the records on the disk, if they are not there yet."""
        if self.written:
            return
        self.written = True
        (self.catalog / "pkg").mkdir(parents=True, exist_ok=True)
        for name, text in self.records.items():
            (self.catalog / "pkg" / name).write_text(text)
        if self.lists:
            rows = " ".join(f'("{name}" . {text})' for name, text in self.records.items())
            (self.catalog / "pkgs-all").write_text(f"#hash({rows})")
            (self.catalog / "pkgs").write_text("(" + " ".join(f'"{name}"' for name in self.records) + ")")

    def serve(self, answering: Answering | None = None, *, tls: ssl.SSLContext | None = None) -> Server:
        """Serve it until the end of the test; the catalog is there then."""
        server = self.stack.enter_context(serving(self.folder, tls=tls))
        if answering is not None:
            server.answering = answering
        self.location = f"{server.url}catalog/"
        return server


Laid: TypeAlias = Callable[[World], None]
Outcome: TypeAlias = Callable[[World, Client], None]


@dataclass(frozen=True)
class Trap:
    """A trap: what it is, the name of the finding, how it is laid, and what becomes of a client."""

    what: str
    kind: str
    lay: Laid
    outcome: Outcome


def fails(message: str, *arguments: str) -> Outcome:
    """A call of ``raco pkg`` fails with a message; without arguments it installs ``x``."""

    def outcome(world: World, client: Client) -> None:
        done = call(world, client, *arguments)
        assert done.returncode != 0, done.stdout
        assert re.search(message, done.stderr), done.stderr

    return outcome


def wrong(test: Callable[[World, Client, CompletedProcess[str]], bool], *arguments: str) -> Outcome:
    """A call succeeds, and something is not as it should be."""

    def outcome(world: World, client: Client) -> None:
        done = call(world, client, *arguments)
        assert done.returncode == 0, done.stderr
        assert test(world, client, done), done.stdout + done.stderr

    return outcome


def call(world: World, client: Client, *arguments: str) -> CompletedProcess[str]:
    site = world.location.removesuffix("catalog/")
    given = [
        text.replace("CATALOG", world.location).replace("FOLDER", str(world.folder)).replace("SITE/", site)
        for text in arguments
    ]
    return client.raco(*given) if given else client.install(world.location, "x")


def fields(**changed: str | None) -> Laid:
    """The record of ``x`` with other fields."""

    def lay(world: World) -> None:
        world.records["x"] = world.record("x", **changed)

    return lay


def texts(**texts: str) -> Laid:
    """Other texts of records, and lists of those that can be listed."""

    def lay(world: World) -> None:
        world.records |= texts
        world.lists = False

    return lay


def answers(wanted: str, route: Route) -> Laid:
    """The server has a special answer for paths in which ``wanted`` is found."""

    def lay(world: World) -> None:
        world.serve(lambda path, _headers: route if re.search(wanted, path) else None)

    return lay


def written(path: str, data: str | bytes) -> Laid:
    """A file in the served folder is another one."""

    def lay(world: World) -> None:
        world.write()
        file = world.folder / path
        file.write_bytes(data if isinstance(data, bytes) else data.encode())

    return lay


def archived(members: Mapping[str, str] | bytes) -> Laid:
    """The archive is another one."""
    return lambda world: world.replace(members)


def plt(header: Header, *directories: str) -> Laid:
    """The archive is a ``.plt``."""

    def lay(world: World) -> None:
        with create_archive(world.folder / "pkgs/x.plt", header) as writer:
            for directory in directories:
                writer.add_directory(tuple(directory.split("/")))
            writer.add_file(("collects", "x", "x.rkt"), b"#lang racket/base\n", 18)
        world.records["x"] = world.record("x", file="x.plt")

    return lay


def sqlite(*statements: str) -> Laid:
    """The catalog is a file of SQLite, in which something was changed."""

    def lay(world: World) -> None:
        world.write()
        path = world.folder / "catalog.sqlite"
        catalog_writer(path).write(open_catalog(world.catalog).records().values())
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        world.location = str(path)

    return lay


def removed(path: str) -> Laid:
    """A file is not there."""

    def lay(world: World) -> None:
        world.write()
        (world.folder / path).unlink()

    return lay


def with_slash(change: Callable[[str], str]) -> Laid:
    """The catalog is there, and the URL is not the one that it has."""

    def lay(world: World) -> None:
        world.serve()
        world.location = change(world.location)

    return lay


def chain(answer: Route) -> Laid:
    """The first of two catalogs does not have ``x``, and says so in its way."""

    def lay(world: World) -> None:
        del world.records["x"]
        world.serve(lambda path, _headers: answer if re.search("pkg/(x|no-package)", path) else None)

    return lay


def second_has_it(world: World, client: Client) -> None:
    """Asked for what only the second catalog has, the client gives up at the first one."""
    other = World(world.folder / "other", world.stack)
    other.make("x")
    other.write()
    other.serve()
    assert client.raco("config", "--scope", "user", "--set", "catalogs", world.location, other.location).returncode == 0
    done = client.raco("catalog-show", "x")
    assert done.returncode != 0
    assert "error from server" in done.stderr


def served(lay: Laid) -> Laid:
    """The same, over HTTP."""

    def both(world: World) -> None:
        lay(world)
        world.serve()

    return both


def version(source: str) -> Laid:
    """Another source for this version of Racket."""

    def lay(world: World) -> None:
        own = f'#hash((source . {source}) (checksum . "{digests(world.archive("x")).sha1}"))'
        world.records["x"] = world.record("x", versions=f'#hash(("8.7" . {own}))')

    return lay


def needing(name: str) -> Laid:
    """``x`` has a dependency."""
    return lambda world: world.make("x", f'(define deps (quote ("{name}")))\n', dependencies=f'("{name}")')


def foreign(world: World) -> None:
    """There is a file that is no record beside the records, and no list."""
    written("catalog/pkg/x.json", "{}")(world)
    for name in ("pkgs", "pkgs-all"):
        (world.catalog / name).unlink()
