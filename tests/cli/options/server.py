"""The options of the commands on a catalog server of one's own."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from pltpack.catalog.locations import catalog_writer
from pltpack.catalog.record import Record
from pltpack.server.database.engine import Database
from pltpack.server.database.migrations import migrate
from pltpack.server.keeping.backup import backup
from pltpack.server.room import Room
from tests.cli.options.row import (
    Effect,
    Left,
    Row,
    code,
    holds,
    lacks,
    prints,
    refuses,
    silent,
    spares,
    tells,
    writes,
)
from tests.cli.unused import HOST, PORT
from tests.server.prepared import write_server


def prepare(folder: Path) -> None:
    """A server with some packages, what was saved of it, and a catalog."""
    token = write_server(folder / "root")
    config = folder / "root/server.toml"
    config.write_text(config.read_text().replace("# port = 9004", "port = 0"))
    (folder / "token").write_text(token)
    (folder / "saved.tar").write_bytes(_saved())
    catalog_writer(folder / "cat").write([Record.of("new", {"source": "http://127.0.0.1:9/new.zip"})])


@functools.cache
def _saved() -> bytes:
    """A backup of the server."""
    with tempfile.TemporaryDirectory() as place:
        write_server(Path(place, "root"))
        with Room.open(Path(place, "root/server.toml")) as room:
            backup(room, Path(place, "saved.tar"))
        return Path(place, "saved.tar").read_bytes()


def unmigrated(folder: Path) -> None:
    """A server whose database is empty."""
    (folder / "root/server.db").unlink()


def emptied(folder: Path) -> None:
    """A server that has lost its database, and has got an empty one."""
    unmigrated(folder)
    with contextlib.closing(Database(f"sqlite:///{folder}/root/server.db")) as database:
        migrate(database, time=0)


def damaged(folder: Path) -> None:
    """An archive of the site is not what it was, and as long."""
    (archive,) = folder.glob("root/site/pkgs/*/*/games.zip")
    archive.write_bytes(bytes(archive.stat().st_size))


def without_record(folder: Path) -> None:
    """A file with a record is gone."""
    (folder / "root/records/games.rktd").unlink()


def _in_database(query: str, *values: str) -> Effect:
    """A query finds something in the database of the server."""

    def look(left: Left) -> bool:
        with contextlib.closing(sqlite3.connect(left.folder / "root/server.db")) as database:
            return left.code == 0 and database.execute(query, values).fetchone() is not None

    return look


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.server-{kind}", 1))


def _answers(text: str) -> Effect:
    """The server answers a question with a text."""
    return lambda left: left.code == 0 and text in left.answer


ROOT = "--root root"
OF = {
    "migrate": "migrate",
    "backup": "backup new.tar",
    "doctor": "doctor",
    "refresh": "refresh",
    "import_": "import cat",
    "token": "token",
    "log": "log",
}
"""A call of each command on a server that is there, which goes well and prints something."""


def _usual(command: str, call: str) -> list[Row]:
    kind = command.rstrip("_")
    line = f"pltpack server {call}"
    return [
        Row(f"server.{command}", "--config", line, "--config root/server.toml", code(0)),
        Row(f"server.{command}", "--root", line, ROOT, code(0)),
        Row(f"server.{command}", "--quiet", f"{line} {ROOT}", "--quiet", silent)
        if command != "token"
        else _row("token", "--quiet", "--quiet", lacks("ann@example.org"), TOKEN),
        Row(f"server.{command}", "--json", f"{line} {ROOT}", "--json", is_document(kind)),
    ]


def _row(command: str, option: str, given: str, effect: Effect, line: str = "") -> Row:
    return Row(f"server.{command}", option, f"pltpack server {line or OF[command]} {ROOT}", given, effect)


USERS = {
    "add": "add eve@example.org",
    "list": "list",
    "password": "password admin --remove",
    "role": "role admin admin",
    "disable": "disable admin",
}
"""A call of each command on users, which goes well and prints something."""


def _of_users() -> list[Row]:
    rows = []
    for command, call in USERS.items():
        name, line = f"server.user.{command}", f"pltpack server user {call}"
        rows += [
            Row(name, "--config", line, "--config root/server.toml", code(0)),
            Row(name, "--root", line, ROOT, code(0)),
            Row(name, "--quiet", f"{line} {ROOT}", "--quiet", lacks("no password") if command == "list" else silent),
            Row(name, "--json", f"{line} {ROOT}", "--json", is_document("users")),
        ]
        if command != "list":
            rows.append(Row(name, "--dry-run", f"{line} {ROOT}", "--dry-run", prints("would be")))
    return rows


def _user(command: str, option: str, given: str, effect: Effect, call: str = "") -> Row:
    line = f"pltpack server user {call or USERS[command]} {ROOT}"
    return Row(f"server.user.{command}", option, line, given, effect)


HASHED = "SELECT 1 FROM users WHERE password LIKE '$argon2id$%'"
INIT = "pltpack server init --root new"
RUN = f"pltpack server run --host {HOST}"
RESTORE = "pltpack server restore"
TOKEN = "token ann@example.org"

ROWS = [
    Row("server.init", "--root", "pltpack server init", "--root new", writes("new/server.toml")),
    Row("server.init", "--database", INIT, "--database sqlite:///x.db", writes("x.db")),
    Row("server.init", "--url", INIT, "--url https://a.example/", holds("new/server.toml", b"https://a.example/")),
    Row("server.init", "--dry-run", INIT, "--dry-run", spares("new")),
    Row("server.init", "--quiet", INIT, "--quiet", lacks("written")),
    Row("server.init", "--json", INIT, "--json", is_document("init")),
    *(row for command, call in OF.items() for row in _usual(command, call)),
    replace(_row("migrate", "--dry-run", "--dry-run", prints("would be taken")), before=unmigrated),
    _row("backup", "--force", "--force", code(0), "backup saved.tar"),
    replace(_row("doctor", "--deep", "--deep", code(1)), before=damaged),
    replace(_row("doctor", "--repair", "--repair", prints("1 packages were published again")), before=without_record),
    _row("refresh", "--all", "--all", prints("failed  far")),
    _row("import_", "--owner", "--owner ben", _in_database("SELECT 1 FROM owners WHERE owner = 'ben'")),
    _row("import_", "--dry-run", "--dry-run", prints("would be taken over")),
    _row("token", "--label", "--label nightly", prints("nightly"), TOKEN),
    _row("token", "--scope", "--scope edit", prints("edit for *"), TOKEN),
    _row("token", "--package", "--package 'games*'", prints("upload for games*"), TOKEN),
    _row("token", "--days", "--days 0", tells(lambda found: found["tokens"][0]["expires"] is None), f"{TOKEN} --json"),
    _row("token", "--role", "--role curator", _in_database("SELECT 1 FROM users WHERE role = 'curator'"), TOKEN),
    _row("token", "--revoke", "--revoke none", refuses("there is no token none", code=6)),
    _row("log", "--package", "--package games", lacks("yank old")),
    _row("log", "--user", "--user admin", lacks("the server")),
    _row("log", "--action", "--action yank", lacks("push games")),
    _row("log", "--since", "--since 2999-01-01", silent),
    _row("log", "--most", "--most 1", lacks("push games")),
    _row("log", "--jsonl", "--jsonl", prints('"schema": "pltpack.server-log-event"')),
    *_of_users(),
    _user("add", "--role", "--role curator", _in_database("SELECT 1 FROM users WHERE role = 'curator'")),
    _user("add", "--display", "--display Eve", _in_database("SELECT 1 FROM users WHERE display = 'Eve'")),
    _user("add", "--password-file", "--password-file token", _in_database(HASHED)),
    _user("password", "--password-file", "--password-file token", _in_database(HASHED), "password admin"),
    _user("password", "--remove", "--remove", prints("without a password"), "password admin"),
    _user("disable", "--undo", "--undo", prints("enabled")),
    Row("server.restore", "--root", f"{RESTORE} saved.tar", "--root new", writes("new/server.toml")),
    Row("server.restore", "--database", f"{RESTORE} saved.tar --root new", "--database sqlite:///x.db", writes("x.db")),
    Row("server.restore", "--records", f"{RESTORE} --config root/server.toml", "--records", code(0), before=emptied),
    Row("server.restore", "--config", f"{RESTORE} --records", "--config root/server.toml", code(0), before=emptied),
    Row("server.restore", "--quiet", f"{RESTORE} saved.tar --root new", "--quiet", silent),
    Row("server.restore", "--json", f"{RESTORE} saved.tar --root new", "--json", is_document("restore")),
    *(
        replace(row, asks="/healthz")
        for row in (
            Row("server.run", "--config", f"{RUN} --port 0", "--config root/server.toml", _answers("ok")),
            Row("server.run", "--root", f"{RUN} --port 0", ROOT, _answers("ok")),
            Row("server.run", "--port", f"{RUN} {ROOT}", f"--port {PORT}", prints(f"http://{HOST}:{PORT}/")),
            Row("server.run", "--host", f"pltpack server run {ROOT}", f"--host {HOST}", prints(f"http://{HOST}:")),
            Row("server.run", "--socket", f"pltpack server run {ROOT}", "--socket a.sock", prints("server: a.sock")),
            Row("server.run", "--workers", f"{RUN} {ROOT}", "--workers 0", lambda left: left.threads < 5),
            Row("server.run", "--worker", f"pltpack server run {ROOT}", "--worker", prints("working")),
            Row("server.run", "--quiet", f"{RUN} {ROOT}", "--quiet", silent),
        )
    ),
]  # fmt: skip
