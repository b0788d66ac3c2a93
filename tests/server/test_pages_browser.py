"""The pages in a real browser, from signing in to yanking, on a wide and on a narrow screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pltpack.server.accounts.passwords import set_password
from tests.server.browser import CHROMIUM, Browser, browser
from tests.server.running import Running, running

ANN = "ann@example.org"


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_from_signing_in_to_yanking(tmp_path: Path) -> None:
    with running(tmp_path, '[access]\ncurators = ["ann@example.org"]') as server:
        token = server.token_of(ANN)
        set_password(server.room, ANN, "correct horse")
        server.push("games", token=token)
        server.work()
        with browser(tmp_path) as found:
            walk(server, found)


def walk(server: Running, found: Browser) -> None:
    found.open(f"{server.url}/manage/packages/games")
    assert at(found) == "/manage/sign-in"
    fits(found)
    found.type("#sign-in-user", ANN)
    found.type("#sign-in-password", "wrong")
    found.press("main button")
    assert "The name or the password is wrong" in found.text
    assert found.value("document.querySelector('#sign-in-user').value") == ANN
    found.type("#sign-in-password", "correct horse")
    found.press("main button")
    assert at(found) == "/manage/packages/games"
    assert found.value("document.cookie") == "", "no script could read the session"

    # What the server refuses is told beside the field; what was typed is still there.
    found.type("#save-description", "Games of all sorts")
    found.type("#save-source", "file:///etc/passwd")
    found.press("section[aria-labelledby=record] form button")
    assert found.value("document.querySelector('#save-source').getAttribute('aria-invalid')") == "true"
    assert found.value("document.querySelector('#save-description').value") == "Games of all sorts"
    fits(found)
    found.type("#save-source", "")
    found.press("section[aria-labelledby=record] form button")
    assert "Saved." in found.text
    assert record(server)["description"] == "Games of all sorts"

    for address in ("", "problems", "tokens", "new", "curation", "account", "packages/games/history"):
        found.open(f"{server.url}/manage/{address}")
        fits(found)

    found.open(f"{server.url}/manage/")
    found.press("main table a")
    found.type("#yank-reason", "it <b>rots</b>")
    found.press("section[aria-labelledby=yank] form.row button")
    assert "The package is yanked" in found.text
    assert "it <b>rots</b>" in found.text
    assert found.value("document.querySelectorAll('b').length") == 0
    assert record(server)["yanked"]["reason"] == "it <b>rots</b>"

    found.press("header button")
    assert at(found) == "/manage/sign-in"
    found.open(f"{server.url}/manage/tokens")
    assert at(found) == "/manage/sign-in"
    # A browser that refused a style, or was to run something, would have said so.
    assert [line for line in found.console if "the server responded with a status of" not in line] == []


def at(found: Browser) -> str:
    return str(found.value("location.pathname"))


def fits(found: Browser) -> None:
    """Nothing is wider than the screen, the style is there, and what is pressed is large enough."""
    for width in (320, 1100):
        found.size(width)
        assert found.value("document.documentElement.scrollWidth") <= width, at(found)
        assert found.value("getComputedStyle(document.querySelector('main h1')).fontSize") == "26px"
        small = "[...document.querySelectorAll('button')].filter(b => b.getBoundingClientRect().height < 24).length"
        assert found.value(small) == 0, at(found)


def record(server: Running) -> dict[str, Any]:
    found = server.ask("GET", "/api/v1/packages/games").json
    assert isinstance(found, dict)
    return found
