"""Installers that build machines send: into the tables of the site, at once and all or nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pltpack.distribution.layout import name_objection
from pltpack.distribution.record import NewInstaller, Outcome, RecordReport, check_description, record_all
from pltpack.errors import BusyError, CallError, EntryExistsError
from pltpack.server.jobs.queue import add_job
from pltpack.server.problems import Problem, unavailable, unprocessable
from pltpack.server.records.edits import PUBLISH
from pltpack.server.records.events import Actor, add_event
from pltpack.server.room import Room
from pltpack.visible import visible

ENDS: Final = (
    ".sh", ".tgz", ".tar.gz", ".tar.xz", ".zip", ".exe", ".msi", ".dmg", ".pkg", ".deb", ".rpm", ".AppImage",
)  # fmt: skip
"""How the names of installers end. The site serves what it is sent, and that is to be no page and no script."""

_LONGEST: Final = 500
_PATIENCE: Final = 60.0
"""Seconds that are waited for who else is changing the site: a publication, or a program of the original's."""
_PAUSE: Final = 0.1


def check_installer(name: str, description: str) -> None:
    """Look, before an installer is sent, whether it can be called like this.

    Raises a :class:`~pltpack.server.problems.Problem`: 415 for a name that is no installer's, 422 for one that cannot
    be served, and for such descriptions.
    """
    if reason := name_objection(name):
        raise unprocessable(f"the name {reason}")
    if not name.endswith(ENDS):
        raise Problem(415, "no-installer", f"the name of an installer ends in {', '.join(ENDS)}")
    if len(description) > _LONGEST:
        raise unprocessable(f"a description has at most {_LONGEST} characters")
    try:
        check_description(description)
    except CallError as error:
        raise unprocessable(visible(error.message)) from None


def record_upload(
    room: Room,
    actor: Actor,
    upload: Path,
    name: str,
    description: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Enter an installer into the tables of the site; the same one again changes nothing.

    It is on the disk when this returns. Raises a :class:`~pltpack.server.problems.Problem`: 409 if another description
    has a file of that name, 503 if others keep changing the site; and as :func:`check_installer`.
    """
    check_installer(name, description)
    with upload.open("rb") as stream:
        os.fsync(stream.fileno())
    end = clock() + _PATIENCE
    while True:
        try:
            report = _recorded(room, upload, name, description)
            break
        except BusyError:
            if clock() >= end:
                raise unavailable("the site is being changed just now") from None
        pause(_PAUSE)
    outcome = report.installers[0].outcome
    if outcome != "unchanged":
        with room.database.write() as connection:
            add_event(connection, "installer", actor, time=room.now, detail=f"{name}: {description}")
            if room.config.publish.target:
                add_job(room, connection, PUBLISH, actor=actor.user)
        room.wake.set()
    return outcome


def _recorded(room: Room, upload: Path, name: str, description: str) -> RecordReport:
    new = NewInstaller(description, upload, name=name)
    try:
        # The upload is nobody else's and on the same disk: it becomes the file, and nothing is copied.
        return record_all(room.places.site, [new], {}, link=True)
    except EntryExistsError as error:
        raise Problem(409, "other-description", visible(error.message)) from None
