"""A mail server of the tests, at a free port of this machine: it keeps what is sent to it, or refuses it."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "pkgs", "sesame, open"


@dataclass
class Mailbox:
    """What has come: ``mails``, each with the address that it was for; ``refuse`` is what is answered to a recipient
    instead of taking them, ``refuse_data`` to a whole mail."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: str = ""
    refuse_data: str = ""
    logins: int = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails += [(address, message) for address in envelope.rcpt_tos]
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        good = data == LoginPassword(USER.encode(), PASSWORD.encode())
        self.logins += good
        return AuthResult(success=good)

    def code(self) -> str:
        """The code in the last mail."""
        found = re.search(r"^ +([0-9a-f]{4}(?:-[0-9a-f]{4}){7})$", self.text(), re.MULTILINE)
        assert found is not None
        return found[1]

    def text(self) -> str:
        """The text of the last mail."""
        return str(self.mails[-1][1].get_content()).replace("\r\n", "\n")


@contextmanager
def mailbox(*, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server, which stops with the block; with ``starttls`` or ``tls`` it also wants a password."""
    box = Mailbox()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    box.port = listening.getsockname()[1]
    loop = asyncio.new_event_loop()
    secure = starttls is not None or tls is not None
    talks: list[SMTP] = []

    def protocol() -> SMTP:
        talks.append(
            SMTP(
                box,
                loop=loop,
                hostname="mail.example.org",
                enable_SMTPUTF8=True,
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=box.authenticate if secure else None,
                auth_required=starttls is not None,
                auth_require_tls=starttls is not None,
            )
        )
        return talks[-1]

    async def talk(connection: socket.socket) -> None:
        # A client that does not trust the certificate goes away.
        with contextlib.suppress(OSError):
            await loop.connect_accepted_socket(protocol, connection, ssl=tls)

    async def accept(greeted: list[asyncio.Task[None]]) -> None:
        while True:
            connection, _ = await loop.sock_accept(listening)
            greeted.append(loop.create_task(talk(connection)))

    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        greeted: list[asyncio.Task[None]] = []
        accepting = loop.create_task(accept(greeted))
        ready.set()
        await stop.wait()
        accepting.cancel()
        await asyncio.gather(accepting, *greeted, return_exceptions=True)
        for smtp in talks:
            if isinstance(smtp.transport, asyncio.WriteTransport):
                smtp.transport.abort()
        # What was cut off is closed, and who waits for it told, in the next rounds of the loop.
        for _ in range(10):
            await asyncio.sleep(0)
        others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=run, name="mailbox")
    thread.start()
    ready.wait()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        listening.close()


def settings(box: Mailbox, *more: str, security: str = "none") -> str:
    """The part of a configuration that sends mail there."""
    lines = ["[mail]", 'host = "127.0.0.1"', f"port = {box.port}", f'security = "{security}"']
    return "\n".join([*lines, 'sender = "catalog@pkgs.example.org"', *more])


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the server has logged; this mail server logs all that is said."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
