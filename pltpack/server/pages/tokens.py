"""Tokens: to make one, whose secret is shown once, and to revoke them."""

from __future__ import annotations

from typing import Final

from pltpack.client.documents import NewToken
from pltpack.server.identity.identity import SCOPES_OF, Scope
from pltpack.server.identity.tokens import list_tokens
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.routes.shown import token_document

_DAYS: Final = "90"


def show_tokens(asked: Asked, trouble: Trouble | None) -> Answer:
    """One's own tokens, and the form for another one."""
    return _shown(asked, trouble, None)


def make(asked: Asked) -> Answer:
    """Make a token. The answer shows it, and no other page ever does; so it is no redirect."""
    form = asked.form
    days = form.line("days")
    reply = perform(
        asked,
        "post_token",
        {
            "label": form.line("label"),
            "scopes": [*form.many("scope")],
            "packages": form.one("packages").split(),
            "days": int(days) if days.isascii() and days.isdigit() and len(days) < 9 else days or None,
        },
    )
    assert isinstance(reply.body, NewToken)
    return _shown(asked, None, reply.body)


def revoke(asked: Asked) -> Answer:
    """Let a token be no good any more."""
    perform(asked, "delete_token", path={"id": asked.form.one("id")})
    return Redirect(asked.address, "revoked")


def _shown(asked: Asked, trouble: Trouble | None, made: NewToken | None) -> Answer:
    with asked.room.database.read() as connection:
        tokens = [token_document(token) for token in list_tokens(connection, asked.user)]
    typed = {"label": "", "packages": "*", "days": _DAYS}
    chosen: tuple[str, ...] = ("upload",)
    if trouble is not None and trouble.do == "make":
        typed = {name: trouble.typed.one(name) for name in typed}
        chosen = trouble.typed.many("scope")
    scopes = [scope.value for scope in Scope if scope in SCOPES_OF[asked.identity.role]]
    values = {"tokens": tokens, "typed": typed, "chosen": chosen, "scopes": scopes, "made": made}
    return Shown("tokens.html", {**values, "now": asked.room.now}, 200 if made is None else 201)


PAGES: Final = (Page(path=f"{HOME}/tokens", id="tokens", show=show_tokens, actions={"make": make, "revoke": revoke}),)
