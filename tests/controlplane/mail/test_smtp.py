"""Talking to mail servers: TLS wherever it is not this machine, credentials over TLS only, and what each no means."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import ValidationError

from controlplane import doctor
from controlplane.mail.smtp import Refused, Server, Unavailable
from controlplane.settings import settings
from tests.support.certificates import Authority
from tests.support.smtp_sink import Sink

Configure = Callable[..., None]


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server whose certificate this process trusts."""
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(["127.0.0.1"]))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    return context


def message() -> EmailMessage:
    made = EmailMessage()
    made["To"], made["From"], made["Subject"] = "ada@example.com", "cloud@example.com", "s"
    made.set_content("text")
    return made


def deliver(server: Server) -> None:
    server.deliver(message(), "cloud@example.com", "ada@example.com")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", Server("mail.example.com", 587, "starttls")),
        ("smtp://mail.example.com:25", Server("mail.example.com", 25, "starttls")),
        ("smtps://mail.example.com", Server("mail.example.com", 465, "implicit")),
        ("smtp://u%40x:p%3A%2F@10.0.0.1", Server("10.0.0.1", 587, "starttls", "u@x", "p:/")),
        ("smtp://localhost:2525", Server("localhost", 2525, "none")),
        ("smtp://127.0.0.2:2525", Server("127.0.0.2", 2525, "none")),
        ("smtp://[::1]:2525", Server("::1", 2525, "none")),
        ("smtp://localhost.example.com", Server("localhost.example.com", 587, "starttls")),
        ("smtps://127.0.0.1", Server("127.0.0.1", 465, "implicit")),
    ],
)
def test_how_a_server_is_reached(url: str, server: Server) -> None:
    assert Server.of(url) == server


def test_starttls(tls: ssl.SSLContext) -> None:
    with Sink(options={"tls_context": tls, "require_starttls": True}) as sink:
        server = replace(Server.of(sink.url), tls="starttls")
        server.check()
        deliver(server)
    assert len(sink.messages) == 1


def test_nothing_is_sent_in_the_clear() -> None:
    with Sink() as sink, pytest.raises(Unavailable, match="STARTTLS"):
        deliver(replace(Server.of(sink.url), tls="starttls", user="u", password="right"))
    assert (sink.messages, sink.logins) == ([], [])


def test_a_certificate_nobody_vouches_for_is_refused(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with Sink(options={"tls_context": tls}) as sink, pytest.raises(Unavailable, match="certificate"):
        deliver(replace(Server.of(sink.url), tls="starttls", user="u", password="right"))
    assert (sink.messages, sink.logins) == ([], [])


def test_implicit_tls(tls: ssl.SSLContext) -> None:
    with Sink(options={"ssl_context": tls}) as sink:
        deliver(replace(Server.of(sink.url), tls="implicit"))
    assert len(sink.messages) == 1


def test_a_server_that_demands_tls_of_a_client_without(tls: ssl.SSLContext) -> None:
    with Sink(options={"tls_context": tls, "require_starttls": True}) as sink, pytest.raises(Unavailable):
        deliver(Server.of(sink.url))
    assert sink.messages == []


def test_credentials(tls: ssl.SSLContext) -> None:
    sink = Sink()
    sink.options = {"tls_context": tls, "auth_required": True, "authenticator": sink.authenticate}
    with sink:
        server = replace(Server.of(sink.url), tls="starttls", user="cloud", password="right")
        deliver(server)
        # Wrong ones are the operator's to mend, and no fault of the mail.
        with pytest.raises(Unavailable, match="535"):
            deliver(replace(server, password="wrong"))
        with pytest.raises(Unavailable, match="535"):
            replace(server, password="wrong").check()
    assert sink.logins[0] == (b"cloud", b"right")
    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    ("answer", "kind"), [("550 no", Refused), ("452 full", Unavailable), ("554 5.7.1 spam", Refused)]
)
def test_what_a_no_means(answer: str, kind: type[Exception]) -> None:
    with Sink({"ada@example.com": answer}) as sink, pytest.raises(kind, match=answer):
        deliver(Server.of(sink.url))


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        deliver(Server.of("smtp://127.0.0.1:1"))


@pytest.mark.parametrize(
    "url", ["http://mail.example.com", "mail.example.com:587", "smtp://", "smtp://u:hunter2@:587", "smtp://x:0"]
)
def test_settings_that_are_no_server(configured: Configure, url: str) -> None:
    configured(smtp_url=url, mail_from="cloud@example.com")
    with pytest.raises(ValidationError, match="smtp_url") as refused:
        settings()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@example.com\nBcc: b@example.com"])
def test_senders_that_are_none(configured: Configure, sender: str) -> None:
    configured(smtp_url="smtp://mail.example.com", mail_from=sender)
    with pytest.raises(ValidationError, match="mail_from"):
        settings()


def test_the_password_is_in_no_text_of_the_settings(configured: Configure) -> None:
    configured(smtp_url="smtp://u:hunter2@mail.example.com", mail_from="cloud@example.com")
    assert "hunter2" not in repr(settings())


def test_the_doctor_looks(sink: Sink) -> None:
    assert doctor._mail() == f"127.0.0.1:{sink.port} answers; mail comes from Restate Cloud <cloud@example.com>"
    sink.stop()
    with pytest.raises(doctor.Unwell, match="CONTROLPLANE_SMTP_URL"):
        doctor._mail()
    sink.start()
    assert "answers" in doctor._mail()
