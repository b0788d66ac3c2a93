"""What is installed, and under which names."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both archives, built from the tracked files as they are in the working tree."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "pltpack", "cli", "man", "tests/*.py"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    for name in [*names, "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, source], check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (built,) = dist.glob("*.whl")
    return built


def test_every_package_is_listed() -> None:
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("pltpack", "cli")
        for path in (ROOT / top).rglob("__init__.py")
    }
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert {re.sub("^pltpack_cli", "cli", name) for name in listed} == folders


def test_the_wheel_holds_every_module(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {str(path.relative_to(ROOT)) for path in (ROOT / "pltpack").rglob("*.py")}
    expected |= {f"pltpack_cli/{path.relative_to(ROOT / 'cli')}" for path in (ROOT / "cli").rglob("*.py")}
    assert expected | {"pltpack/py.typed"} <= held
    assert {name.split("/")[0] for name in held} == {"pltpack", "pltpack_cli", f"pltpack-{version()}.dist-info"} | {
        f"pltpack-{version()}.data"
    }


def test_the_wheel_installs_the_manual(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    pages = {path.name for path in (ROOT / "man").glob("*.1")}
    assert {"pltpack.1", "raco-pack.1", "raco-unpack.1", "unpack.1", "raco-pkg.1", "pltpack-verify.1"} <= pages
    assert {f"pltpack-{version()}.data/data/share/man/man1/{page}" for page in pages} <= held


def test_the_sources_are_those_of_the_package(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        held = {name.partition("/")[2] for name in sources.getnames()}
    assert {name.split("/")[0] for name in held if "/" in name} == {"pltpack", "cli", "man", "pltpack.egg-info"}
    assert {"LICENSE", "README.md", "pyproject.toml", "pltpack/py.typed"} <= held


def test_what_is_published_is_as_the_index_wants_it(dist: Path) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    archives = sorted(dist.iterdir())
    assert len(archives) == 2
    commands: list[list[str | Path]] = [[scripts / "twine", "check", "--strict", *archives]]
    commands += [[scripts / "check-wheel-contents", dist]]
    for command in commands:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def version() -> str:
    text: str = PROJECT["project"]["version"]
    return text


def test_the_version_is_said_once() -> None:
    import pltpack

    assert pltpack.__version__ == version()


def test_nothing_but_the_packages_can_be_imported(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import importlib.util as u;"
        "print([n for n in ('pltpack','pltpack_cli','cli','tests','fixtures','benchmarks','docs') if u.find_spec(n)])"
    )
    found = subprocess.run([python, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.strip() == "['pltpack', 'pltpack_cli']"


def test_an_editable_copy_shows_nothing_else_either(tmp_path: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('cli','tests','fixtures','benchmarks') if u.find_spec(n)])"
    found = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == "[]"
