"""From an empty folder to a package that a real ``raco pkg`` has installed: by commands, as a build calls them."""

from __future__ import annotations

import os
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pltpack.distribution.tables import read_tables
from tests.oracle.catalog_client import Client
from tests.oracle.conftest import Compared
from tests.site.trees import INFO, package

pytestmark = pytest.mark.racket

PROGRAM = str(Path(sysconfig.get_path("scripts"), "pltpack"))


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A server that was started by its command, until it is told to end."""
    call = [PROGRAM, "server", "run", "--port", "0", *arguments]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("catalog server: ").strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
        assert process.wait(30) == 0


def pltpack(*arguments: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("racket")
def test_from_setting_up_to_installing(tmp_path: Path, compared: Compared) -> None:
    root = str(tmp_path / "catalog-root")
    admin = pltpack("server", "init", "--root", root, "--quiet")
    token = pltpack("server", "token", "--root", root, "ci@example.org", "--scope", "upload", "--quiet")
    apple = package(tmp_path / "src", "apple")
    pear = package(tmp_path / "src", "pear", info=INFO + '(define deps (quote ("base" "apple")))\n')
    client = Client(tmp_path / "client")
    with serving("--root", root) as url:
        build = {"PLTPACK_TOKEN": token, "PLTPACK_SERVER_URL": url}
        assert "pushed" in pltpack("push", "--wait", str(apple), str(pear), **build)
        assert "there already" in pltpack("push", str(pear), **build)
        done = client.install(f"{url}catalog/", "pear")
        assert done.returncode == 0, done.stderr
        assert set(client.installed()) == {"apple", "pear"}
        assert client.loads("pear")
        # A new version comes to who has the old one.
        (pear / "more.rkt").write_text("#lang racket/base\n")
        pltpack("push", "--wait", str(pear), **build)
        before = client.installed()
        client.raco("config", "--scope", "user", "--set", "catalogs", f"{url}catalog/")
        updated = client.raco("update", "--scope", "user", "--no-setup", "--batch", "--no-cache", "pear")
        assert updated.returncode == 0, updated.stderr
        assert client.installed()["pear"] != before["pear"]
        # One that is yanked can still be had.
        pltpack("yank", "pear", "--reason", "soft", "--wait", PLTPACK_TOKEN=admin, PLTPACK_SERVER_URL=url)
        shown = client.raco("catalog-show", "--catalog", f"{url}catalog/", "pear").stdout
        assert "[yanked: soft]" in shown
    compared(4)


def test_a_client_of_a_build_sends_an_installer(racket: str, tmp_path: Path, compared: Compared) -> None:
    """What such a client does: a PUT with the description, whose answer it reads as data."""
    root = str(tmp_path / "root")
    token = pltpack("server", "init", "--root", root, "--quiet")
    installer = tmp_path / "racket-8.7.sh"
    installer.write_bytes(os.urandom(300_000))
    send = (
        "(define-values (url file token) (apply values (vector->list (current-command-line-arguments))))"
        '(define heads (list "Description: Racket | λ" (format "Authorization: Bearer ~a" token)))'
        "(write (read (put-pure-port (string->url url) (file->bytes file) heads)))"
    )
    with serving("--root", root) as url:
        call = [racket, "-l", "racket/base", "-l", "racket/file", "-l", "net/url", "-e", send]
        sent = subprocess.run(
            [*call, f"{url}upload/{installer.name}", str(installer), token],
            capture_output=True, text=True, check=False, env={**os.environ, "no_proxy": "*"},
        )  # fmt: skip
        assert (sent.returncode, sent.stdout, sent.stderr) == (0, "#t", "")
    site = Path(root, "site")
    assert read_tables(site).files == {"Racket | λ": installer.name}
    assert (site / "installers" / installer.name).read_bytes() == installer.read_bytes()
    compared(1)
