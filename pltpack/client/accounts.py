"""Calls about one's own account: signing in with a password, codes by mail, what others see."""

from __future__ import annotations

import msgspec

from pltpack.client.account_documents import (
    AccountChange,
    AccountDocument,
    ByCodeWanted,
    CodeWanted,
    PasswordWanted,
    SessionDocument,
    SignInWanted,
)
from pltpack.client.requests import Requests


class AccountCalls(Requests):
    """What a client says of the account of its user. After :meth:`sign_in` it shows its session instead of a token."""

    def sign_in(self, user: str, password: str) -> SessionDocument:
        """Open a session, which all other calls are made in from then on."""
        return self._signed_in("POST", "session", SignInWanted(user=user, password=password))

    def sign_out(self, *, everywhere: bool = False) -> None:
        """End the session, or with ``everywhere`` all sessions of the user."""
        self.request("DELETE", "account/sessions" if everywhere else "session")
        self.leave_session()

    def send_code(self, address: str) -> None:
        """Have a code sent to an address, with which its owner sets a password. Nothing tells whether there is one."""
        body = msgspec.json.encode(CodeWanted(address=address))
        self.request("POST", "account/code", body, headers={"Content-Type": "application/json"})

    def reset_password(self, address: str, code: str, password: str) -> SessionDocument:
        """Have a password by a code, and a session as after :meth:`sign_in`."""
        return self._signed_in("POST", "account/reset", ByCodeWanted(address=address, code=code, password=password))

    def change_password(self, old: str, new: str) -> SessionDocument:
        """Have another password; all sessions but that of this client end."""
        return self._signed_in("PUT", "account/password", PasswordWanted(old=old, new=new))

    def account(self) -> AccountDocument:
        """One's own account."""
        return self.get(AccountDocument, "account")

    def choose_name(self, display: str) -> AccountDocument:
        """Say what others see instead of an address; ``""``: a name that is made of it."""
        return self.send(AccountDocument, "PATCH", "account", AccountChange(display=display))

    def _signed_in(self, method: str, path: str, body: msgspec.Struct) -> SessionDocument:
        opened = self.send(SessionDocument, method, path, body)
        self.enter_session(opened.csrf)
        return opened
