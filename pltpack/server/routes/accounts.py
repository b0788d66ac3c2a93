"""Accounts: signing in and out, passwords, codes by mail, and what one is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pltpack.client.account_documents import (
    AccountChange,
    AccountDocument,
    ByCodeWanted,
    CodeWanted,
    OpenSession,
    PasswordWanted,
    SessionDocument,
    SignInWanted,
)
from pltpack.server.accounts.joining import ask_code, change_password, check_mail, set_by_code
from pltpack.server.accounts.people import person, set_display
from pltpack.server.accounts.sessions import Opened, clear_cookie, end_sessions, session_of, sessions_of, set_cookie
from pltpack.server.accounts.signing_in import sign_in, sign_out
from pltpack.server.identity.identity import Scope
from pltpack.server.problems import forbidden, unauthenticated
from pltpack.server.records.events import add_event
from pltpack.server.room import Room
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of


def post_session(call: Call) -> Reply:
    """Open a session. One that the request has shown ends."""
    wanted = body_of(call, SignInWanted)
    cookies = call.headers.get("cookie")
    opened = sign_in(call.room, wanted.user, wanted.password, client=call.client, cookies=cookies, request=call.request)
    return _signed_in(call.room, opened, 201)


def delete_session(call: Call) -> Reply:
    """End the session that the request shows."""
    if call.identity.how != "session" or not sign_out(call.room, call.headers.get("cookie")):
        raise unauthenticated("there is no session to end")
    return Reply(None, 204, {"Set-Cookie": clear_cookie(call.room)})


def post_code(call: Call) -> Reply:
    """Have a code sent; the answer is the same whether there is such a user."""
    ask_code(call.room, body_of(call, CodeWanted).address, call.client)
    return Reply(None, 202)


def post_reset(call: Call) -> Reply:
    """Have a password by a code, and a session."""
    wanted = body_of(call, ByCodeWanted)
    opened = set_by_code(
        call.room,
        wanted.address,
        wanted.code,
        wanted.password,
        client=call.client,
        cookies=call.headers.get("cookie"),
        request=call.request,
    )
    return _signed_in(call.room, opened, 201)


def put_password(call: Call) -> Reply:
    """Have another password, and another session; all others end."""
    wanted = body_of(call, PasswordWanted)
    opened = change_password(
        call.room,
        _user(call),
        wanted.old,
        wanted.new,
        client=call.client,
        cookies=call.headers.get("cookie"),
        request=call.request,
    )
    return _signed_in(call.room, opened, 200)


def get_account(call: Call) -> Reply:
    """One's own account."""
    return Reply(_account(call))


def patch_account(call: Call) -> Reply:
    """Say what others see."""
    set_display(call.room, _user(call), body_of(call, AccountChange).display, actor=call.actor)
    return Reply(_account(call))


def delete_sessions(call: Call) -> Reply:
    """Sign out everywhere, here too."""
    end_sessions(call.room, _user(call))
    with call.room.database.write() as connection:
        add_event(connection, "sign-out", call.actor, time=call.room.now, detail="everywhere")
    # Who shows a token has no cookie to forget.
    return Reply(None, 204, {"Set-Cookie": clear_cookie(call.room)} if call.identity.how == "session" else {})


def _by_session(call: Call) -> None:
    """A token changes no password: who has found one would have the account."""
    if call.identity.how != "session":
        raise forbidden("sign in for this: a token is not enough", "no-session")


def _mail(call: Call) -> None:
    check_mail(call.room)


def _user(call: Call) -> str:
    assert call.identity.user is not None
    return call.identity.user


def _signed_in(room: Room, opened: Opened, status: int) -> Reply:
    cookie = set_cookie(room, opened)
    headers: Mapping[str, str] = {"Set-Cookie": cookie}
    return Reply(SessionDocument(user=opened.user, csrf=opened.csrf, expires=opened.expires), status, headers)


def _account(call: Call) -> AccountDocument:
    known = person(call.room, _user(call))
    session = session_of(call.room, call.headers.get("cookie")) if call.identity.how == "session" else None
    current = None if session is None else session.id
    return AccountDocument(
        user=known.name,
        shown=known.shown,
        display=known.display,
        role=str(known.configured),
        has_password=known.password is not None,
        created=known.created,
        sessions=tuple(
            OpenSession(id=id, created=created, used=used, current=id == current)
            for id, created, used in sessions_of(call.room, known.name)
        ),
    )


OPERATIONS: Final = (
    Operation(
        method="POST",
        path=f"{API}/session",
        id="post_session",
        summary="Sign in: a cookie, and what requests that change anything send along with it",
        needs=Needs(None),
        handler=post_session,
        body=SignInWanted,
        answers={201: SessionDocument},
        problems=(401, 403),
    ),
    Operation(
        method="DELETE",
        path=f"{API}/session",
        id="delete_session",
        summary="Sign out",
        needs=Needs(None),
        handler=delete_session,
        answers={204: None},
        problems=(401, 403),
    ),
    Operation(
        method="POST",
        path=f"{API}/account/code",
        id="post_code",
        summary="Have a code sent by mail, for another password or to become a user",
        needs=Needs(None),
        handler=post_code,
        before=_mail,
        body=CodeWanted,
        answers={202: None},
        problems=(401, 403),
    ),
    Operation(
        method="POST",
        path=f"{API}/account/reset",
        id="post_reset",
        summary="Have a password by the code that was sent, and sign in",
        needs=Needs(None),
        handler=post_reset,
        body=ByCodeWanted,
        answers={201: SessionDocument},
        problems=(401, 403),
    ),
    Operation(
        method="PUT",
        path=f"{API}/account/password",
        id="put_password",
        summary="Have another password; all other sessions end",
        needs=Needs(Scope.ACCOUNT),
        handler=put_password,
        before=_by_session,
        body=PasswordWanted,
        answers={200: SessionDocument},
    ),
    Operation(
        method="GET",
        path=f"{API}/account",
        id="get_account",
        summary="One's own account, which nobody else sees",
        needs=Needs(Scope.ACCOUNT),
        handler=get_account,
        answers={200: AccountDocument},
    ),
    Operation(
        method="PATCH",
        path=f"{API}/account",
        id="patch_account",
        summary="Say what others see instead of an address",
        needs=Needs(Scope.ACCOUNT),
        handler=patch_account,
        body=AccountChange,
        answers={200: AccountDocument},
        problems=(409,),
    ),
    Operation(
        method="DELETE",
        path=f"{API}/account/sessions",
        id="delete_sessions",
        summary="Sign out everywhere",
        needs=Needs(Scope.ACCOUNT),
        handler=delete_sessions,
        answers={204: None},
    ),
)
