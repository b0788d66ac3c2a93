"""The history of a package, with the way back."""

from __future__ import annotations

import json
from typing import Final

from pltpack.client.documents import EventDocument
from pltpack.inspection.wording import moment
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.pages.settings import ONE, is_own, own_package, package_values, seen_version
from pltpack.server.problems import Problem
from pltpack.server.records.events import last_purge, list_events
from pltpack.server.routes.shown import event_documents
from pltpack.visible import visible

_MOST: Final = 50
_LONGEST: Final = 500


def show_history(asked: Asked, trouble: Trouble | None) -> Answer:
    """What was done to it, the latest first."""
    before = asked.query.number("before")
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
        after = last_purge(connection, asked.name)
        found = list_events(connection, asked.name, before=before, after=after, most=_MOST + 1)
        events = event_documents(connection, found[:_MOST], builds=is_own(package, asked.identity))
    # What there was before it can be had back.
    undoable = {event.id for event in found if event.before is not None}
    following = events[-1].id if len(found) > _MOST else None
    rows = [(event, changes_of(event), event.id in undoable) for event in events]
    values = {"rows": rows, "following": following, "before": before}
    return Shown("history.html", {**package_values(asked, package, trouble), **values})


def undo(asked: Asked) -> Answer:
    """Have it as it was before an event."""
    event = asked.form.number("event")
    if event is None:
        raise Problem(400, "bad-form", "no event is named")
    perform(asked, "undo_package", {"event": event}, version=seen_version(asked))
    return Redirect(f"{HOME}/packages/{asked.name}", "back")


def changes_of(event: EventDocument) -> list[tuple[str, str, str]]:
    """The fields that an event has changed, with what was in them, and what is."""
    names = sorted({*event.before, *event.after})
    told = [(name, _text(name, event.before.get(name)), _text(name, event.after.get(name))) for name in names]
    return [row for row in told if row[1] != row[2]]


def _text(name: str, value: object) -> str:
    """The value of a field in one line; nothing for what says nothing."""
    if value is None or value in ("", (), [], {}):
        return ""
    if name == "removed" and isinstance(value, int):
        return f"{moment(value)} UTC"
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …")


PAGES: Final = (Page(path=f"{ONE}/history", id="history", show=show_history, actions={"undo": undo}),)
