"""Distribution sites with a real Racket: as a client, as a reader of tables, and in an image that nobody installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.datum.reader import read_datum
from pltpack.distribution.check import check_distribution
from pltpack.distribution.installer.look import look_at_installer
from pltpack.distribution.packages import put_site_packages
from pltpack.distribution.pages import write_installer_page
from pltpack.distribution.record import record_installer, record_log
from pltpack.pkg.create import create_package
from pltpack.racket.installation import Installation
from tests.distribution.made import SMALL, racket_tree, shell_installer, tar_of, tgz, with_top
from tests.oracle.catalog_client import Client
from tests.oracle.conftest import Compared
from tests.servers import serving
from tests.site.trees import INFO, package

pytestmark = pytest.mark.racket

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def installer(racket: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-extracting installer of the Racket of this machine."""
    folder = tmp_path_factory.mktemp("installer")
    tree = racket_tree(Path(racket), folder / "tree")
    path = folder / "racket-8.7-x86_64-linux-cs.sh"
    path.write_bytes(shell_installer(tar_of(tree)))
    shutil.rmtree(tree)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with two packages, which a client of any kind can use."""
    (tmp_path / "built").mkdir()
    for name, needs in (("apple", "base"), ("pear", "apple")):
        source = package(tmp_path, name, info=f'{INFO}(define deps (quote ("{needs}")))\n')
        create_package(source, dest=tmp_path / "built")
    put_site_packages(tmp_path / "site", ["pear"], source=tmp_path / "built")
    return tmp_path / "site"


def test_an_image_from_an_installer_and_a_catalog(installer: Path, site: Path, tmp_path: Path) -> None:
    """The recipe of docs/distribution.md; no program of Racket runs before the last line."""
    image = tmp_path / "image"
    (image / "usr").mkdir(parents=True)
    environment = {"HOME": str(tmp_path / "home"), "PATH": "", "LANG": "C.UTF-8"}

    def call(program: str, *words: str | Path) -> str:
        command = [Path(sys.executable).with_name(program), *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert look_at_installer(installer).sound
    assert "Racket 8.7" in call("pltpack", "installer", "extract", installer, "--into", image / "usr/racket")
    program = image / "usr/racket/bin/racket"
    program.chmod(0o644)  # nothing can run it now
    call("raco-pkg", "install", "--root", image, "-i", "--auto", "--catalog", f"file://{site}/catalog/", "pear")
    program.chmod(0o755)
    listed = call("raco-pkg", "show", "--root", image, "-i", "--all")
    assert {"apple", "pear"} <= {line.split()[0].rstrip("*") for line in listed.splitlines() if line.strip()}
    call("pltpack", "dirs", "--racket", image / "usr/racket")
    command: list[str | Path] = [program, "-l", "racket/base", "-l", "pear", "-e", "(display fruit)"]
    done = subprocess.run(command, env={"HOME": str(tmp_path / "home")}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1", "")


def test_an_image_from_an_installer_and_a_lock_file(installer: Path, site: Path, tmp_path: Path) -> None:
    """The recipe with a lock file; no program of Racket runs before what was installed is loaded."""
    image, project = tmp_path / "image", tmp_path / "project"
    (image / "usr").mkdir(parents=True)
    project.mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": "", "LANG": "C.UTF-8"}

    def call(program: str, *words: str | Path) -> list[str]:
        command = [Path(sys.executable).with_name(program), *words]
        done = subprocess.run(command, env=environment, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    target = ("--minimal", "--racket-version", "8.7", "--platform", "x86_64-linux")
    call("raco-pkg", "lock", *target, "--catalog", f"file://{site}/catalog/", "pear")
    call("pltpack", "installer", "extract", installer, "--into", image / "usr/racket")
    program = image / "usr/racket/bin/racket"
    program.chmod(0o644)  # nothing can run it now
    said = call("raco-pkg", "sync", "--root", image, "-i")
    assert said == [
        "installed apple",
        "installed pear",
        "left alone 2 packages of the installation",
        "2 packages in all",
    ]
    assert call("raco-pkg", "sync", "--root", image, "-i")[-1] == "Nothing to do: 2 packages"
    assert not (image / "root").exists()
    listed = call("raco-pkg", "show", "--root", image, "-i", "--all")
    assert {"apple", "base", "pear", "racket-lib"} <= {line.split()[0].rstrip("*") for line in listed if line.strip()}
    program.chmod(0o755)
    command: list[str | Path] = [program, "-l", "racket/base", "-l", "pear", "-e", "(display fruit)"]
    done = subprocess.run(command, env={"HOME": str(tmp_path / "other")}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1", "")


def test_a_client_installs_from_the_catalog_of_a_site(site: Path, tmp_path: Path, compared: Compared) -> None:
    client = Client(tmp_path / "client")
    with serving(site) as server:
        done = client.install(f"{server.url}catalog/", "pear")
    assert done.returncode == 0, done.stderr
    records = open_catalog(site / "catalog").records()
    assert client.installed() == {name: record.checksum for name, record in records.items()}
    assert client.loads("pear")
    compared(2)


def test_packages_of_an_installation_are_packed_as_they_are_built(racket: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    installation = Installation.discover(racket=Path(racket))
    added = put_site_packages(site, ["eli-tester"], installation=installation).added
    assert "eli-tester" in added
    assert "base" not in added, "every installation has it"
    again = put_site_packages(site, ["eli-tester"], installation=installation)
    assert (again.added, again.updated) == ([], []), "they are the same bytes"
    write_installer_page(site)
    client = Client(tmp_path / "client")
    shown = client.raco("catalog-show", "--catalog", f"file://{site}/catalog/", "eli-tester")
    assert "eli-tester" in shown.stdout


def test_programs_that_look_for_installers_read_the_tables(racket: str, tmp_path: Path, compared: Compared) -> None:
    site, source = tmp_path / "site", tmp_path / "source"
    source.mkdir()
    plain = {path: data for path, data in SMALL.items() if path != "lib/link"}  # which Racket does not unpack
    (source / "racket-minimal-8.7-x86_64-linux-cs.tgz").write_bytes(tgz(with_top(plain)))
    (source / "r-λ.sh").write_bytes(shell_installer(tgz(SMALL)))
    record_installer(
        site,
        source / "racket-minimal-8.7-x86_64-linux-cs.tgz",
        '{2} Minimal "Racket" | {1} Linux; λ | x86_64',
        version="8.7",
    )
    record_installer(site, source / "r-λ.sh", "Windows \\ λ")
    record_log(site, source / "r-λ.sh", "{3} Source")
    write_installer_page(site)
    assert check_distribution(site).sound
    run = subprocess.run([racket, HERE / "read_installers.rkt", site], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert read_datum(run.stdout)[0] == [
        "8.7",
        [
            ["Windows \\ λ", "r-λ.sh"],
            ['{2} Minimal "Racket" | {1} Linux; λ | x86_64', "racket-minimal-8.7-x86_64-linux-cs.tgz"],
        ],
        "racket-minimal-8.7-x86_64-linux-cs.tgz",
        ["{3} Source"],
    ]
    with serving(site) as server:
        command: list[str | Path] = [racket, HERE / "fetch_installer.rkt", server.url, tmp_path / "dest"]
        fetched = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "no_proxy": "*"})
    assert fetched.returncode == 0, fetched.stderr.decode()
    assert read_datum(fetched.stdout)[0] == ["8.7", "racket-minimal-8.7-x86_64-linux-cs.tgz", True]
    assert (tmp_path / "dest/collects/racket/base.rkt").exists()
    compared(8)


def test_the_shell_unpacks_the_same(installer: Path, tmp_path: Path) -> None:
    """What a test makes is an installer: the shell runs it, and what comes out is what we unpack."""
    small = tmp_path / "small.sh"
    small.write_bytes(shell_installer(tgz(SMALL)))
    subprocess.run(["sh", small, tmp_path / "shell"], check=True)
    from pltpack.distribution.installer.unpack import unpack_installer
    from tests.trees import files_in

    unpack_installer(small, tmp_path / "ours")
    ours = files_in(tmp_path / "ours")
    assert ours.pop("etc/config.rktd")
    assert ours == files_in(tmp_path / "shell")
    assert installer.stat().st_size > 1 << 20
