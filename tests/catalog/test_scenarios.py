"""What raco pkg does with catalogs, case by case: the same here, or one of the named differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from tests.catalog.scenarios import CASES, Folder, differences
from tests.cli.conftest import Run, run
from tests.servers import serving

__all__ = ["run"]

NAMED: Final = {
    "show-16": "malformed dependencies: an error before the package is shown, not in the middle of it",
    "show-20": "records with keys that are no symbols: an error, also in a directory",
    "show-22": "a catalog that is named and not there: an error that says so, and no file is made",
    "show-23": "--catalog may be repeated; --as-racket heeds the last one only",
    "show-26": "a file of SQLite without some tables is left as it is; NULL counts as empty",
    "copy-08": "--force keeps files that are no part of a catalog, and wants to be said twice where there are any",
    "copy-13": "merged into a file of SQLite, a record leaves nothing of the one that it replaces",
    "copy-14": "--relative works",
    "copy-19": "a missing file of SQLite is an error, and none is made",
    "copy-25": "in pkg/, files whose names no package can have are passed over",
    "copy-29": "a version that is none: an error, and nothing is left behind",
    "copy-30": "in pkg/, files whose names no package can have are passed over",
}
"""What is done otherwise than in Racket, and why; see docs/catalogs.md."""


@pytest.fixture
def folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A folder for a case; not deep in the disk, since a case climbs to the top of it."""
    del run  # which has changed the directory, and will not do so again
    with TemporaryDirectory(prefix="case-") as name, serving(Path(name)) as server:
        path = Path(name)
        monkeypatch.chdir(path)
        monkeypatch.setenv("PLTADDONDIR", str(path / "addon"))
        monkeypatch.setenv("PLTCONFIGDIR", str(path / "etc"))
        monkeypatch.setenv("PLTPACK_CACHE", str(path / "cache"))
        monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
        monkeypatch.setenv("HOME", str(path / "home"))
        yield Folder(path, server)
        monkeypatch.chdir("/")


def of(*kinds: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["id"].startswith(kinds)]


@pytest.mark.parametrize("case", of("show-", "copy-"))
def test_showing_and_copying(case: Mapping[str, Any], folder: Folder, run: Run) -> None:
    found = list(differences(case, folder, run))
    if case["id"] in NAMED:
        assert found, "it is no difference any more"
    else:
        assert found == []
