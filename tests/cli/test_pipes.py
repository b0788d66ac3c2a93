"""Named pipes, ``<(...)`` and ``>(...)``, ``/dev/stdin`` and ``/dev/stdout``, and ``-``: all as a file would be."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sysconfig
import zipfile
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.conversion.convert import convert
from tests.trees import archive, file

SCRIPTS = sysconfig.get_path("scripts")
FORMATS = ["plt", "zip", "tgz", "tar"]


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same package in each format."""
    folder = tmp_path_factory.mktemp("kit")
    (folder / "kit.plt").write_bytes(archive(file("kit", "main.rkt", data=b"main"), file("info.rkt", data=b"")))
    for format in FORMATS[1:]:
        convert(folder / "kit.plt", folder / f"kit.{format}", view="stored")
    return folder


def run(line: str, folder: Path, standard_input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a line with a shell that has process substitution."""
    environment = os.environ | {"PATH": f"{SCRIPTS}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, input=standard_input, capture_output=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        "pltpack list {}kit.plt", "pltpack list {}kit.zip", "pltpack list {}kit.tgz",
        "pltpack cat {}kit.tar kit/main.rkt",
        "pltpack show -q {}kit.zip", "pltpack diff {}kit.tgz kit.zip --as-stored", "pltpack diff kit.zip {}kit.tar",
    ],
)  # fmt: skip
def test_what_is_read_once_is_read_as_a_file(kit: Path, command: str) -> None:
    with_file = run(command.format(""), kit)
    ran = run(re.sub(r"\{\}(\S+)", r"<(cat \1)", command), kit)
    assert (ran.returncode, ran.stdout, ran.stderr) == (with_file.returncode, with_file.stdout, with_file.stderr)


def test_standard_input_by_its_name(kit: Path) -> None:
    ran = run("cat kit.zip | pltpack verify /dev/stdin; cat kit.zip | pltpack list --csv /dev/stdin", kit)
    assert ran.stderr == b""
    assert b"damage" not in ran.stdout
    assert b",kit/main.rkt,4," in ran.stdout


def test_a_named_pipe(kit: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    ran = run(f"cat {kit}/kit.zip > pipe.zip & pltpack list pipe.zip; wait", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"kit/main.rkt" in ran.stdout.splitlines()


@pytest.mark.parametrize("format", ["zip", "plt"])
@pytest.mark.parametrize("line", ["{} - | cat", "{} /dev/stdout | cat", "{} >(cat) | cat", "{} - > x; cat x"])
def test_converting_into_a_pipe(kit: Path, tmp_path: Path, line: str, format: str) -> None:
    ran = run(line.format(f"pltpack convert --format {format} -q {kit}/kit.tgz"), tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert run("pltpack cat - kit/main.rkt" if format != "plt" else "pltpack cat - collects/kit/main.rkt", tmp_path,
               ran.stdout).stdout == b"main"  # fmt: skip


@pytest.mark.parametrize("line", ["{} - | cat", "{} /dev/stdout | cat", "{} >(cat) | cat", "{} /dev/stdout > x; cat x"])
def test_the_name_is_that_of_the_source(kit: Path, tmp_path: Path, line: str) -> None:
    """A pipe is called 63, or stdout, which nobody has meant as the name of a package."""
    ran = run(line.format(f"pltpack convert --format plt -q {kit}/kit.tgz"), tmp_path)
    with open_archive(io.BytesIO(ran.stdout)) as opened:
        assert opened.header.name == "kit"


def test_nothing_else_goes_there(kit: Path) -> None:
    """Neither what convert tells of its work, nor what raco-pack does."""
    assert zipfile.is_zipfile(io.BytesIO(run("pltpack convert --format zip -v kit.plt -", kit).stdout))
    for dest in ("-", "/dev/stdout"):
        packed = run(f"raco-pack -v --raw {dest} kit.zip kit.tgz | cat", kit).stdout
        with open_archive(io.BytesIO(packed)) as opened:
            assert sum(1 for _ in opened) >= 2


@pytest.mark.parametrize("dest", ["-", "/dev/stdout", ">(cat)"])
def test_a_page_into_a_pipe(kit: Path, dest: str) -> None:
    ran = run(f"pltpack show --html {dest} kit.plt | cat", kit)
    assert ran.stderr == b""
    assert ran.stdout.startswith(b"<!")
    assert ran.stdout.rstrip().endswith(b"</html>")


@pytest.mark.parametrize(
    "line",
    [
        "pltpack convert kit.plt -", "pltpack convert kit.plt - --format zip --json",
        "pltpack convert kit.plt - --format zip --checksum", "pltpack show kit.plt --html - --json",
        "pltpack diff - -",
    ],
)  # fmt: skip
def test_wrong_calls(kit: Path, line: str) -> None:
    assert run(line, kit).returncode == 2


def test_output_goes_on_where_it_stands(kit: Path, tmp_path: Path) -> None:
    """What was written before into the file that standard output is stays."""
    ran = run(f"(echo before; pltpack convert --format plt -q {kit}/kit.tgz /dev/stdout) > x", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert (tmp_path / "x").read_bytes().startswith(b"before\nH4sI")
