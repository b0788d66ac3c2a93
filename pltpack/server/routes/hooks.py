"""Webhooks: to make, change, try out and remove them, and to see what they were told; and the log, as admins see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.client.documents import Name
from pltpack.client.hook_documents import (
    Action,
    AuditLog,
    Deliveries,
    HookChange,
    HookDocument,
    Hooks,
    HookWanted,
    NewHook,
)
from pltpack.server.database.tables import OWNERS
from pltpack.server.hooks.announce import TRIAL, put_delivery, queue_delivery
from pltpack.server.hooks.deliveries import Delivery, find_delivery, list_deliveries, put_delivery_state
from pltpack.server.hooks.hook import Hook, add_hook, check_url, find_hook, list_hooks, put_hook, remove_hook
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.identity.users import shown_names
from pltpack.server.problems import Problem, forbidden, unknown
from pltpack.server.records.edits import check_owner
from pltpack.server.records.events import add_event, list_events
from pltpack.server.records.package import find_package
from pltpack.server.routes.changes import History
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of, query_of
from pltpack.server.routes.packages import known
from pltpack.server.routes.shown import audit_documents, delivery_document, hook_document

_NUMBER: Final = 1 << 62


class HookQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which webhooks: those of a package, or of all of one's own."""

    package: Name | None = None


class AuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events: those ``before`` a number, of a package, of a user, of one kind, ``since`` a time and ``until``
    another one."""

    before: Annotated[int, msgspec.Meta(ge=0, lt=_NUMBER)] | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    package: Name | None = None
    user: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    action: Action | None = None
    since: Annotated[int, msgspec.Meta(ge=0, lt=_NUMBER)] | None = None
    until: Annotated[int, msgspec.Meta(ge=0, lt=_NUMBER)] | None = None


def get_hooks(call: Call) -> Reply:
    """The webhooks of one's own packages; for admins all."""
    wanted, identity = query_of(call, HookQuery).package, call.identity
    with call.room.database.read() as connection:
        if wanted is not None:
            check_owner(known(find_package(connection, wanted), wanted), identity)
            found = list_hooks(connection, [wanted])
        elif identity.is_admin:
            found = list_hooks(connection)
        else:
            mine = sql.select(OWNERS.c.package).where(OWNERS.c.owner == identity.user)
            found = list_hooks(connection, connection.execute(mine).scalars().all())
        reached = [hook for hook in found if hook.package is None or identity.reaches(hook.package)]
        shown = tuple(hook_document(hook, _owner(connection, hook)) for hook in reached)
    return Reply(Hooks(hooks=shown))


def post_hook(call: Call) -> Reply:
    """Make a webhook. Its secret is in the answer, and nowhere else."""
    wanted, room = body_of(call, HookWanted), call.room
    assert call.identity.user is not None
    check_url(wanted.url, room.config.sources.networks)
    with room.database.write() as connection:
        _check_may(connection, call.identity, wanted.package)
        secret, hook = add_hook(
            connection,
            call.identity.user,
            wanted.url,
            package=wanted.package,
            actions=wanted.actions,
            time=room.now,
            most=room.config.hooks.per_package,
        )
        _log(call, connection, hook, "made")
        document = hook_document(hook, _owner(connection, hook))
    room.wake.set()
    shown = NewHook(secret=secret, **{name: getattr(document, name) for name in document.__struct_fields__})
    return Reply(shown, 201, {"Location": f"{API}/hooks/{hook.id}"})


def get_hook(call: Call) -> Reply:
    """A webhook."""
    with call.room.database.read() as connection:
        hook = _mine(call, connection)
        return Reply(hook_document(hook, _owner(connection, hook)))


def patch_hook(call: Call) -> Reply:
    """Change a webhook, or enable one that was disabled."""
    wanted, room = body_of(call, HookChange), call.room
    with room.database.write() as connection:
        hook = _mine(call, connection, lock=True)
        changed = hook
        if wanted.url is not msgspec.UNSET:
            changed = replace(changed, url=check_url(wanted.url, room.config.sources.networks))
        if wanted.actions is not msgspec.UNSET:
            changed = replace(changed, actions=tuple(sorted(set(wanted.actions))))
        if wanted.enabled is True:
            changed = replace(changed, disabled=None, reason=None, failures=0, due=0.0)
        elif wanted.enabled is False and hook.disabled is None:
            changed = replace(changed, disabled=room.now, reason="disabled by hand")
        if changed != hook:
            put_hook(connection, changed)
            _log(call, connection, hook, "changed")
        document = hook_document(changed, _owner(connection, hook))
    room.wake.set()
    return Reply(document)


def delete_hook(call: Call) -> Reply:
    """Let a webhook go."""
    with call.room.database.write() as connection:
        hook = _mine(call, connection, lock=True)
        remove_hook(connection, hook.id)
        _log(call, connection, hook, "removed")
    call.room.wake.set()
    return Reply(None, 204)


def try_hook(call: Call) -> Reply:
    """Tell a webhook something, to see whether it hears."""
    room = call.room
    with room.database.write() as connection:
        hook = _enabled(_mine(call, connection))
        number = put_delivery(connection, hook.id, TRIAL, time=room.now, package=hook.package)
        delivery = _delivery(connection, hook, str(number))
    room.wake.set()
    return Reply(Deliveries(deliveries=(delivery_document(delivery),)), 202)


def get_deliveries(call: Call) -> Reply:
    """What a webhook was told, the latest first."""
    asked = query_of(call, History)
    with call.room.database.read() as connection:
        hook = _mine(call, connection)
        found = list_deliveries(connection, hook.id, before=asked.before, most=asked.most)
    shown = tuple(map(delivery_document, found))
    return Reply(Deliveries(deliveries=shown, next=found[-1].id if len(found) == asked.most else None))


def retry_delivery(call: Call) -> Reply:
    """Tell a webhook something again, now."""
    room = call.room
    with room.database.write() as connection:
        hook = _enabled(_mine(call, connection, lock=True))
        delivery = _delivery(connection, hook, call.path["other"])
        again = replace(delivery, state="queued", attempts=0, ended=None)
        put_delivery_state(connection, again)
        put_hook(connection, replace(hook, due=0.0))
        queue_delivery(connection, delivery.id, time=room.now)
    room.wake.set()
    return Reply(Deliveries(deliveries=(delivery_document(again),)), 202)


def get_log(call: Call) -> Reply:
    """What was done, by whom, with which token and in which request."""
    asked = query_of(call, AuditQuery)
    with call.room.database.read() as connection:
        found = list_events(
            connection,
            asked.package,
            before=asked.before,
            most=asked.most,
            user=asked.user,
            action=asked.action,
            since=asked.since,
            until=asked.until,
        )
    return Reply(AuditLog(events=audit_documents(found), next=found[-1].id if len(found) == asked.most else None))


def _check_may(connection: Connection, identity: Identity, package: str | None) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` unless somebody may have a hook there."""
    if package is None:
        if not identity.is_admin:
            raise forbidden("only admins are told of all packages: name one")
        return
    if not identity.reaches(package):
        raise forbidden(f"the token is not for package {package}", "other-package")
    found = known(find_package(connection, package), package)
    check_owner(found, identity)


def _mine(call: Call, connection: Connection, *, lock: bool = False) -> Hook:
    """The hook in the path. Whether there is one of somebody else's is not told."""
    id, identity = call.path["id"], call.identity
    hook = find_hook(connection, id, lock=lock)
    if hook is not None and (identity.is_admin or hook.package is not None):
        package = None if hook.package is None else find_package(connection, hook.package)
        if identity.is_admin or (package is not None and identity.user in package.edition.owners):
            if package is not None and not identity.reaches(package.name):
                raise forbidden(f"the token is not for package {package.name}", "other-package")
            return hook
    raise unknown(f"hook {id[:40]}")


def _enabled(hook: Hook) -> Hook:
    if hook.disabled is not None:
        raise Problem(409, "disabled", f"hook {hook.id} is disabled ({hook.reason}): enable it first")
    return hook


def _delivery(connection: Connection, hook: Hook, text: str) -> Delivery:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    delivery = find_delivery(connection, number)
    if delivery is None or delivery.hook != hook.id:
        raise unknown(f"delivery {text[:40]}")
    return delivery


def _log(call: Call, connection: Connection, hook: Hook, what: str) -> None:
    detail = f"{what} {hook.id}" if hook.package is None else f"{what} {hook.id} of {hook.package}"
    add_event(connection, "hook", call.actor, time=call.room.now, detail=detail)


def _owner(connection: Connection, hook: Hook) -> str:
    return shown_names(connection, [hook.owner])[hook.owner]


_ALL: Final = f"{API}/hooks"
_ONE: Final = f"{_ALL}/{{id}}"
_NEEDS: Final = Needs(Scope.EDIT)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        id="get_hooks",
        summary="Webhooks of one's own packages",
        needs=_NEEDS,
        handler=get_hooks,
        query=HookQuery,
        answers={200: Hooks},
        problems=(404,),
    ),
    Operation(
        method="POST",
        path=_ALL,
        id="post_hook",
        summary="Make a webhook, whose secret is told once",
        needs=_NEEDS,
        handler=post_hook,
        body=HookWanted,
        answers={201: NewHook},
        problems=(404, 409),
    ),
    Operation(
        method="GET",
        path=_ONE,
        id="get_hook",
        summary="A webhook",
        needs=_NEEDS,
        handler=get_hook,
        answers={200: HookDocument},
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        id="patch_hook",
        summary="Change or enable a webhook",
        needs=_NEEDS,
        handler=patch_hook,
        body=HookChange,
        answers={200: HookDocument},
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        id="delete_hook",
        summary="Let a webhook go",
        needs=_NEEDS,
        handler=delete_hook,
        answers={204: None},
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/trial",
        id="try_hook",
        summary="Try a webhook out",
        needs=_NEEDS,
        handler=try_hook,
        answers={202: Deliveries},
        problems=(409,),
    ),
    Operation(
        method="GET",
        path=f"{_ONE}/deliveries",
        id="get_deliveries",
        summary="What a webhook was told",
        needs=_NEEDS,
        handler=get_deliveries,
        query=History,
        answers={200: Deliveries},
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/deliveries/{{other}}/retry",
        id="retry_delivery",
        summary="Tell a webhook something again",
        needs=_NEEDS,
        handler=retry_delivery,
        answers={202: Deliveries},
        problems=(409,),
    ),
    Operation(
        method="GET",
        path=f"{API}/log",
        id="get_log",
        summary="What was done, by whom, with which token and in which request",
        needs=Needs(Scope.ADMIN),
        handler=get_log,
        query=AuditQuery,
        answers={200: AuditLog},
    ),
)
