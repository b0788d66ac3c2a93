"""Signing in and out."""

from __future__ import annotations

from typing import Final

from pltpack.server.accounts import signing_in
from pltpack.server.accounts.mail import has_mail
from pltpack.server.accounts.sessions import clear_cookie, set_cookie
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.guard import own_address
from pltpack.server.problems import Problem

_SIGN_IN: Final = f"{HOME}/sign-in"


def show_sign_in(asked: Asked, trouble: Trouble | None) -> Answer:
    """The form to sign in with; who has signed in goes on."""
    wanted = (asked.query if trouble is None else trouble.typed).many("next")
    to = own_address(wanted[0] if wanted else "")
    if not asked.identity.is_anonymous and trouble is None:
        return Redirect(to)
    return Shown("sign-in.html", {"next": to, "mail": has_mail(asked.room)})


def sign_in(asked: Asked) -> Answer:
    """Open a session for who knows the password of a user. What the browser has shown before is good for nothing."""
    user, password = asked.form.line("user"), asked.form.one("password")
    try:
        opened = signing_in.sign_in(
            asked.room, user, password, client=asked.client, cookies=asked.cookies, request=asked.request
        )
    except Problem as problem:
        if problem.status == 401:
            raise Problem(403, "wrong-credentials", "the name or the password is wrong") from None
        raise
    return Redirect(own_address(asked.form.one("next")), cookies=(set_cookie(asked.room, opened),))


def show_sign_out(asked: Asked, _trouble: Trouble | None) -> Answer:
    """Asks whether to: looking at it changes nothing."""
    return Redirect(_SIGN_IN) if asked.identity.is_anonymous else Shown("sign-out.html")


def sign_out(asked: Asked) -> Answer:
    """End the session."""
    signing_in.sign_out(asked.room, asked.cookies)
    return Redirect(_SIGN_IN, "signed-out", cookies=(clear_cookie(asked.room),))


PAGES: Final = (
    Page(path=_SIGN_IN, id="sign-in", show=show_sign_in, actions={"sign-in": sign_in}, is_open=True),
    Page(path=f"{HOME}/sign-out", id="sign-out", show=show_sign_out, actions={"sign-out": sign_out}, is_open=True),
)
