"""A build as GitHub Actions and GitLab run it: ``pltpack push`` gets its token by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
import yaml

from pltpack.client.build import VARIABLE, audience_of, find_id_token
from pltpack.client.client import CatalogClient
from pltpack.errors import FetchError
from tests.server.issuer import Forge, forge, github_claims, gitlab_claims, signed
from tests.server.running import Running, package_zip, running

PROGRAM = Path(sysconfig.get_path("scripts"), "pltpack")
CI = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ACTIONS", "GITLAB_CI", VARIABLE)


@contextmanager
def world(folder: Path) -> Iterator[tuple[Running, Forge]]:
    """A forge, and a server that believes it; Ann has an account there."""
    with forge(github_claims(time.time())) as found:
        settings = f'[oidc]\ngithub = ["{found.url}"]\n[sources]\nnetworks = ["127.0.0.0/8"]'
        with running(folder, settings) as server:
            known = msgspec.structs.replace(server.room.config.server, url=server.url)
            server.room.config = msgspec.structs.replace(server.room.config, server=known)
            server.tokens["ann"] = server.token_of("ann@example.org")
            yield server, found


def pltpack(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a build does, which has nothing but these variables."""
    kept = {key: value for key, value in os.environ.items() if key not in CI and not key.startswith("PLTPACK_")}
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    return subprocess.run(
        [PROGRAM, *arguments],
        check=False,
        cwd=folder,
        env=kept | home | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_build_of_github(tmp_path: Path) -> None:
    for name in ("games", "toys"):
        (tmp_path / f"{name}.zip").write_bytes(package_zip({f"{name}.rkt": "#lang racket/base\n"}))
    with world(tmp_path) as (server, found):
        ann = {"PLTPACK_TOKEN": server.tokens["ann"], "PLTPACK_SERVER_URL": server.url}
        build = {
            "PLTPACK_SERVER_URL": f"{server.url}/",
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{found.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-secret",
        }
        refused = pltpack(tmp_path, "push", "games.zip", **build)
        assert refused.returncode == 6
        assert "package games has no publisher for this build" in refused.stderr
        assert "ann/games, release.yml, refs/tags/v1.0, environment release" in refused.stderr
        words = ("--add", "github", "--repository", "ann/games", "--workflow", "release.yml")
        for name in ("games", "toys"):
            added = pltpack(tmp_path, "publisher", name, *words, **ann)
            assert "awaits the first push" in added.stdout
        # The first push makes the packages; one id token does for both.
        before = found.given
        pushed = pltpack(tmp_path, "push", "games.zip", "toys.zip", **build)
        assert pushed.returncode == 0, pushed.stderr
        assert "games pushed" in pushed.stdout
        assert found.given == before + 1
        assert "there already" in pltpack(tmp_path, "push", "games.zip", **build).stdout
        listed = json.loads(pltpack(tmp_path, "publisher", "games", "--json", **ann).stdout)
        assert [(known["counts"], known["pending"]) for known in listed["publishers"]] == [(True, False)]
        gone = pltpack(tmp_path, "publisher", "games", "--remove", listed["publishers"][0]["id"], **ann)
        assert (gone.returncode, gone.stdout) == (0, "")
        assert pltpack(tmp_path, "push", "games.zip", **build).returncode == 6
        # Without what the forge gives, it says what is missing.
        alone = pltpack(tmp_path, "push", "games.zip", PLTPACK_SERVER_URL=server.url, GITHUB_ACTIONS="true")
        assert alone.returncode == 6
        assert "id-token: write" in alone.stderr
        wrong = pltpack(tmp_path, "push", "games.zip", **build | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"})
        assert wrong.returncode == 6
        assert "403" in wrong.stderr
        assert "runner-secret" not in pushed.stdout + pushed.stderr + refused.stderr + wrong.stderr


def test_a_build_of_gitlab(tmp_path: Path) -> None:
    (tmp_path / "games.zip").write_bytes(package_zip())
    with world(tmp_path) as (server, found):
        oidc = msgspec.structs.replace(server.room.config.oidc, github=(), gitlab=(found.url,))
        server.room.config = msgspec.structs.replace(server.room.config, oidc=oidc)
        host = found.url.removeprefix("http://")
        claims = gitlab_claims(
            time.time(),
            iss=found.url,
            aud=server.url,
            ci_config_ref_uri=f"{host}/group/sub/games//.gitlab-ci.yml@refs/tags/v1.0",
        )
        with CatalogClient(server.url, token=server.tokens["ann"]) as client:
            client.add_publisher("games", "gitlab", "group/sub/games", ref="refs/tags/v*")
        build = {"PLTPACK_SERVER_URL": server.url, "GITLAB_CI": "true"}
        pushed = pltpack(tmp_path, "push", "games.zip", **build, PLTPACK_ID_TOKEN=signed(claims))
        assert pushed.returncode == 0, pushed.stderr
        alone = pltpack(tmp_path, "push", "games.zip", **build)
        assert alone.returncode == 6
        assert "id_tokens: PLTPACK_ID_TOKEN" in alone.stderr


def test_the_files_of_the_documentation_are_those_that_work() -> None:
    text = (Path(__file__).parents[2] / "docs/server.md").read_text("utf-8")
    github, gitlab = (yaml.safe_load(found) for found in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[:2])
    job = github["jobs"]["push"]
    assert job["permissions"]["id-token"] == "write"
    assert "PLTPACK_SERVER_URL" in job["steps"][-1]["env"]
    assert gitlab["push"]["id_tokens"][VARIABLE]["aud"] == audience_of(
        gitlab["push"]["variables"]["PLTPACK_SERVER_URL"]
    )
    for line in (job["steps"][-1]["run"], gitlab["push"]["script"][-1]):
        assert line == "pltpack push . --name games --wait"


def test_a_token_of_ones_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "games.zip").write_bytes(package_zip())
    with world(tmp_path) as (server, _):
        pushed = pltpack(
            tmp_path,
            "push",
            "games.zip",
            PLTPACK_SERVER_URL=server.url,
            PLTPACK_TOKEN=server.tokens["ann"],
            PLTPACK_ID_TOKEN="no good",
        )
        assert pushed.returncode == 0


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://pkgs.example.org", "https://pkgs.example.org"),
        ("https://user:secret@Pkgs.example.org:8443/a/", "https://pkgs.example.org:8443/a"),
    ],
)
def test_for_whom_an_id_token_is(url: str, audience: str) -> None:
    assert audience_of(url) == audience


def test_an_id_token_for_another_server_is_shown_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def given(**claims: object) -> None:
        monkeypatch.setenv(VARIABLE, signed(github_claims(time.time(), **claims)))

    for audience in ("https://pkgs.example.org", ["https://pkgs.example.org", "https://other.example.org"]):
        given(aud=audience)
        with pytest.raises(FetchError, match="the id token in PLTPACK_ID_TOKEN is for https://"):
            find_id_token("https://other.example.org/")
    given(aud="https://Pkgs.example.org:443/")
    assert find_id_token("https://pkgs.example.org") is not None
    given(aud="pltpack")
    assert find_id_token("https://other.example.org") is not None, "only its operator knows what that means"
    for odd in ("no token", "a.b.c", "a.W10.c", "a.\xff.c"):
        monkeypatch.setenv(VARIABLE, odd)
        assert find_id_token("https://other.example.org") == odd


def test_what_no_forge_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CI:
        monkeypatch.delenv(name, raising=False)
    assert find_id_token("https://pkgs.example.org") is None
    with forge({}) as found:
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{found.url}/keys")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret")
        with pytest.raises(FetchError, match="holds no id token"):
            find_id_token("https://pkgs.example.org")


def test_an_exchange_is_not_repeated_where_the_answer_is_lost() -> None:
    """It may have been made: the same id token would be refused."""
    asked = []

    class Cutting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Cutting) as cutting:
        thread = threading.Thread(target=cutting.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://127.0.0.1:{cutting.server_address[1]}"
            with CatalogClient(url) as client, pytest.raises(FetchError, match="no answer"):
                client.exchange("x", ["games"])
        finally:
            cutting.shutdown()
            thread.join()
    assert asked == ["/api/v1/oidc/exchange"]
