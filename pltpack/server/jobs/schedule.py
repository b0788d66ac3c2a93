"""What is due: sources to look at, rings by age, and clearing away what nobody needs any more."""

from __future__ import annotations

from typing import Final

from pltpack.server.accounts.codes import forget_codes
from pltpack.server.accounts.sessions import forget_sessions
from pltpack.server.hooks.deliveries import forget_deliveries
from pltpack.server.identity.throttle import forget_full
from pltpack.server.identity.tokens import forget_tokens
from pltpack.server.jobs.queue import forget_ended
from pltpack.server.jobs.uploads import forget_uploads
from pltpack.server.jobs.worker import recover_jobs
from pltpack.server.oidc.verify import forget_id_tokens
from pltpack.server.records.events import forget_events
from pltpack.server.records.rings import raise_by_age
from pltpack.server.records.spool import forget_leftovers
from pltpack.server.room import Room
from pltpack.server.sources.watch import look_at_due

KEPT_JOBS: Final = 30 * 86400
"""Seconds for which what came of a job can be asked for."""
_CUT_OFF: Final = 86400


def tick(room: Room) -> None:
    """Do what is due; several processes may. Raises :class:`~pltpack.errors.DatabaseError`, ``OSError``."""
    recover_jobs(room)
    look_at_due(room)
    if room.config.rings.automatic:
        raise_by_age(room)
    forget_ended(room, seconds=KEPT_JOBS)
    forget_full(room)
    forget_deliveries(room)
    if room.config.log.days:
        forget_events(room, older=room.now - room.config.log.days * 86400)
    forget_id_tokens(room)
    forget_tokens(room)
    forget_sessions(room)
    forget_codes(room)
    forget_leftovers(room, older=room.clock() - _CUT_OFF)
    forget_uploads(room, older=room.clock() - _CUT_OFF)
