"""Every trap of a catalog is told by ``catalog check``, and the real client does fail in it, or is silently wrong."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from pltpack.site.checks.check import check_catalog
from pltpack.site.checks.findings import CATALOGS
from tests.oracle.catalog_client import Client
from tests.oracle.conftest import Compared
from tests.oracle.trap_table import SAFE_HERE, traps
from tests.oracle.traps import Trap, World

pytestmark = pytest.mark.racket

TRAPS = tuple(traps())


def test_every_finding_has_its_trap() -> None:
    assert {trap.kind for trap in TRAPS} | SAFE_HERE.keys() == CATALOGS.keys()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.kind}: {trap.what}")
def test_a_trap(tmp_path: Path, trap: Trap, compared: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site"
    with ExitStack() as stack:
        world = World(folder, stack)
        for name in ("x", "y"):
            world.make(name)
        trap.lay(world)
        world.write()
        location = world.location = world.location or f"file://{world.catalog}/"
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        findings = check_catalog(location, against=world.against, allowed_signers=world.allowed_signers).findings
        assert trap.kind in {finding.kind for finding in findings}
        trap.outcome(world, Client(tmp_path / "client", **world.environment))
    compared(1)
