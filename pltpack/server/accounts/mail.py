"""Mail: put in the queue by the transaction that gives rise to it, and sent by a worker over SMTP.

Nothing waits for a mail server but the worker's thread for mail. Neither the log nor a job's error names an address.
"""

from __future__ import annotations

import email.policy
import logging
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from sqlalchemy.engine import Connection

from pltpack.errors import FetchError
from pltpack.server.config import ADDRESS, MailSection
from pltpack.server.jobs.queue import Job, add_job
from pltpack.server.problems import unprocessable
from pltpack.server.room import Room

_log = logging.getLogger("pltpack.server.mail")

MAIL: Final = "mail"
"""The kind of job that sends a mail."""
_SUBJECT: Final = 200


def has_mail(room: Room) -> bool:
    """Whether the server sends mail at all."""
    return bool(room.config.mail.host)


def is_address(text: str) -> bool:
    """Whether a text is one address of mail, of ASCII alone, and no more."""
    return re.fullmatch(ADDRESS, text) is not None and len(text) <= 200 and len(text.rpartition("@")[0]) <= 64


def queue_mail(connection: Connection, room: Room, to: str, subject: str, text: str) -> int:
    """Have a mail sent once the transaction is committed; the number of the job. Call ``room.wake.set()`` after it.

    It is kept with the jobs for a while: it must hold no secret. Raises :class:`~pltpack.server.problems.Problem` for
    what is no address or no subject.
    """
    _check(to, subject)
    return add_job(room, connection, MAIL, payload={"to": to, "subject": subject, "text": text})


def send_queued(room: Room, job: Job) -> dict[str, object]:
    """Send the mail of a job. Raises as :func:`deliver`."""
    deliver(room, *(str(job.payload[name]) for name in ("to", "subject", "text")))
    return {}


def deliver(room: Room, to: str, subject: str, text: str) -> bool:
    """Send a mail now; whether the mail server has taken it: what it refuses for good is not tried again.

    Raises :class:`~pltpack.errors.FetchError` for what may go well later, :class:`~pltpack.server.problems.Problem` for
    what is no address or no subject, ``OSError`` if the file with the password cannot be read.
    """
    _check(to, subject)
    settings = room.config.mail
    where = f"{settings.host}:{settings.port}"
    message = _message(settings.sender, to, subject, text, time=room.clock())
    try:
        _send(room, settings, message, to)
    except smtplib.SMTPRecipientsRefused as error:
        code = max((reply[0] for reply in error.recipients.values()), default=0)
        return _refused(where, code)
    except smtplib.SMTPDataError as error:
        return _refused(where, error.smtp_code)
    except smtplib.SMTPResponseException as error:
        raise FetchError(f"the mail server said {error.smtp_code}", file=where) from None
    except (smtplib.SMTPException, ssl.SSLError) as error:
        raise FetchError(f"the mail server cannot be used: {type(error).__name__}", file=where) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FetchError(f"the mail server cannot be reached: {reason}", file=where) from None
    return True


def _refused(where: str, code: int) -> bool:
    if not 500 <= code < 600:
        raise FetchError(f"the mail server said {code}", file=where)
    _log.warning("a mail was refused for good: %s said %d", where, code)
    return False


def _check(to: str, subject: str) -> None:
    """A header comes from nobody but us: what ends one is in no address and no subject."""
    if not is_address(to):
        raise unprocessable("this is no address of mail")
    if not subject.isprintable() or not 0 < len(subject) <= _SUBJECT:
        raise unprocessable("a subject is one line")


def _message(sender: str, to: str, subject: str, text: str, *, time: float) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate(time)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # nobody is on holiday for it (RFC 3834)
    message.set_content(text)
    return message


def _send(room: Room, settings: MailSection, message: EmailMessage, to: str) -> None:
    password = _password(room, settings)
    with _connection(room, settings) as server:
        if settings.user:
            server.login(settings.user, password)
        server.send_message(message, settings.sender, [to])


def _connection(room: Room, settings: MailSection) -> smtplib.SMTP:
    """A connection as the configuration says; never one that is less safe because the other side wants that."""
    if settings.security == "none":
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.seconds)
    context = ssl.create_default_context()
    if settings.authority:
        context.load_verify_locations(room.places.config.parent / settings.authority)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.seconds, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=settings.seconds)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _password(room: Room, settings: MailSection) -> str:
    if not settings.password_file:
        return ""
    return (room.places.config.parent / settings.password_file).read_text("utf-8").partition("\n")[0].strip("\r")
