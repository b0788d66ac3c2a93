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
    "archive-12": "packages are archived side by side, so others may be there when one fails; there is no catalog then",
    "archive-13": "with skip, a package that failed is left out",
    "archive-14": "with continue, a package that failed is left out",
    "archive-15": "a wrong checksum in the catalog is a failure, also of a file on this disk",
    "archive-16": "--fast-file-copy takes a file that is not called as its package",
    "archive-17": "--fast-file-copy does not need a CHECKSUM beside the file",
    "archive-20a": "a directory with a slash at its end can be archived",
    "archive-20b": "a record whose checksum is #f can be archived",
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
    """A folder for a case; not deep in the disk, since a case climbs to the top of it.

    It needs ``run``, which changes the directory once, to be there before.
    """
    with TemporaryDirectory(prefix="case-") as name, serving(Path(name)) as server:
        path = Path(name)
        monkeypatch.chdir(path)
        monkeypatch.setenv("PLTADDONDIR", str(path / "addon"))
        monkeypatch.setenv("PLTCONFIGDIR", str(path / "etc"))
        monkeypatch.setenv("PLTPACK_CACHE", str(path / "cache"))
        monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
        monkeypatch.setenv("HOME", str(path / "home"))
        yield Folder(path, server, lambda *arguments: run("raco-pkg", *arguments))
        monkeypatch.chdir("/")


def of(*kinds: str) -> list[Any]:
    """The cases of some kinds; not those that begin with packages that a real Racket has installed."""
    return [
        pytest.param(case, id=case["id"])
        for case in CASES
        if case["id"].startswith(kinds) and not any("install" in step for step in case.get("prepare", []))
    ]


@pytest.mark.parametrize("case", of("archive-"))
def test_mirrors_as_racket(case: Mapping[str, Any], folder: Folder, run: Run) -> None:
    """With ``--as-racket`` a mirror has the files that raco's has."""

    def as_racket(program: str, command: str, *arguments: str) -> Any:
        return run(program, command, "--as-racket", *arguments)

    found = [one for one in differences(case, folder, as_racket) if not one.startswith("noise")]
    if case["id"] in NAMED:
        assert found, "it is no difference any more"
    else:
        assert found == []


@pytest.mark.parametrize("case", of("show-", "copy-"))
def test_showing_and_copying(case: Mapping[str, Any], folder: Folder, run: Run) -> None:
    found = list(differences(case, folder, run))
    if case["id"] in NAMED:
        assert found, "it is no difference any more"
    else:
        assert found == []
