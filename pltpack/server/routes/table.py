"""The table of all routes."""

from __future__ import annotations

from typing import Final

from pltpack.server.routes import (
    accounts,
    changes,
    hooks,
    installers,
    packages,
    publishers,
    service,
    snapshots,
    tokens,
    uploads,
    work,
)
from pltpack.server.routes.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *packages.OPERATIONS,
    *uploads.OPERATIONS,
    *installers.OPERATIONS,
    *changes.OPERATIONS,
    *work.OPERATIONS,
    *tokens.OPERATIONS,
    *publishers.OPERATIONS,
    *accounts.OPERATIONS,
    *snapshots.OPERATIONS,
    *hooks.OPERATIONS,
    *service.OPERATIONS,
)
