"""What a mail looks like, whatever people call themselves and their accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta

from controlplane.core.ids import new_id
from controlplane.mail import rendering
from controlplane.mail.message import Body, as_email, seal
from controlplane.mail.models import OutboxMessage
from controlplane.settings import settings

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "x\r\nBcc: everybody@example.com",
    "x\n\nClick http://evil.example",
    "x\u2028Bcc: everybody@example.com",
    "\u202egro.elpmaxe",
    "{{ plane_url }}{% raw %}",
    "</title><base href=//evil.example>",
)
AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
KNOWN: dict[str, object] = {"url": "https://cloud.example.com/?token=abc", "at": AT, "expires_at": AT}
FOLDER = Path(rendering.__file__).parent / "templates"
TEMPLATES = sorted({path.stem for path in FOLDER.iterdir()} - {"layout", "parts"})


def texts(template: str) -> set[str]:
    """The values a template asks for that people, or those who write to them, have chosen."""
    syntax = rendering._environment(escaped=True)
    asked = [meta.find_undeclared_variables(syntax.parse(file.read_text())) for file in FOLDER.glob(f"{template}.*")]
    return set.union(*asked) - {"button", "plane", "plane_url"} - KNOWN.keys()


def rendered(template: str, value: str) -> rendering.Content:
    return rendering.render(template, KNOWN | dict.fromkeys(texts(template), value))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_says_where_it_comes_from_why_and_what_to_do(template: str) -> None:
    mail = rendered(template, "plain")
    assert {path.suffix for path in FOLDER.glob(f"{template}.*")} == {".txt", ".html"}
    assert mail.subject
    for body in (mail.text, mail.html):
        assert settings().console_url in body
        assert "You get this mail because" in " ".join(body.split())
        assert re.search(r"(It was not you|This is not as it should be|You do not know \w+)\?", body)
    assert mail.html.startswith("<!doctype html>")
    assert "<" not in mail.text


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_people_write_stays_text(template: str) -> None:
    plain = rendered(template, "plain")
    for text in HOSTILE:
        mail = rendered(template, text)
        assert len(mail.subject.splitlines()) == 1
        assert len(mail.text.splitlines()) == len(plain.text.splitlines())
        assert re.findall(r"<[a-z/!][^>]*>", mail.html) == re.findall(r"<[a-z/!][^>]*>", plain.html)
        assert "\u202e" not in mail.subject + mail.text + mail.html
        assert len(mail.subject) <= rendering.SUBJECT_LENGTH


def test_a_link_cannot_leave_its_attribute() -> None:
    mail = rendering.render("password_reset", KNOWN | {"address": "", "url": 'https://x/"><script>alert(1)</script>'})
    assert "<script" not in mail.html


def test_a_value_forgotten_is_noticed() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.render("password_reset", {})


def row(**values: object) -> OutboxMessage:
    message_id = new_id("msg")
    known = {"message_id": message_id, "recipient": "ada@example.com", "subject": "s", "created_at": AT}
    body = seal(message_id, Body("text ünd\n", "<p>html</p>"))
    return OutboxMessage(**known | {"sealed_body": body} | values)


def test_the_message() -> None:
    message = row()
    email = as_email(message, "Restate Cloud <cloud@example.com>")
    assert (email["To"], email["From"], email["Subject"]) == (
        "ada@example.com",
        "Restate Cloud <cloud@example.com>",
        "s",
    )
    assert email["Message-ID"] == f"<{message.message_id}@127.0.0.1>"
    assert email["Auto-Submitted"] == "auto-generated"
    assert email.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in email.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("subject", ["a\r\nBcc: everybody@example.com", "a\nb"])
def test_no_subject_becomes_another_header(subject: str) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        as_email(row(subject=subject), "cloud@example.com")
