"""Snapshots of the site: to take, list and compare them."""

from __future__ import annotations

from typing import Final

from pltpack.catalog.locations import open_catalog
from pltpack.client.documents import (
    ChangedPackage,
    DifferenceDocument,
    SnapshotDocument,
    Snapshots,
    SnapshotWanted,
)
from pltpack.errors import BusyError, EntryExistsError, MemberError
from pltpack.server.identity.identity import Scope
from pltpack.server.problems import Problem, unavailable, unknown, unprocessable
from pltpack.server.records.events import add_event
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of
from pltpack.site.difference import compare_catalogs
from pltpack.site.layout import CATALOG, SNAPSHOTS
from pltpack.site.snapshots import read_snapshot, stamps, take_snapshot


def post_snapshot(call: Call) -> Reply:
    """Freeze the site as it is published now."""
    stamp = body_of(call, SnapshotWanted).stamp
    try:
        taken = take_snapshot(call.room.places.site, stamp)
    except EntryExistsError as error:
        raise Problem(409, "exists", error.message) from None
    except ValueError as error:
        raise unprocessable(str(error)) from None
    except BusyError:
        raise unavailable("the site is being changed just now") from None
    with call.room.database.write() as connection:
        add_event(connection, "snapshot", call.actor, time=call.room.now, detail=taken.stamp)
    document = SnapshotDocument(stamp=taken.stamp, packages=dict(taken.packages))
    return Reply(document, 201, {"Location": f"{API}/snapshots/{taken.stamp}"})


def list_snapshots(call: Call) -> Reply:
    """Stamps of snapshots, the latest first."""
    return Reply(Snapshots(snapshots=tuple(stamps(call.room.places.site))))


def get_snapshot(call: Call) -> Reply:
    """A snapshot."""
    return Reply(_snapshot(call, call.path["id"]))


def compare(call: Call) -> Reply:
    """What differs between two snapshots."""
    old, new = (_snapshot(call, call.path[which]).stamp for which in ("id", "other"))
    folder = call.room.places.site / SNAPSHOTS
    with open_catalog(folder / old / CATALOG) as before, open_catalog(folder / new / CATALOG) as after:
        found = compare_catalogs(before.records(), after.records())
    return Reply(
        DifferenceDocument(
            added=found.added,
            removed=found.removed,
            changed=tuple(
                ChangedPackage(
                    name=change.name, fields=dict(change.fields), gained=dict(change.gained), lost=dict(change.lost)
                )
                for change in found.changed
            ),
        )
    )


def _snapshot(call: Call, stamp: str) -> SnapshotDocument:
    try:
        found = read_snapshot(call.room.places.site, stamp)
    except MemberError:
        raise unknown(f"snapshot {stamp[:100]}") from None
    return SnapshotDocument(stamp=found.stamp, packages=dict(found.packages))


_READ: Final = Needs(Scope.READ)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{API}/snapshots",
        id="list_snapshots",
        summary="Snapshots of the site",
        needs=_READ,
        handler=list_snapshots,
        answers={200: Snapshots},
    ),
    Operation(
        method="POST",
        path=f"{API}/snapshots",
        id="post_snapshot",
        summary="Freeze the site as it is",
        needs=Needs(Scope.ADMIN),
        handler=post_snapshot,
        body=SnapshotWanted,
        answers={201: SnapshotDocument},
        problems=(404, 409),
    ),
    Operation(
        method="GET",
        path=f"{API}/snapshots/{{id}}",
        id="get_snapshot",
        summary="A snapshot",
        needs=_READ,
        handler=get_snapshot,
        answers={200: SnapshotDocument},
    ),
    Operation(
        method="GET",
        path=f"{API}/snapshots/{{id}}/diff/{{other}}",
        id="compare_snapshots",
        summary="What differs between two snapshots",
        needs=_READ,
        handler=compare,
        answers={200: DifferenceDocument},
    ),
)
