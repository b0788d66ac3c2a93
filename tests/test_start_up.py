"""What is not imported does not cost: modules that may not be there after the quick commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "fixtures" / "samples" / "02-single-file.plt"

HEAVY = {
    "concurrent.futures", "construct", "hypothesis", "json", "pltpack.codec.grammar", "rich.console",
    "sqlite3", "tarfile", "tempfile", "zipfile", "zlib_ng.zlib_ng",
}  # fmt: skip

UNUSED = tuple(f"pltpack.{layer}" for layer in ("datum", "packer", "pkg", "racket", "unpacker"))
"""Even the datum reader is not needed for an archive as Racket writes it."""

PROGRAM = """
import sys
sys.argv[1:] = {arguments!r}
from pltpack_cli.programs import {name} as program
try:
    program()
except SystemExit as end:
    assert not end.code, end.code
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""


def modules_after(code: str) -> set[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_importing_the_library() -> None:
    after = modules_after("import sys, pltpack; print(*sys.modules, sep='\\n', file=sys.stderr)")
    assert {name for name in after if name.startswith("pltpack")} == {"pltpack"}
    assert not after & (HEAVY | {"typer", "isal.isal_zlib"})


@pytest.mark.parametrize("name", ["pltpack", "raco_pack", "raco_unpack", "unpack", "raco_pkg"])
def test_asking_for_the_version(name: str) -> None:
    assert not modules_after(PROGRAM.format(name=name, arguments=["--version"])) & HEAVY


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("raco_unpack", ["-l"]), ("unpack", ["-l"]), ("pltpack", ["unpack", "-l"])],
    ids=str,
)
def test_listing_an_archive(name: str, arguments: list[str]) -> None:
    after = modules_after(PROGRAM.format(name=name, arguments=[*arguments, str(SAMPLE)]))
    assert not after & HEAVY
    assert not {name for name in after if name.startswith(UNUSED)}


def test_unpacking_an_archive(tmp_path: Path) -> None:
    after = modules_after(PROGRAM.format(name="raco_unpack", arguments=["-C", str(tmp_path), str(SAMPLE)]))
    assert not after & (HEAVY - {"json"})
    assert {name for name in after if name.startswith(UNUSED)} <= {
        name for name in after if name.startswith("pltpack.unpacker")
    }


def test_showing_a_package_of_a_catalog(tmp_path: Path) -> None:
    """What is needed for servers and files of SQLite is not loaded for a directory."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "games").write_text('#hash((source . "games.zip"))')
    after = modules_after(
        PROGRAM.format(name="raco_pkg", arguments=["catalog-show", "--catalog", str(tmp_path), "games"])
    )
    assert not after & (HEAVY | {"http.client", "ssl", "urllib.request", "urllib3"})
    unused = ("pltpack.fetch", "pltpack.formats", "pltpack.packer", "pltpack.racket.installation", "pltpack.unpacker")
    assert not {name for name in after if name.startswith(unused)}
