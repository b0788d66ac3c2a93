"""Mail: what is sent, how safely, what is tried again, and that nobody puts headers into it."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.errors import ConfigError, FetchError
from pltpack.server.accounts.mail import MAIL, deliver, has_mail, is_address, queue_mail
from pltpack.server.config import read_server_config
from pltpack.server.jobs.handlers import APART
from pltpack.server.jobs.queue import find_job
from pltpack.server.jobs.worker import Worker
from pltpack.server.problems import Problem
from tests.oracle.certificate import certified
from tests.server.mailbox import PASSWORD, USER, Mailbox, logged, mailbox, settings
from tests.server.running import Clock, Running, room

ANN = "ann@example.org"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def sending(tmp_path: Path, box: Mailbox) -> Iterator[Running]:
    """A room that sends mail there."""
    with room(tmp_path, settings(box), clock=Clock()) as found:
        yield found


def queue(server: Running, to: str = ANN, subject: str = "Hello", text: str = "One line.\n") -> int:
    with server.room.database.write() as connection:
        return queue_mail(connection, server.room, to, subject, text)


def state(server: Running, number: int) -> tuple[str, str | None]:
    with server.room.database.read() as connection:
        job = find_job(connection, number)
    assert job is not None
    return job.state, job.error


def move(server: Running, seconds: float) -> None:
    assert isinstance(server.room.clock, Clock)
    server.room.clock.now += seconds


class TestWhatIsSent:
    def test_a_mail(self, sending: Running, box: Mailbox) -> None:
        number = queue(sending, text="Grüße\n.\nhere\n" + "x" * 2000 + "\n")
        assert sending.work() == 1
        assert state(sending, number) == ("done", None)
        ((to, message),) = box.mails
        assert to == ANN
        assert message["From"] == "catalog@pkgs.example.org"
        assert message["To"] == ANN
        assert message["Subject"] == "Hello"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@pkgs.example.org>")
        assert message["Date"] == "Tue, 14 Nov 2023 22:13:20 -0000"
        assert box.text() == "Grüße\n.\nhere\n" + "x" * 2000 + "\n"

    def test_only_what_is_committed(self, sending: Running, box: Mailbox) -> None:
        with contextlib.suppress(RuntimeError), sending.room.database.write() as connection:
            queue_mail(connection, sending.room, ANN, "Hello", "text")
            raise RuntimeError
        assert sending.work() == 0
        assert box.mails == []

    def test_it_has_threads_of_its_own(self, sending: Running) -> None:
        """A mail server that says nothing holds up nothing else."""
        assert APART[MAIL](sending.room.config) == 1
        queue(sending)
        assert Worker(sending.room, kinds=["publish"]).run_all() == 0


INJECTED = [
    "ann@example.org\r\nBcc: eve@example.org",
    "ann@example.org\nBcc: eve@example.org",
    "ann@example.org\r",
    "ann@example.org\n",
    "ann@example.org,eve@example.org",
    "ann@example.org, eve@example.org",
    "Ann <ann@example.org>",
    "<ann@example.org>",
    "ann@example.org eve@example.org",
    "ann@example.org\0",
    "ann@example.org\u2028",
    "ann@exämple.org",
    "ånn@example.org",
    "ann@",
    "@example.org",
    "ann",
    "",
    "ann@example..org",
    "ann@-example.org",
    ".ann@example.org",
    "ann.@example.org",
    "a..n@example.org",
    '"a b"@example.org',
    "ann@[127.0.0.1]",
    "ann@example.org>\r\nRCPT TO:<eve@example.org",
    "x" * 65 + "@example.org",
    "ann@" + "x." * 120 + "org",
    "a@b@example.org",
]


class TestWhatIsNoAddress:
    @pytest.mark.parametrize("to", INJECTED)
    def test_nothing_is_sent_to_it(self, sending: Running, box: Mailbox, to: str) -> None:
        assert not is_address(to)
        with pytest.raises(Problem) as caught:
            queue(sending, to)
        assert caught.value.status == 422
        with pytest.raises(Problem):
            deliver(sending.room, to, "Hello", "text")
        assert sending.work() == 0
        assert box.mails == []

    @pytest.mark.parametrize("subject", ["", "a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\0", "x" * 201, "a\u2028b"])
    def test_a_subject_is_one_line(self, sending: Running, subject: str) -> None:
        with pytest.raises(Problem):
            queue(sending, subject=subject)

    def test_a_text_holds_no_header(self, sending: Running, box: Mailbox) -> None:
        queue(sending, text="\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<eve@example.org>\r\n")
        sending.work()
        ((_, message),) = box.mails
        assert message["Bcc"] is None
        assert box.text() == "\nBcc: eve@example.org\n\n.\nMAIL FROM:<eve@example.org>\n"

    @pytest.mark.parametrize("text", ["a@b.c", "a.b+c@x-y.example.org", "O'Hara@example.org", "A@EXAMPLE.ORG"])
    def test_what_is_one(self, text: str) -> None:
        assert is_address(text)


class TestFailures:
    @pytest.mark.parametrize("answer", ["451 later", "421 too busy"])
    def test_what_may_go_well_later(
        self, sending: Running, box: Mailbox, answer: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        box.refuse = f"{answer} {ANN}"
        number = queue(sending)
        assert sending.work() == 1
        told, error = state(sending, number)
        assert told == "queued"
        assert error is not None
        assert answer[:3] in error
        assert ANN not in error + logged(caplog)
        box.refuse = ""
        assert sending.work() == 0, "not at once"
        move(sending, 3600)
        assert sending.work() == 1
        assert state(sending, number)[0] == "done"
        assert len(box.mails) == 1

    @pytest.mark.parametrize("part", ["refuse", "refuse_data"])
    def test_what_is_refused_for_good(
        self, sending: Running, box: Mailbox, part: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        setattr(box, part, f"550 no {ANN} here")
        number = queue(sending)
        caplog.set_level(logging.INFO)
        assert sending.work() == 1
        assert state(sending, number) == ("done", None)
        assert "550" in logged(caplog)
        assert ANN not in logged(caplog)

    def test_no_mail_server(self, tmp_path: Path) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # and nobody listens there, as long as it is ours
            with room(tmp_path, settings(Mailbox(closed.getsockname()[1])), clock=Clock()) as server:
                number = queue(server)
                server.work()
                told, error = state(server, number)
        assert told == "queued"
        assert "cannot be" in (error or "")

    def test_no_mail_at_all(self, tmp_path: Path) -> None:
        with room(tmp_path) as server:
            assert not has_mail(server.room)


class TestSafety:
    def secrets(self, folder: Path) -> tuple[str, ...]:
        (folder / "server").mkdir()
        (folder / "server" / "mail-password").write_text(f"{PASSWORD}\n")
        return f'user = "{USER}"', 'password_file = "mail-password"', f'authority = "{folder}/certificate.pem"'

    @pytest.mark.parametrize("kind", ["starttls", "tls"])
    def test_a_password_over_tls(self, tmp_path: Path, kind: str) -> None:
        context, _ = certified(tmp_path)
        with (
            mailbox(**{kind: context}) as box,
            room(tmp_path, settings(box, *self.secrets(tmp_path), security=kind)) as server,
        ):
            assert deliver(server.room, ANN, "Hello", "text")
            assert box.logins == 1
            assert len(box.mails) == 1

    @pytest.mark.parametrize("kind", ["starttls", "tls"])
    def test_a_certificate_that_nobody_trusts(self, tmp_path: Path, kind: str) -> None:
        context, _ = certified(tmp_path)
        with mailbox(**{kind: context}) as box, room(tmp_path, settings(box, security=kind)) as server:
            with pytest.raises(FetchError):
                deliver(server.room, ANN, "Hello", "text")
            assert box.mails == []

    def test_a_server_that_speaks_no_tls(self, tmp_path: Path, box: Mailbox) -> None:
        with room(tmp_path, settings(box, security="starttls")) as server:
            with pytest.raises(FetchError):
                deliver(server.room, ANN, "Hello", "text")
            assert box.mails == []

    def test_a_password_that_is_wrong(self, tmp_path: Path) -> None:
        context, _ = certified(tmp_path)
        more = self.secrets(tmp_path)
        (tmp_path / "server" / "mail-password").write_text("wrong")
        with mailbox(starttls=context) as box, room(tmp_path, settings(box, *more, security="starttls")) as server:
            with pytest.raises(FetchError) as caught:
                deliver(server.room, ANN, "Hello", "text")
            assert PASSWORD not in str(caught.value)
            assert "wrong" not in str(caught.value)
            assert box.mails == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[mail]\nhost = "h"', "mail.sender"),
        ('[mail]\nhost = "h"\nsender = "no address"', "mail.sender"),
        ('[mail]\nhost = "h"\nsender = "a@b.c\\r\\nBcc: d@e.f"', "mail.sender"),
        ('[mail]\nhost = "h"\nsender = "a@b.c"\nsecurity = "ssl"', "mail.security"),
        ('[mail]\nhost = "mail.example.org"\nsender = "a@b.c"\nsecurity = "none"\nuser = "x"', "mail.security"),
        ("[accounts]\nregister = true", "accounts.register"),
        ('[accounts]\nrole = "admin"', "accounts.role"),
    ],
)
def test_what_cannot_be_set(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "server.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_server_config(path)
