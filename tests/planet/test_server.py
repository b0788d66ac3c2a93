"""The server: what it answers, over HTTP and as an ASGI application."""

from __future__ import annotations

import asyncio
import http.client
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pltpack.errors import FormatError, PltError
from pltpack.planet.index import Index, index_planet
from pltpack.planet.server.application import planet_app
from pltpack.planet.server.loopback import PlanetServer, serving
from pltpack.planet.server.protocol import PlanetShelf, parse_question
from pltpack.planet.version import Bounds
from tests.planet.corpus import put, repository

Answer = tuple[int, dict[str, str], bytes]


def query(owner: str = "ada", name: str = "util.plt", **values: str) -> str:
    """The query that Racket's client makes, with some values of one's own."""
    given = {"lang": '"8.7"', "name": f'"{name}"', "maj": "#f", "min-lo": "0", "min-hi": "#f", "path": f'("{owner}")'}
    given.update({key.replace("_", "-"): value for key, value in values.items()})
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in given.items())


def ask(server: PlanetServer, path: str, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def ask_app(index: Index, path: str, query_string: str) -> Answer:
    """The application's answer to one request."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # a request without a body says nothing more, and the client stays
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query_string.encode(),
        "root_path": "", "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    asyncio.run(planet_app(PlanetShelf(index))(scope, receive, send))
    headers = {key.decode().lower(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


QUESTIONS = [
    (query(maj="1"), 200, "1.1"),
    (query(), 200, "2.0"),
    (query(maj="1", min_hi="0"), 200, "1.0"),
    (query(maj="1", min_lo="2"), 404, None),
    (query(maj="7"), 404, None),
    (query(owner="eve"), 404, None),
    (query(name="../util.plt"), 404, None),
    (query(owner=".."), 404, None),
    (query(owner="bob", name="new-user.plt"), 200, "1.0"),
    (query(owner="bob", name="new-user.plt", lang='"4.2.5"'), 404, None),
    (query(lang='"372"', maj="1"), 200, "1.1"),
    (query(owner="cyd", name="lingo.plt", lang='"372"'), 404, None),
    (query(lang='"soon"'), 400, None),
    (query(lang="8.7"), 400, None),
    (query(maj="x"), 400, None),
    (query(maj="(1)"), 400, None),
    (query(maj="-1"), 400, None),
    (query(min_lo="1 2"), 400, None),
    (query(path='("ada" "x")'), 400, None),
    (query(path="(" * 100), 400, None),
    (query(path='"ada"'), 400, None),
    (query(maj="9" * 500), 400, None),
    (query(lang="#reader racket 5"), 400, None),
    (query() + "&maj=1&maj=2", 400, None),
    ("", 400, None),
    ("x", 400, None),
    ("a=" + "b" * 9000, 400, None),
]


@pytest.mark.parametrize(("text", "status", "version"), QUESTIONS)
def test_both_servers_answer_alike(text: str, status: int, version: str | None) -> None:
    index = repository()
    with serving(PlanetShelf(index)) as server:
        answers = [ask(server, f"/servlets/planet-servlet.ss?{text}")]
    answers.append(ask_app(index, "/servlets/planet-servlet.ss", text))
    for found, headers, body in answers:
        assert found == status
        assert headers["content-length"] == str(len(body))
        if version is None:
            assert headers["content-type"].startswith("text/plain")
        else:
            given = f"{headers['package-major-version']}.{headers['package-minor-version']}"
            assert given == version
    assert answers[0][2] == answers[1][2]


def test_the_archive_is_sent_as_it_is() -> None:
    index = repository()
    with serving(PlanetShelf(index)) as server:
        _, _, body = ask(server, f"/?{query(maj='1')}")
        status, headers, nothing = ask(server, f"/?{query(maj='1')}", "HEAD")
        assert ask(server, "/")[0] == 200
        assert ask(server, "/x", "POST")[0] == 501
    release = index.latest("ada", "util.plt", 1)
    assert release is not None
    assert body == release.path.read_bytes()
    assert (status, nothing, headers["content-length"]) == (200, b"", str(len(body)))


def test_an_installed_package_is_packed_for_it(tmp_path: Path) -> None:
    from pltpack.planet.cache import cache_planet
    from pltpack.planet.look import look_at_planet
    from pltpack.planet.places import places

    list(cache_planet(repository().releases[:1], [places(tmp_path / "base", "8.7")]))
    with serving(PlanetShelf(index_planet(tmp_path / "base"))) as server:
        status, _, body = ask(server, f"/x/planet-servlet.ss?{query()}")
    assert status == 200
    (tmp_path / "got.plt").write_bytes(body)
    assert look_at_planet(tmp_path / "got.plt").files == ["info.ss", "main.ss", "sub/deep.ss"]


def test_the_list() -> None:
    with serving(PlanetShelf(repository())) as server:
        _, _, body = ask(server, "/servlets/pkg-info.ss")
    assert body.startswith(b"<pre>\n((")
    assert b'("ada" "util.plt" (2 0))' in body
    assert ask_app(repository(), "/servlets/pkg-info.ss", "")[2] == body


def test_an_archive_that_went_away(tmp_path: Path) -> None:
    release = put(tmp_path, "u/p", {"main.ss": "1"})
    index = index_planet(tmp_path)
    release.path.unlink()
    with serving(PlanetShelf(index)) as server:
        assert ask(server, f"/?{query(owner='u', name='p.plt')}")[0] == 500
    assert ask_app(index, "/", query(owner="u", name="p.plt"))[0] == 500


def test_each_question_is_reported() -> None:
    lines: list[str] = []
    with serving(PlanetShelf(repository()), report=lines.append) as server:
        assert server.url.startswith("http://127.0.0.1:")
        ask(server, "/?x")
    assert len(lines) == 1
    assert '"GET /?x HTTP/1.1" 400' in lines[0]


def test_questions() -> None:
    question = parse_question(query(maj="1", min_lo="2", min_hi="5"))
    assert (question.owner, question.package, question.language) == ("ada", "util.plt", "8.7")
    assert question.bounds == Bounds(1, 2, 5)
    with pytest.raises(FormatError):
        parse_question("lang=1")


def test_without_the_extra_the_application_says_which_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pltpack.planet.server.asgi", raising=False)
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    with pytest.raises(PltError) as refused:
        planet_app(PlanetShelf(index_planet(tmp_path)))
    assert "pltpack[server]" in (refused.value.hint or "")
