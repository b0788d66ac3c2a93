"""``pltpack server log``: who did what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from .server_options import Config, Root, opened

if TYPE_CHECKING:
    from pltpack.client.hook_documents import AuditDocument
    from pltpack.server.room import Room

_PAGE: Final = 500
"""Events that are read at once."""


def log(
    config: Config = None,
    root: Root = None,
    package: Annotated[str | None, typer.Option("--package", metavar="NAME", help="Of this package alone.")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="Of this user alone.")] = None,
    action: Annotated[str | None, typer.Option("--action", metavar="NAME", help="Of this kind: push, yank ...")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this day on, or time, in UTC: 2026-11-28.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=0, metavar="N", help="So many, the latest first; 0: all.")] = 100,
    quiet: options.Quiet = False,
    json: options.Json = False,
    jsonl: options.Jsonl = False,
) -> None:
    """Tell what was done to anything: when, by whom, with which token, in which request, and what it changed.

    \b
    pltpack server log --config server.toml --user ann@example.org
    pltpack server log --config server.toml --most 0 --jsonl > log.jsonl
    """
    if json and jsonl:
        usage_error("--json and --jsonl exclude each other")
    wanted: dict[str, Any] = {"package": package, "user": user, "action": action}
    with opened(config, root) as room:
        found = _events(room, {**wanted, "since": None if since is None else _seconds(since)}, most)
        if json:
            print_json(document("server-log", events=[_json(event) for event in found]))
            return
        for event in found:
            if jsonl:
                write_line(dumps(document("server-log-event", **_json(event))))
            elif not quiet:
                _tell(event)


def _events(room: Room, wanted: dict[str, Any], most: int) -> Iterator[AuditDocument]:
    """The latest events first, page by page."""
    from pltpack.server.records.events import list_events
    from pltpack.server.routes.shown import audit_documents

    before: int | None = None
    left = most or None
    while left is None or left > 0:
        page = _PAGE if left is None else min(left, _PAGE)
        with room.database.read() as connection:
            found = list_events(connection, before=before, most=page, **wanted)
        yield from audit_documents(found)
        if len(found) < page:
            return
        before, left = found[-1].id, None if left is None else left - page


def _json(event: AuditDocument) -> dict[str, Any]:
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(event)
    return found


def _tell(event: AuditDocument) -> None:
    when = datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%d %H:%M")
    what = " ".join(filter(None, (event.action, event.package, event.detail)))
    how = " ".join(filter(None, (event.token and f"token {event.token}", event.request and f"request {event.request}")))
    write_line(f"{event.id:>6}  {when}  {event.user or 'the server'}  {what}{f'  ({how})' if how else ''}")
    for key in sorted({*event.before, *event.after}) if event.before else ():
        write_line(f"{'':8}{key}: {event.before.get(key)} -> {event.after.get(key)}")


def _seconds(text: str) -> int:
    try:
        if len(text) == len("2026-11-28"):
            day = date.fromisoformat(text)
            return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        found = datetime.fromisoformat(text)
    except ValueError:
        usage_error(f"--since takes a day or a time, as 2026-11-28 or 2026-11-28T09:30, not {text}")
    return int((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp())
