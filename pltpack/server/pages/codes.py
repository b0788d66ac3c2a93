"""Codes by mail: for those who have no password, or none any more, and for who wants to become a user."""

from __future__ import annotations

from typing import Final

from pltpack.server.accounts.joining import check_mail
from pltpack.server.pages.account import new_password
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform

_CODE: Final = f"{HOME}/code"


def show_code(asked: Asked, _trouble: Trouble | None) -> Answer:
    """The forms to have a code sent, and to use it."""
    check_mail(asked.room)
    return Shown("code.html", {"registers": asked.room.config.accounts.register})


def ask_for_code(asked: Asked) -> Answer:
    """Have a code sent; whether there is somebody of that address is not told."""
    perform(asked, "post_code", {"address": asked.form.line("address")})
    return Redirect(_CODE, "code")


def use_it(asked: Asked) -> Answer:
    """Have a new password by a code, and be signed in."""
    password = new_password(asked)
    fields = {"address": asked.form.line("address"), "code": asked.form.line("code"), "password": password}
    reply = perform(asked, "post_reset", fields)
    return Redirect(f"{HOME}/", "password", cookies=(reply.headers["Set-Cookie"],))


PAGES: Final = (
    Page(path=_CODE, id="code", show=show_code, actions={"ask": ask_for_code, "use": use_it}, is_open=True),
)
