"""What is installed in a scope, read from the disk."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pltpack.dataclass import dataclass
from pltpack.racket.packages import Scope
from pltpack.scope.state.places import Places
from pltpack.scope.state.records import Record, read_records

if TYPE_CHECKING:
    from pltpack.scope.plan.values import Facts


@dataclass(frozen=True)
class Installed:
    """An installed package; its facts are read when they are first needed."""

    name: str
    record: Record
    directory: Path
    scope: Scope

    @cached_property
    def facts(self) -> Facts:
        """What it says of itself."""
        from pltpack.scope.state.facts import installed_facts

        return installed_facts(self.name, self.directory)


def read_scope(places: Places) -> dict[str, Installed]:
    """The packages of a scope. Raises :class:`~pltpack.errors.ConfigError` and ``OSError``."""
    return {
        name: Installed(name, record, record.directory(name, places.packages), places.scope)
        for name, record in read_records(places.table).items()
    }
