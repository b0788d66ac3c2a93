"""The options of the commands that speak with a catalog server."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from pltpack.conversion.convert import convert
from tests.cli.options.row import Effect, Row, code, holds, lacks, prints, silent, tells, writes
from tests.server.prepared import working_when_waited_for, write_server
from tests.server.running import package_zip
from tests.site.trees import package


def prepare(folder: Path) -> None:
    """A server with the packages ``games``, ``far`` and ``old``, who may do everything there, and archives."""
    token = write_server(folder / "server")
    (folder / "home").mkdir()
    (folder / "home/.netrc").write_text(f"machine 127.0.0.1 login admin password {token}\n")
    (folder / "home/.netrc").chmod(0o600)
    (folder / "token").write_text(f"{token}\n")
    (folder / "games.zip").write_bytes(package_zip({"new.rkt": ""}))


def open_server(folder: Path) -> AbstractContextManager[str]:
    """The server at work."""
    return working_when_waited_for(folder / "server")


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.client-{kind}", 1))


AT = "--server $URL/"
OF = {
    "push": f"push {AT} games.zip",
    "login": f"login {AT} --token-file token",
    "yank": f"yank {AT} games --reason old",
    "unyank": f"unyank {AT} old",
    "owner": f"owner {AT} games",
    "publisher": f"publisher {AT} games --add gitlab --repository ann/games",
    "refresh": f"refresh {AT} far",
    "status": f"status {AT}",
    "events": f"events {AT} games",
}
"""A call of each command that goes well, and prints something."""


def _usual(kind: str, call: str) -> list[Row]:
    return [
        Row(f"client.{kind}", "--server", f"pltpack {call.replace(AT, '')}", AT, code(0)),
        Row(f"client.{kind}", "--quiet", f"pltpack {call}", "--quiet", silent),
        Row(f"client.{kind}", "--json", f"pltpack {call}", "--json", is_document(kind)),
    ]


def _row(command: str, option: str, given: str, effect: Effect, line: str = "", lacking: str = "") -> Row:
    return Row(f"client.{command}", option, f"pltpack {line or OF[command]}", given, effect, lacking=lacking)


def kit(folder: Path) -> None:
    """A package as a ``.plt`` archive."""
    made = package(folder, "kit", {"kit/x.rkt": ""}, info="#lang info\n(define collection 'multi)\n")
    convert(made, folder / "kit.plt")


ROWS = [
    *(row for command, call in OF.items() for row in _usual(command, call)),
    _row("push", "--name", "--name play", prints("play pushed")),
    Row("client.push", "--plt-as", f"pltpack push {AT} kit.plt", "--plt-as zip", holds("server/server.db", b"kit.zip"),
        before=kit),
    _row("push", "--new", "--new", code(5)),
    _row("push", "--if-version", "--if-version 7", code(5)),
    _row("push", "--dry-run", "--dry-run", prints("would be pushed")),
    _row("login", "--token-file", "--token-file token", writes("home/.config/pltpack/tokens.json"), f"login {AT}"),
    _row("login", "--logout", "--logout", prints("there was no token"), f"login {AT}"),
    _row("yank", "--reason", "--reason old", code(0), f"yank {AT} games"),
    *(_row(command, "--wait", "--wait", lacks("soon")) for command in ("push", "yank", "unyank")),
    _row("owner", "--add", "--add ben", code(3)),
    _row("owner", "--remove", "--remove admin", code(3)),
    _row("publisher", "--add", "--add gitlab --repository ann/games", prints("ann/games"), f"publisher {AT} games"),
    _row("publisher", "--repository", "--repository ann/games", code(0), f"publisher {AT} games --add gitlab"),
    _row("publisher", "--workflow", "--workflow ci/release.yml", prints("ci/release.yml")),
    _row("publisher", "--ref", "--ref 'refs/tags/v*'", prints("refs/tags/v*")),
    _row("publisher", "--environment", "--environment release", prints("release")),
    _row("publisher", "--issuer", "--issuer https://forge.example.org", code(3)),
    _row("publisher", "--remove", "--remove 0123456789abcdef", code(6), f"publisher {AT} games"),
    _row("refresh", "--wait", "--wait", code(1)),
    _row("events", "--most", "--most 1", lacks("push"), f"events {AT}"),
    _row("events", "--undo", "--undo 2", code(5)),
]  # fmt: skip
