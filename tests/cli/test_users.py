"""``pltpack server user``: the people of a server, as its operator has them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pltpack.server.accounts.passwords import check_password
from pltpack.server.accounts.sessions import open_session, session_of
from pltpack.server.room import Room
from tests.cli.conftest import Run
from tests.server.prepared import write_server

ANN = "ann@example.org"
PASSWORD = "correct horse"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A server, and a file with a password."""
    write_server(tmp_path / "root")
    (tmp_path / "password").write_text(f"{PASSWORD}\nnot this\n")
    return tmp_path / "root" / "server.toml"


def users(run: Run) -> dict[str, dict[str, Any]]:
    found = json.loads(run("pltpack", "server", "user", "list", "--root", "root", "--json").out)
    return {user["name"]: user for user in found["users"]}


def call(run: Run, text: str, code: int = 0) -> str:
    ran = run("pltpack", "server", "user", *text.split(), "--root", "root")
    assert ran.code == code, ran.err
    return ran.out + ran.err


def knows(config: Path, password: str) -> bool:
    with Room.open(config) as room:
        return check_password(room, ANN, password, "127.0.0.1") is not None


def test_a_user_from_first_to_last(run: Run, config: Path) -> None:
    assert "added" in call(run, f"add {ANN} --password-file password --display Ann")
    assert users(run)[ANN] | {"created": 0} == {
        "name": ANN, "shown": "Ann", "role": "member", "configured": "member", "password": "argon2id", "created": 0,
        "disabled": None,
    }  # fmt: skip
    assert knows(config, PASSWORD)
    with Room.open(config) as room:
        opened = open_session(room, ANN)
        call(run, f"role {ANN} curator")
        found = session_of(room, f"pltpack={opened.secret}")
        assert found is not None
        assert found.role == "curator"
        call(run, f"disable {ANN}")
        assert session_of(room, f"pltpack={opened.secret}") is None
    assert not knows(config, PASSWORD)
    assert "disabled" in call(run, "list")
    call(run, f"disable {ANN} --undo")
    assert knows(config, PASSWORD)
    call(run, f"password {ANN} --remove")
    assert not knows(config, PASSWORD)
    assert users(run)[ANN]["password"] is None


def test_a_password_from_standard_input(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(run, f"add {ANN}")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"battery staple\n")))
    call(run, f"password {ANN} --password-file -")
    assert knows(config, "battery staple")


def test_a_password_that_is_asked_for(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(run, f"add {ANN}")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    typed = iter(["battery staple", "battery stable", "battery staple", "battery staple"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert "differ" in call(run, f"password {ANN}", 2)
    call(run, f"password {ANN}")
    assert knows(config, "battery staple")


def test_the_configuration_counts(run: Run, config: Path) -> None:
    config.write_text(config.read_text().replace("# admins = []", f'admins = ["{ANN}"]'))
    call(run, f"add {ANN}")
    found = users(run)[ANN]
    assert (found["role"], found["configured"]) == ("member", "admin")
    assert "member (admin by the configuration)" in call(run, "list")


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("add admin", 5, "there is a user admin"),
        ("add a:b", 2, "no blank and no colon"),
        (f"add {ANN} --role king", 2, "there is no role king"),
        (f"add {ANN} --display a@b.c", 2, "no @"),
        (f"add {ANN} --display Admin", 5, "somebody else"),
        (f"add {ANN} --password-file none", 6, "none"),
        ("password nobody --remove", 6, "no user"),
        ("password admin --remove --password-file password", 2, "exclude each other"),
        ("password admin", 2, "--password-file"),
        ("role nobody admin", 6, "no user"),
        ("role admin king", 2, "there is no role king"),
        ("disable nobody", 6, "no user"),
    ],
)
@pytest.mark.parametrize("dry", ["", " --dry-run"])
def test_what_cannot_be(run: Run, monkeypatch: pytest.MonkeyPatch, text: str, code: int, told: str, dry: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    before = users(run)
    assert told in call(run, text + dry, code)
    assert users(run) == before


@pytest.mark.usefixtures("config")
def test_a_password_that_is_too_short(run: Run, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("short\n")
    for text in (f"add {ANN} --password-file short", "password admin --password-file short"):
        for dry in ("", " --dry-run"):
            assert "8 to 1024 characters" in call(run, text + dry, 2)


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    "text", [f"add {ANN}", "password admin --password-file password", "role admin reader", "disable admin"]
)
def test_nothing_is_done(run: Run, text: str) -> None:
    before = users(run)
    assert "would be" in call(run, f"{text} --dry-run")
    assert users(run) == before
