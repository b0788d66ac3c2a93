"""``verify`` and ``problems`` say what ``raco pkg install`` refuses or turns into something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.errors import PltError
from pltpack.formats.formats import format_of
from pltpack.inspection.verify import verify
from pltpack.pkg.staging import open_package
from tests.inspection.refused import FINE, OTHERWISE, REFUSED


@pytest.mark.parametrize("kind", [*REFUSED, *OTHERWISE])
def test_what_is_refused_is_told(kind: str, tmp_path: Path) -> None:
    name, write, code = (REFUSED | OTHERWISE)[kind]
    write(tmp_path / name)
    report = verify(tmp_path / name)
    assert code in [finding.code for finding in report.findings]
    assert not report.clean
    messages = [finding.message for finding in report.findings]
    assert len(messages) == len(set(zip(messages, (finding.entry for finding in report.findings), strict=True)))


@pytest.mark.parametrize("kind", [*REFUSED, *OTHERWISE])
def test_a_package_has_the_same_problems(kind: str, tmp_path: Path) -> None:
    name, write, _ = (REFUSED | OTHERWISE)[kind]
    write(tmp_path / name)
    try:
        package = open_package(tmp_path / name)
    except PltError:
        return  # refused as a whole
    assert package.problems


@pytest.mark.parametrize("kind", FINE)
def test_what_is_not_refused_is_fine(kind: str, tmp_path: Path) -> None:
    name, write = FINE[kind]
    write(tmp_path / name)
    assert verify(tmp_path / name).clean
    assert open_package(tmp_path / name).problems == ()
    assert format_of(tmp_path / name)
