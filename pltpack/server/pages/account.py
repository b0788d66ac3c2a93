"""One's own account: what others see, another password, and where one is signed in."""

from __future__ import annotations

from typing import Final

from pltpack.client.account_documents import AccountDocument
from pltpack.server.accounts.passwords import check_new
from pltpack.server.pages.asked import HOME, Answer, Asked, Page, Redirect, Shown, Trouble
from pltpack.server.pages.performing import perform
from pltpack.server.problems import unprocessable


def show_account(asked: Asked, trouble: Trouble | None) -> Answer:
    """The account, and its forms."""
    account = perform(asked, "get_account").body
    assert isinstance(account, AccountDocument)
    typed = trouble.typed.one("display") if trouble is not None and trouble.do == "display" else account.display
    return Shown("account.html", {"account": account, "display": typed})


def set_display(asked: Asked) -> Answer:
    """Have others see another name."""
    perform(asked, "patch_account", {"display": asked.form.line("display")})
    return Redirect(asked.address, "display")


def change_password(asked: Asked) -> Answer:
    """Have another password, and a new session: all others end."""
    new = new_password(asked)
    reply = perform(asked, "put_password", {"old": asked.form.one("old"), "new": new})
    return Redirect(asked.address, "password", cookies=(reply.headers["Set-Cookie"],))


def sign_out_everywhere(asked: Asked) -> Answer:
    """End all sessions."""
    reply = perform(asked, "delete_sessions")
    return Redirect(f"{HOME}/sign-in", "signed-out", cookies=(reply.headers["Set-Cookie"],))


def new_password(asked: Asked) -> str:
    """A new password, typed twice. Raises :class:`~pltpack.server.problems.Problem` (422)."""
    password = asked.form.one("password")
    check_new(password)
    if asked.form.one("again") != password:
        raise unprocessable("the two passwords differ", ["again: it is not the same"])
    return password


PAGES: Final = (
    Page(
        path=f"{HOME}/account",
        id="account",
        show=show_account,
        actions={"display": set_display, "change": change_password, "everywhere": sign_out_everywhere},
    ),
)
