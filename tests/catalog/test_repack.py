"""What a mirror says of a package is what Racket says of its tree: modules and dependencies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from pltpack.catalog.record import as_dependency, read_first
from pltpack.catalog.repack import repack
from pltpack.datum.writer import write_datum
from pltpack.errors import PltError
from pltpack.fetch.fetched import Fetched

CASES: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "catalogs" / "modules.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["label"]) for case in CASES])
def test_modules_and_dependencies(case: dict[str, Any], tmp_path: Path) -> None:
    tree, place = tmp_path / case["name"], tmp_path / "place"
    tree.mkdir()
    place.mkdir()
    for path, text in case["tree"].items():
        file = tree / path
        if path.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    fetched = Fetched(case["name"], str(tree), "dir", tree, "directory", None, None, 0)
    try:
        made = repack(fetched, case["name"], place)
    except PltError as error:
        pytest.fail(str(error))
    if made.modules is not None and isinstance(case["modules"], list):
        assert sorted(map(write_datum, made.modules)) == sorted(case["modules"])
    if made.dependencies is not None and isinstance(case["dependencies"], list):
        expected = [as_dependency(read_first(text.encode())) for text in case["dependencies"]]
        found = [as_dependency(datum) for datum in made.dependencies]
        assert [one and one.source for one in found] == [one and one.source for one in expected]
