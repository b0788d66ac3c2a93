"""What verify finds no fault with can be unpacked, and what it calls unsafe cannot: name by name."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pltpack.errors import PltError
from pltpack.inspection.findings import Level
from pltpack.inspection.verify import verify
from pltpack.unpacker.unpack import extract
from tests.trees import archive, file

NAMES = st.sampled_from(
    [".pltpack-0", ".PltPack-x", ".pltpack", ".pltpack-0-waiting", ".pltpac\u212a-0", "..", ".", "", "a", "b/c", "/",
     "~", "x" * 256, "\u00e9" * 128, "con", "a\\b", "new\nline", ".new.part"]
)  # fmt: skip


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(paths=st.lists(st.lists(NAMES, min_size=1, max_size=3), min_size=1, max_size=3))
@example(paths=[[".pltpack-0", "x"]])
@example(paths=[["a", ".pltpac\u212a-0"]])
def test_verify_and_unpacking_agree(paths: list[list[str]]) -> None:
    data = archive(*(file(*path) for path in paths))
    unsafe = any(finding.level is Level.UNSAFE for finding in verify(io.BytesIO(data)).findings)
    with tempfile.TemporaryDirectory() as target:
        try:
            extract(io.BytesIO(data), Path(target), force=True)
            refused = False
        except PltError:
            refused = True
    assert unsafe == refused
