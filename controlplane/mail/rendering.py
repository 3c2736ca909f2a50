"""From a template's name and its values to a subject, a text and a page of HTML.

A template `x` is two files: `x.txt`, whose block `subject` is the subject, and `x.html`, where everything is escaped.
Values come from people, hostile ones among them: none of them ends a line of the subject or the text.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from controlplane.settings import settings

SUBJECT_LENGTH = 200
_NOT_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Content:
    """What a mail says; `text` and `html` say the same."""

    subject: str
    text: str
    html: str


def render(template: str, values: dict[str, object]) -> Content:
    """Raises `jinja2.UndefinedError` when a value the template needs is missing."""
    url = settings().console_url
    known = {"plane_url": url, "plane": urlsplit(url).netloc} | values
    text = _environment(escaped=False).get_template(f"{template}.txt")
    subject = "".join(text.blocks["subject"](text.new_context(known)))
    html = _environment(escaped=True).get_template(f"{template}.html")
    return Content(" ".join(subject.split())[:SUBJECT_LENGTH], text.render(known), html.render(known))


@lru_cache
def _environment(*, escaped: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=escaped,  # noqa: S701 - the text of a mail is no HTML
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    return environment


def _one_line(value: object) -> object:
    """No value brings lines, control or direction characters of its own (RFC 5322 §2.2, CVE-2021-42574)."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(" " if unicodedata.category(one) in _NOT_SHOWN else one for one in value)


def _moment(time: datetime) -> str:
    return f"{time:%-d %b %Y, %H:%M} UTC"
