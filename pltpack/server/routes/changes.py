"""Everything else that happens to a package: another name, owners, yanking, its ring, its history and the way back."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from pltpack.client.documents import (
    Changed,
    Events,
    OwnersWanted,
    RefreshStarted,
    Rename,
    RingWanted,
    Undo,
    YankWanted,
)
from pltpack.server.identity.identity import Scope
from pltpack.server.problems import Problem, unknown, unprocessable
from pltpack.server.records.changes import change_owners, go_back, set_ring, yank
from pltpack.server.records.edits import check_owner, edit
from pltpack.server.records.events import find_event, last_purge, list_events
from pltpack.server.records.package import find_archive, find_package
from pltpack.server.records.rename import rename
from pltpack.server.records.spool import content_path
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of, query_of
from pltpack.server.routes.packages import changed, known
from pltpack.server.routes.shown import event_documents
from pltpack.server.sources.watch import find_check, look


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events: those ``before`` a number."""

    before: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)] | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


def rename_package(call: Call) -> Reply:
    """Give a package another name."""
    new = body_of(call, Rename).name
    if not call.identity.reaches(new):
        raise Problem(403, "other-package", f"the token is not for package {new}")
    return changed(rename(call.room, call.actor, call.identity, call.name, new, expected=call.expected), 201)


def set_owners(call: Call) -> Reply:
    """Say who owns a package."""
    wanted = body_of(call, OwnersWanted)
    return _edit(call, change_owners(wanted.add, wanted.remove), "owners")


def yank_package(call: Call) -> Reply:
    """Say why a package should not be used any more, or that it may be."""
    reason = body_of(call, YankWanted).reason
    if reason is not None and not reason.isprintable():
        raise unprocessable("the reason holds control characters")
    return _edit(call, yank(reason, call.room.now), "yank" if reason is not None else "unyank", detail=reason)


def put_ring(call: Call) -> Reply:
    """Say what ring a package is in."""
    change = set_ring(body_of(call, RingWanted).ring, "curator")
    return changed(edit(call.room, call.actor, call.name, change, action="ring", expected=call.expected))


def undo(call: Call) -> Reply:
    """Have a package as it was before an event."""
    number = body_of(call, Undo).event
    with call.room.database.read() as connection:
        package = known(find_package(connection, call.name), call.name)
        check_owner(package, call.identity)
        event = find_event(connection, number) if 0 <= number < 1 << 62 else None
        if event is None or event.package != call.name or event.id <= last_purge(connection, call.name):
            raise unknown(f"event {number} of package {call.name}")
        if event.before is None:
            raise Problem(409, "nothing-before", "there was no package before that event: remove it instead")
        wanted = event.before
        archive = None if wanted.archive is None else find_archive(connection, call.name, wanted.archive)
    if wanted.archive is None or wanted.fields.source:
        content = False  # the source says what is in it, and is looked at
    elif archive is None or content_path(call.room, archive) is None:
        raise Problem(410, "archive-gone", "its archive of then is not there any more")
    else:
        content = True
    return _edit(call, go_back(wanted, content=content), "undo", detail=f"event {number}")


def list_history(call: Call) -> Reply:
    """What was done to a package, the latest first."""
    asked = query_of(call, History)
    with call.room.database.read() as connection:
        package = known(find_package(connection, call.name), call.name)
        after = last_purge(connection, call.name)
        found = list_events(connection, call.name, before=asked.before, after=after, most=asked.most)
        is_own = call.identity.user in package.edition.owners or call.identity.is_admin
        shown = event_documents(connection, found, builds=is_own)
    return Reply(Events(events=shown, next=found[-1].id if len(found) == asked.most else None))


def refresh_package(call: Call) -> Reply:
    """Look at the source of a package."""
    with call.room.database.write() as connection:
        package = known(find_package(connection, call.name), call.name)
        check_owner(package, call.identity)
        if find_check(connection, call.name) is None:
            raise Problem(409, "no-source", f"package {call.name} has no source: its archives are pushed")
        job = look(call.room, connection, call.name, call.identity.user)
    call.room.wake.set()
    return Reply(RefreshStarted(jobs=(job,)), 202, {"Location": f"{API}/jobs/{job}"})


def _edit(call: Call, change: object, action: str, *, detail: str | None = None) -> Reply:
    assert callable(change)
    return changed(
        edit(
            call.room,
            call.actor,
            call.name,
            change,
            action=action,
            expected=call.expected,
            owner=call.identity,
            detail=detail,
        )
    )


_ONE: Final = f"{API}/packages/{{name}}"
_OWNER: Final = Needs(Scope.EDIT, owner=True)


def _change(
    name: str, summary: str, handler: object, body: type[msgspec.Struct], problems: tuple[int, ...] = ()
) -> Operation:
    assert callable(handler)
    return Operation(
        method="POST",
        path=f"{_ONE}/{name}",
        id=f"{name}_package",
        summary=summary,
        needs=_OWNER,
        handler=handler,
        body=body,
        answers={200: Changed},
        headers=("If-Match",),
        problems=(412, *problems),
    )


OPERATIONS: Final = (
    Operation(
        method="POST",
        path=f"{_ONE}/rename",
        id="rename_package",
        summary="Give a package another name",
        needs=_OWNER,
        handler=rename_package,
        body=Rename,
        answers={201: Changed},
        headers=("If-Match",),
        problems=(409, 410, 412),
    ),
    _change("owners", "Say who owns a package", set_owners, OwnersWanted),
    _change("yank", "Say why a package should not be used, or that it may be", yank_package, YankWanted),
    _change("undo", "Have a package as it was before an event", undo, Undo, (409, 410)),
    Operation(
        method="PUT",
        path=f"{_ONE}/ring",
        id="put_ring",
        summary="Say what ring a package is in",
        needs=Needs(Scope.CURATE),
        handler=put_ring,
        body=RingWanted,
        answers={200: Changed},
        headers=("If-Match",),
        problems=(412,),
    ),
    Operation(
        method="GET",
        path=f"{_ONE}/events",
        id="list_package_events",
        summary="The history of a package",
        needs=Needs(Scope.READ),
        handler=list_history,
        query=History,
        answers={200: Events},
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/refresh",
        id="refresh_package",
        summary="Look at the source of a package",
        needs=_OWNER,
        handler=refresh_package,
        answers={202: RefreshStarted},
        problems=(409,),
    ),
)
