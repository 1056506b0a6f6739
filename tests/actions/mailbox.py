"""A mail server on this machine."""

import asyncio
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"


class Mailbox:
    """Keeps what it is given. `answers`: what it says to a command in place of its own words."""

    def __init__(self, password: str = "") -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: dict[str, str] = {}
        self.hangs_up = False
        self.password = password
        self._controller = Controller(
            self,
            hostname=HOST,
            port=_free_port(),
            authenticator=self._authenticate if password else None,
            auth_require_tls=False,
        )
        self._controller.start()
        self._is_open = True
        self.url = f"smtp://{HOST}:{self._controller.port}"

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._controller.stop()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so.
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so.
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so.
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.get("DATA", "250 taken")
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients += envelope.rcpt_tos
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    def _authenticate(self, *arguments: Any) -> AuthResult:
        given = arguments[-1]
        is_right = isinstance(given, LoginPassword) and given.password == self.password.encode()
        return AuthResult(success=is_right, handled=False)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port
