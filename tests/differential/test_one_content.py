"""One archive, one content: what other programs read differently is refused, and reported by ``verify``."""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pltpack.errors import PltError
from pltpack.formats.formats import entry_reader
from pltpack.inspection.verify import verify
from tests.differential.judges import RACKET, Tree, digest, verdicts
from tests.differential.tars import Variant, tar_variants
from tests.differential.zips import zip_variants

pytestmark = pytest.mark.racket

SWEEP = bool(os.environ.get("SWEEP"))
"""Set by ``make sweep``: thousands of mutations, and every variant instead of a part of the largest tables."""

Counted = Callable[[str, int], None]


@pytest.fixture(scope="module")
def judges() -> None:
    """The programs to compare with; without one the test is skipped, or fails where ``CI`` is set."""
    missing = [name for name in ("tar", "bsdtar", "unzip") if shutil.which(name) is None]
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"not installed: {', '.join(missing)}")


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Counted:
    """Counts what the terminal shows at the end of the run."""

    def count(what: str, number: int) -> None:
        request.node.user_properties.append((what, number))

    return count


def ours(variant: Variant) -> Tree | PltError:
    """What we read in an archive, directories that it only implies included, or why not."""
    found: Tree = {}
    try:
        with entry_reader(io.BytesIO(variant.data), variant.format) as reader:  # type: ignore[arg-type]
            for entry in reader:
                names = entry.path.split("/")
                for depth in range(1, len(names)):
                    found.setdefault("/".join(names[:depth]), "directory")
                if entry.kind == "file":
                    found[entry.path] = digest(entry.read())
                else:
                    found[entry.path] = f"link {entry.target}" if entry.kind == "link" else "directory"
    except PltError as error:
        return error
    return found


def thinned(variants: Iterator[Variant]) -> list[Variant]:
    """In the short form one in three of the largest table, the same ones each time."""
    found = list(variants)
    if SWEEP:
        return found
    return [variant for number, variant in enumerate(found) if " + " not in variant.name or number % 4 == 0]


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize("format", ["tar", "zip"])
def test_what_others_read_differently_is_told(format: str, racket: str, tmp_path: Path, counted: Counted) -> None:
    mutated, seed = (4000, 2) if SWEEP else (250, 1)
    variants = thinned(tar_variants(mutated, seed) if format == "tar" else zip_variants(mutated, seed))
    archives = []
    for number, variant in enumerate(variants):
        path = tmp_path / f"p{number}.{format}"
        path.write_bytes(variant.data)
        archives.append((format, path))
    wrong: list[str] = []
    tally: Counter[str] = Counter()
    for variant, (_, path), said in zip(variants, archives, verdicts(archives, tmp_path, racket), strict=True):
        read, clean = ours(variant), verify(path).clean
        trees = list(said.values())
        tally["generated"] += 1
        if any(tree != trees[0] for tree in trees):
            tally["disagreements"] += 1
            tally["reported"] += not clean
            if clean:
                wrong.append(f"{variant.name}: not reported: {said}")
        if isinstance(read, PltError):
            tally["refused"] += 1
            if clean:
                wrong.append(f"{variant.name}: refused, and not reported: {read}")
        elif said[RACKET] not in (None, read):
            wrong.append(f"{variant.name}: Racket installs {said[RACKET]}, we read {read}")
        elif clean and any(tree != read for tree in trees):
            wrong.append(f"{variant.name}: we read {read}, the others {trees[0]}")
    assert wrong == []
    assert tally["disagreements"] > tally["generated"] // 4
    for what, number in tally.items():
        counted(f"{format} archives {what}", number)
