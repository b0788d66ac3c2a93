"""Trusted publishing: the builds that may push a package without a token of their own."""

from __future__ import annotations

from typing import Final

from pltpack.client.publishing import Publishers
from pltpack.server.pages.asked import Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.pages.settings import ONE, own_package, package_values

_TYPED: Final = ("forge", "repository", "workflow", "ref", "environment")


def show_builds(asked: Asked, trouble: Trouble | None) -> Answer:
    """The builds that may push, and the form for others."""
    with asked.room.database.read() as connection:
        package = own_package(connection, asked)
    found = perform(asked, "list_publishers").body
    assert isinstance(found, Publishers)
    typed = dict.fromkeys(_TYPED, "")
    if trouble is not None and trouble.do == "add":
        typed = {name: trouble.typed.one(name) for name in _TYPED}
    values = {"publishers": found.publishers, "typed": typed}
    return Shown("builds.html", {**package_values(asked, package, trouble), **values})


def add(asked: Asked) -> Answer:
    """Let builds push the package."""
    typed = {name: asked.form.line(name) for name in _TYPED}
    perform(asked, "post_publisher", {name: text for name, text in typed.items() if text})
    return Redirect(asked.address, "builds")


def remove(asked: Asked) -> Answer:
    """Let builds push it no more."""
    perform(asked, "delete_publisher", path={"name": asked.name, "id": asked.form.one("id")})
    return Redirect(asked.address, "builds")


PAGES: Final = (Page(path=f"{ONE}/builds", id="builds", show=show_builds, actions={"add": add, "forget": remove}),)
