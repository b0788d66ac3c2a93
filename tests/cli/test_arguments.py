"""What is given to commands of a server and its clients and cannot be: a line says so, and tells no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.server.prepared import write_server

BYTES = "a\udcff"
"""What Python makes of an argument that is not UTF-8."""
NOBODY = "http://127.0.0.1:1"

NO_TEXT = [
    "server token --revoke {} --root root",
    "server token ann --label {} --root root",
    "server token ann --package {} --root root",
    "server user role {} admin --root root",
    "server user disable {} --root root",
    "server log --package {} --root root",
    "server log --user {} --root root",
    "server init --root new --url {}",
    "yank {} --reason x --server http://127.0.0.1:1",
    "yank x --reason {} --server http://127.0.0.1:1",
    "owner x --add {} --server http://127.0.0.1:1",
    "publisher {} --server http://127.0.0.1:1",
    "events {} --server http://127.0.0.1:1",
    "refresh {} --server http://127.0.0.1:1",
    "hook add {} --package x --server http://127.0.0.1:1",
    "hook change x --action {} --server http://127.0.0.1:1",
]


@pytest.mark.parametrize("line", NO_TEXT)
def test_bytes_that_are_no_text(run: Run, tmp_path: Path, line: str) -> None:
    write_server(tmp_path / "root")
    ran = run("pltpack", *line.format(BYTES).split(" "))
    assert (ran.code, "is not UTF-8" in ran.err) == (2, True)
    assert not (tmp_path / "new" / "server.toml").exists()


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:99999", "http:///", "https://:1"])
def test_what_is_no_url_of_a_server(run: Run, url: str) -> None:
    for command in (["status"], ["push", "x.zip"], ["login", "--logout"], ["hook", "list"]):
        assert run("pltpack", *command, "--server", url).code == 2
    for wrong in ("http://ann:secret@[", "ftp://ann:secret@example.org", "http://ann:secret@/"):
        ran = run("pltpack", "status", "--server", wrong)
        assert (ran.code, "secret" in ran.err) == (2, False)


@pytest.mark.parametrize("token", ["plt_secret\nplt_secret", "plt_secret\u20ac", "plt_secret\udcff"])
def test_a_token_that_is_none_is_not_told(run: Run, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setattr("pltpack.client.credentials.find_token", lambda _url: token)
    ran = run("pltpack", "status", "--server", NOBODY)
    assert (ran.code, "the token holds what none can" in ran.err) == (6, True)
    assert "secret" not in ran.out + ran.err


def test_files_that_are_no_text(run: Run, tmp_path: Path) -> None:
    write_server(tmp_path / "root")
    (tmp_path / "file").write_bytes(b"\xff\n")
    for command in (
        ["login", "--server", NOBODY, "--token-file", "file"],
        ["server", "user", "password", "admin", "--root", "root", "--password-file", "file"],
    ):
        ran = run("pltpack", *command)
        assert (ran.code, "not UTF-8" in ran.err) == (3, True)


@pytest.mark.parametrize("options", [["--url", "http://["], ["--url", "pkgs.example.org"], ["--database", "foo://x"]])
def test_a_server_that_cannot_be_is_not_in_the_way(run: Run, tmp_path: Path, options: list[str]) -> None:
    assert run("pltpack", "server", "init", "--root", "new", *options).code == 6
    assert not (tmp_path / "new" / "server.toml").exists()
    assert run("pltpack", "server", "init", "--root", "new", "--url", "https://pkgs.example.org").code == 0
