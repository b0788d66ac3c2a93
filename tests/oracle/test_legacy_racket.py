"""Programs in Racket that speak with a catalog server as with the original one: what they send arrives, and a real
``raco pkg`` has it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.oracle.catalog_client import Client
from tests.oracle.conftest import Compared
from tests.server.original import PASSWORDS, legacy
from tests.server.running import package_zip
from tests.servers import serving

HERE = Path(__file__).parent
ANN, CURATOR = "ann@example.org", "curator1@example.org"
ANYWHERE = '[sources]\nnetworks = ["127.0.0.0/8"]'

pytestmark = pytest.mark.racket


def send(racket: str, program: str, user: str, password: str, url: str, text: str) -> str:
    """What a program prints, which ends well whatever is answered."""
    done = subprocess.run(
        [racket, HERE / program, user, password, url],
        input=text, capture_output=True, text=True, check=False, env={**os.environ, "no_proxy": "*"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_records_are_edited_one_by_one(racket: str, tmp_path: Path, compared: Compared) -> None:
    (tmp_path / "arcade.zip").write_bytes(package_zip())
    with serving(tmp_path) as host, legacy(tmp_path, ANYWHERE) as server:
        source = f"{host.url}arcade.zip"
        new = (
            f'#hasheq((pkg . "") (name . "arcade") (description . "Gäste & Spiele") (source . "{source}")'
            f' (tags . ("b" "A")) (versions . (("6.0" "{source}"))))'
        )
        bad = '#hasheq((pkg . "") (name . "bad name") (description . "") (source . ""))'
        renamed = f'#hasheq((pkg . "arcade") (name . "toys") (description . "Toys") (source . "{source}"))'

        def modify(*records: str, password: str = PASSWORDS[ANN]) -> list[str]:
            text = f"({' '.join(records)})"
            return send(racket, "modify_records.rkt", ANN, password, server.url, text).splitlines()

        assert modify(new, password="wrong") == ['"not-authenticated"']
        assert modify(new, new, bad) == ["true", "false", "false"]
        server.work()
        record = server.client().package("arcade")
        assert (record.description, record.tags, record.published) == ("Gäste & Spiele", ("A", "b"), True)
        # With a token in place of the password.
        assert modify(renamed, password=server.token_of(ANN, "edit")) == ["true"]
        server.work()
        client = Client(tmp_path / "client")
        done = client.install(f"{server.url}/catalog/", "toys")
        assert done.returncode == 0, done.stderr
        # A client of the original looks for records at the root.
        shown = client.raco("catalog-show", "--catalog", f"{server.url}/", "toys")
        assert "Toys" in shown.stdout, shown.stderr
    compared(7)


def test_records_are_uploaded_at_once(racket: str, tmp_path: Path, compared: Compared) -> None:
    (tmp_path / "arcade.zip").write_bytes(package_zip())
    with serving(tmp_path) as host, legacy(tmp_path, ANYWHERE) as server:
        source = f"{host.url}arcade.zip"

        def upload(*packages: str, user: str = CURATOR, password: str = PASSWORDS[CURATOR]) -> str:
            return send(racket, "upload_records.rkt", user, password, server.url, f"#hash({' '.join(packages)})")

        games = f'("arcade" . #hash((source . "{source}") (description . "λ \\"x\\"") (ring . 1)))'
        toys = f'("toys" . #hash((source . "{source}") (author . "{ANN}")))'
        assert upload(games, password="wrong") == "#f"
        assert upload(games, user=ANN, password=PASSWORDS[ANN]) == "#f"
        assert upload(games, '("a b" . #hash((source . "x")))') == "#f"
        assert upload(games, toys, password=server.token_of(CURATOR, "curate")) == "#t"
        assert upload('("arcade" . #hash((tags . ("fruit"))))') == "#t"
        server.work()
        record = server.client().package("arcade")
        assert (record.description, record.ring, record.tags) == ('λ "x"', 1, ("fruit",))
        client = Client(tmp_path / "client")
        done = client.install(f"{server.url}/catalog/", "arcade")
        assert done.returncode == 0, done.stderr
    compared(6)
