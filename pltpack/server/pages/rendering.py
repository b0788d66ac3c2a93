"""From a page to HTML, in the look of the site: its theme, its title, its style with ours behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from pltpack.inspection.wording import moment
from pltpack.server.identity.identity import Scope
from pltpack.server.pages.asked import HOME, Asked, Shown, Trouble
from pltpack.server.room import Room
from pltpack.site.config import SiteConfig, read_config
from pltpack.site.enrich import shown_authors
from pltpack.site.layout import page_path
from pltpack.site.pages.pages import Look, page_environment
from pltpack.visible import visible

STYLE: Final = "manage.css"

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What a browser is to keep to: nothing is run, loaded from elsewhere, framed, kept, or told to other sites."""

DONE: Final = {
    "added": "The package is there. The catalog has it as soon as something was found at its source.",
    "back": "It is as it was then. The catalog follows in a moment.",
    "builds": "The builds that may push are changed.",
    "code": "If there can be an account of that address, a code is on its way to it.",
    "display": "Others see the new name from now on.",
    "looking": "The source is being looked at: what comes of it will be here in a moment.",
    "owners": "The owners are changed.",
    "password": "The password is changed, and you are signed out everywhere else.",
    "removed": "The package is removed. Who has it can go on, and undoing brings it back.",
    "renamed": "The package has its new name.",
    "revoked": "The token is no good any more.",
    "rings": "The rings are changed. The catalog follows in a moment.",
    "saved": "Saved. The catalog follows in a moment.",
    "signed-out": "You are signed out.",
    "unyanked": "The package may be used again.",
    "yanked": "The package is yanked: it can be installed as before, and everybody is told why it should not be.",
}
"""What a page says after something was done."""


class Renderer:
    """Makes pages. The site's configuration is read once."""

    def __init__(self, room: Room) -> None:
        """Raises :class:`~pltpack.errors.ConfigError`."""
        self._room = room
        self._config: SiteConfig = read_config(room.places.site)
        self._look = Look.of(room.places.site, self._config)

    @cached_property
    def _environment(self) -> Environment:
        environment = page_environment(self._look.theme, "pltpack.server.pages")
        functions: dict[str, Callable[..., object]] = {"time": _time, "page_path": page_path}
        environment.globals.update(functions, shown_authors=shown_authors, HOME=HOME, Scope=Scope)
        environment.filters.update(visible=visible, sentence=_sentence)
        return environment

    def html(self, asked: Asked, shown: Shown, trouble: Trouble | None) -> str:
        """A page as HTML."""
        site = self._config.site
        values: dict[str, Any] = {
            "asked": asked,
            "me": asked.identity if not asked.identity.is_anonymous else None,
            "site": site,
            "public": site.url or "/",
            "style": f"{HOME}/{STYLE}",
            "trouble": trouble,
            "done": DONE.get(_first(asked.query.many("done"))) if trouble is None else None,
            **shown.values,
        }
        return self._environment.get_template(shown.template).render(values)

    def style(self) -> bytes:
        """The style of the site, and what our pages need besides."""
        own = resources.files("pltpack.server.pages").joinpath("templates", STYLE).read_bytes()
        return self._look.text("style.css") + own


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _sentence(text: str) -> str:
    """A text that begins with a capital."""
    return visible(text[:1].upper() + text[1:])


def _time(seconds: int | None) -> Markup:
    """A time, for people and programs."""
    if seconds is None:
        return Markup("never")
    try:
        stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
    except (ValueError, OverflowError, OSError):
        return Markup("{}").format(moment(seconds))
    return Markup('<time datetime="{}">{} UTC</time>').format(stamp, moment(seconds))
