"""The options of the commands on webhooks."""

from __future__ import annotations

from pathlib import Path

from pltpack.server.database.tables import DELIVERIES, HOOKS
from pltpack.server.room import Room
from tests.cli.options import client
from tests.cli.options.row import Effect, Row, code, lacks, prints, silent, tells

ID = "0123456789abcdef"
AT = "--server $URL/"
OF = {
    "list": f"hook list {AT}",
    "add": f"hook add {AT} https://example.org/new",
    "change": f"hook change {AT} {ID} --action all",
    "remove": f"hook remove {AT} {ID}",
    "deliveries": f"hook deliveries {AT} {ID}",
}
"""A call of each command that goes well, and prints something."""


def prepare(folder: Path) -> None:
    """The server of the other commands, with a hook that was told something."""
    client.prepare(folder)
    with Room.open(folder / "server/server.toml") as room, room.database.write() as connection:
        hook = {"owner": "admin", "url": "https://example.org/old", "package": "games", "actions": '["remove"]'}
        connection.execute(HOOKS.insert().values(**hook, id=ID, secret="x", created=0, failures=0, due=0.0))
        failed = {"hook": ID, "action": "remove", "time": 0, "state": "failed", "attempts": 8, "ended": 1}
        for number in (1, 2):
            connection.execute(DELIVERIES.insert().values(**failed, id=number))


open_server = client.open_server


def is_document(kind: str) -> Effect:
    return tells(lambda document: (document["schema"], document["version"]) == (f"pltpack.hook-{kind}", 1))


def _usual(command: str, call: str) -> list[Row]:
    return [
        Row(f"hook.{command}", "--server", f"pltpack {call.replace(AT, '')}", AT, code(0)),
        Row(
            f"hook.{command}", "--quiet", f"pltpack {call}", "--quiet", silent if command != "add" else lacks("secret")
        ),
        Row(f"hook.{command}", "--json", f"pltpack {call}", "--json", is_document(command.rstrip("_"))),
    ]


def _row(command: str, option: str, given: str, effect: Effect, line: str = "", lacking: str = "") -> Row:
    return Row(f"hook.{command}", option, f"pltpack {line or OF[command]}", given, effect, lacking=lacking)


CHANGE = f"hook change {AT} {ID}"

ROWS = [
    *(row for command, call in OF.items() for row in _usual(command, call)),
    _row("add", "--package", "--package games", prints("  games  ")),
    _row("add", "--action", "--action yank", prints("  yank\n")),
    _row("change", "--url", "--url https://example.org/x", prints("https://example.org/x")),
    _row("change", "--action", "--action yank", prints("  yank"), CHANGE, lacking="--enable"),
    _row("change", "--enable", "--disable", prints("disabled by hand")),
    _row("deliveries", "--most", "--most 1", lacks("     1  ")),
    _row("deliveries", "--trial", "--trial", prints("queued  trial games")),
    _row("deliveries", "--retry", "--retry 1", prints("queued  remove")),
]  # fmt: skip
