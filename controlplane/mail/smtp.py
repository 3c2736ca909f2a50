"""One message to one SMTP server (RFC 5321), over TLS wherever the server is not this machine (RFC 3207, 8314)."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

_TIMEOUT_SECONDS = 15
_PORTS = {"smtp": 587, "smtps": 465}


class Unavailable(Exception):
    """It did not work now and may later: no connection, no TLS, wrong credentials, a 4xx answer."""


class Refused(Exception):
    """This message will never be accepted: a 5xx answer, or an address that cannot be sent to."""


@dataclass(frozen=True)
class Server:
    """`tls` is `implicit` (smtps), `starttls` (demanded before anything is said) or `none` (this machine only)."""

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = None

    @staticmethod
    def of(url: str) -> "Server":
        """From `smtp://user:password@host:port` or `smtps://…`."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        tls = "implicit" if parts.scheme == "smtps" else "none" if _is_this_machine(host) else "starttls"
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        return Server(host, parts.port or _PORTS[parts.scheme], tls, user, password)

    def deliver(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Raises `Unavailable`, `Refused`."""
        try:
            with self._connected() as connection:
                connection.send_message(message, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[recipient]
            raise _judged(code, said) from error
        except smtplib.SMTPSenderRefused as error:
            # Of the plane's own address or of its credentials, never of one message.
            raise Unavailable(f"{error.smtp_code} {_text(error.smtp_error)}") from error
        except smtplib.SMTPResponseException as error:
            raise _judged(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(f"{self.host} cannot take this message: {error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"{self.host}:{self.port} did not take it: {error}") from error

    def check(self) -> None:
        """Connect and log in, and send nothing. Raises `Unavailable`."""
        try:
            with self._connected() as connection:
                connection.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"{self.host}:{self.port}: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        connection = self._opened(context)
        try:
            self._introduce(connection, context)
        except BaseException:
            connection.close()
            raise
        return connection

    def _opened(self, context: ssl.SSLContext) -> smtplib.SMTP:
        try:
            if self.tls == "implicit":
                return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_SECONDS, context=context)
            return smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        except smtplib.SMTPResponseException as error:
            raise _not_this_message(error) from error

    def _introduce(self, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
        try:
            connection.ehlo_or_helo_if_needed()
            if self.tls == "starttls":
                if not connection.has_extn("starttls"):
                    raise smtplib.SMTPException("it offers no STARTTLS, and nothing is sent in the clear")
                connection.starttls(context=context)
                connection.ehlo()
            if self.user is not None:
                connection.login(self.user, self.password or "")
        except smtplib.SMTPResponseException as error:
            raise _not_this_message(error) from error


def _not_this_message(error: smtplib.SMTPResponseException) -> smtplib.SMTPException:
    """Also a 5xx: whoever operates the plane mends the credentials, and the mail is still wanted."""
    return smtplib.SMTPException(f"it let nobody in ({error.smtp_code} {_text(error.smtp_error)})")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _judged(code: int, said: bytes | str) -> Refused | Unavailable:
    kind = Refused if 500 <= code < 600 else Unavailable
    return kind(f"{code} {_text(said)}")


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
