"""Telling a hook something: one attempt, and what follows from it.

After a failure nothing is told to that hook for a while, the longer, the more failures there were in a row, so that one
that is gone costs little. After many it is disabled, and its owner sees why.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

import msgspec
from sqlalchemy.engine import Connection

from pltpack.client.hook_documents import Told
from pltpack.client.signatures import DELIVERY, EVENT, SIGNATURE, sign_delivery
from pltpack.fetch.transport import user_agent
from pltpack.server.hooks.deliveries import Delivery, drop_waiting, find_delivery, put_delivery_state
from pltpack.server.hooks.hook import Hook, find_hook, put_hook, secret_of
from pltpack.server.hooks.sending import Outcome, send
from pltpack.server.identity.identity import SCOPES_OF, Role, Scope
from pltpack.server.identity.users import role_of
from pltpack.server.jobs.queue import Job, Later, Result
from pltpack.server.records.events import SERVER, add_event, find_event
from pltpack.server.records.package import find_package
from pltpack.server.room import Room
from pltpack.server.routes.shown import event_documents
from pltpack.server.sources.addresses import Addresses

FIRST_PAUSE: Final = 30.0
"""Seconds without a word after a failure; twice that after each further one."""
LONGEST_PAUSE: Final = 3600.0
_MOST_PATIENCE: Final = 86400
_GONE: Final = 410


def deliver(room: Room, job: Job) -> Result:
    """Make an attempt at a delivery. Raises :class:`~pltpack.errors.DatabaseError`; failures are noted."""
    number = job.payload.get("delivery")
    with room.database.write() as connection:
        delivery = find_delivery(connection, number) if isinstance(number, int) else None
        hook = None if delivery is None else find_hook(connection, delivery.hook)
        if delivery is None or hook is None or delivery.state != "queued":
            return {"state": "gone"}
        if hook.disabled is not None:
            put_delivery_state(connection, replace(delivery, state="dropped", ended=room.now))
            return {"state": "dropped"}
        if not _counts(room, connection, hook):
            _disable(room, connection, hook, "who has made it may not be told any more")
            return {"state": "dropped"}
        wait = hook.due - room.clock()
        # One that is longer is of before the clock was set back.
        if 0 < wait <= 2 * _MOST_PATIENCE:
            return Later(wait)
        body = _body(connection, delivery)
        put_delivery_state(connection, replace(delivery, body=body))
        secret = secret_of(connection, hook.id)
    settings = room.config
    headers = {
        "Content-Type": "application/json",
        "User-Agent": user_agent(),
        EVENT: delivery.action,
        DELIVERY: str(delivery.id),
        SIGNATURE: sign_delivery(secret, room.now, body.encode()),
    }
    guard = Addresses(settings.sources.networks)
    outcome = send(hook.url, body.encode(), headers, guard=guard, seconds=settings.hooks.seconds)
    return _note(room, delivery.id, outcome)


def _body(connection: Connection, delivery: Delivery) -> str:
    """What is sent; at all attempts the same."""
    if delivery.body is not None:
        return delivery.body
    told = Told(
        delivery=delivery.id,
        action=delivery.action,
        time=delivery.time,
        package=delivery.package,
        event=delivery.event,
    )
    event = None if delivery.event is None else find_event(connection, delivery.event)
    if event is not None:
        (shown,) = event_documents(connection, [event])
        changed = {"before": shown.before, "after": shown.after}
        told = msgspec.structs.replace(told, actor=shown.actor, detail=shown.detail, **changed)
    return msgspec.json.encode(told).decode()


def _note(room: Room, number: int, outcome: Outcome) -> Result:
    """Write down what came of an attempt, for the delivery and for its hook."""
    with room.database.write() as connection:
        delivery = find_delivery(connection, number)
        hook = None if delivery is None else find_hook(connection, delivery.hook, lock=True)
        if delivery is None or hook is None:
            return {"state": "gone"}
        tried = replace(
            delivery, attempts=delivery.attempts + 1, status=outcome.status, message=outcome.message, ended=room.now
        )
        if outcome.is_good:
            put_delivery_state(connection, replace(tried, state="delivered"))
            if hook.disabled is None and hook.failures:
                put_hook(connection, replace(hook, failures=0, due=0.0))
            return {"state": "delivered"}
        given_up = tried.attempts >= room.config.hooks.attempts or outcome.status == _GONE
        put_delivery_state(
            connection, replace(tried, state="failed") if given_up else replace(tried, state="queued", ended=None)
        )
        pause = _pause(hook.failures, outcome.wait)
        _note_failure(room, connection, hook, outcome, pause)
    return {"state": "failed"} if given_up else Later(pause)


def _note_failure(room: Room, connection: Connection, hook: Hook, outcome: Outcome, pause: float) -> None:
    failures = hook.failures + 1
    if hook.disabled is not None:
        return
    if outcome.status != _GONE and failures < room.config.hooks.failures:
        put_hook(connection, replace(hook, failures=failures, due=room.clock() + pause))
        return
    times = "" if outcome.status == _GONE else f", {failures} times in a row"
    reason = f"{outcome.message}{times}"
    _disable(room, connection, replace(hook, failures=failures), reason)


def _counts(room: Room, connection: Connection, hook: Hook) -> bool:
    """Whether who has made a hook may still have it: an owner of its package, or an admin."""
    role = role_of(room, connection, hook.owner)
    if role is None or role == Role.ADMIN or hook.package is None:
        return role == Role.ADMIN
    package = find_package(connection, hook.package)
    return package is not None and hook.owner in package.edition.owners and Scope.EDIT in SCOPES_OF[role]


def _disable(room: Room, connection: Connection, hook: Hook, reason: str) -> None:
    """Have a hook be told nothing any more, also of what waits."""
    put_hook(connection, replace(hook, disabled=room.now, reason=reason))
    drop_waiting(connection, hook.id, time=room.now)
    add_event(connection, "hook", SERVER, time=room.now, detail=f"disabled {hook.id}: {reason}")


def _pause(failures: int, wait: int | None) -> float:
    pause: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 20)) * (1 + random.random() / 4)
    return max(pause, min(wait or 0, _MOST_PATIENCE))
