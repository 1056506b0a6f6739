"""E-mail out, by SMTP with TLS. Everything here blocks."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

from orderguard.bilingual import Bilingual
from orderguard.errors import ActionFailure, ActionRefused, BadInput, MaybeDone, NotDone

BUSY_S = 60.0
RECIPIENTS_MAX = 50

_PORTS = {"smtps": 465, "smtp": 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `smtps`: TLS from the first byte; `smtp`: by STARTTLS.

    `is_plain`: no TLS at all, for a server on this machine.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str
    is_plain: bool = False


def read_server(url: str, user: str, password: str) -> MailServer:
    """Raise BadInput for what is no smtps://HOST:PORT or smtp://HOST:PORT."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.path.strip("/"):
        raise BadInput(
            Bilingual("This is no address of a mail server.", "这不是邮件服务器的地址。"),
            hint=Bilingual(
                "Write smtps://HOST:465, or smtp://HOST:587 for STARTTLS; the user apart.",
                "请写成 `smtps://主机:465`，用 STARTTLS 则写 `smtp://主机:587`；用户名另填。",
            ),
        )
    is_plain = parts.scheme == "smtp" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    port = _PORTS[parts.scheme] if port is None else port
    return MailServer(parts.scheme, parts.hostname, port, user, password, is_plain)


def hand_over(server: MailServer, message: EmailMessage, seconds_max: float) -> str:
    """Give the message to the server; its last words. Raise as an action's `run` does."""
    sender = str(message["from"].addresses[0].addr_spec)
    recipients = [one.addr_spec for one in message["to"].addresses]
    with _before_the_text(server), contextlib.ExitStack() as stack:
        smtp = _connect(server, seconds_max)
        stack.callback(smtp.close)
        if server.user:
            smtp.login(server.user, server.password)
        _check(server, smtp.mail(sender))
        for recipient in recipients:
            _check(server, smtp.rcpt(recipient))
        stack.pop_all()
    try:
        code, words = smtp.data(message.as_bytes())
    except smtplib.SMTPDataError as error:  # It refused to hear the text.
        raise _failure(server, error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MaybeDone(
            f"{server.host} was given the mail, and its answer is not known.",
            hint="Look in the mailbox.",
        ) from error
    finally:
        smtp.close()
    _check(server, (code, words))
    return words.decode("utf-8", "replace")


@contextlib.contextmanager
def _before_the_text(server: MailServer) -> Iterator[None]:
    """Until the text is given, whatever breaks, nothing was sent."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise ActionRefused(
            f"{server.host} refused the user.", hint="Compare `user` and `secret`."
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(server, error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotDone(
            f"{server.host} was not reached ({type(error).__name__}).", hint="Nothing was sent."
        ) from error


def _connect(server: MailServer, seconds_max: float) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds_max, context=tls)
    smtp = smtplib.SMTP(server.host, server.port, timeout=seconds_max)
    try:
        if not server.is_plain:
            smtp.starttls(context=tls)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _check(server: MailServer, answer: tuple[int, bytes]) -> None:
    if answer[0] >= 400:
        raise _failure(server, answer[0])


def _failure(server: MailServer, code: int) -> ActionFailure:
    if code >= 500:
        return ActionRefused(
            f"{server.host} refused the mail with {code}.",
            hint="Compare `sender` and `to` with what the mail server permits.",
        )
    return NotDone(
        f"{server.host} takes no mail now ({code}).", hint="Nothing was sent.", retry_after_s=BUSY_S
    )
