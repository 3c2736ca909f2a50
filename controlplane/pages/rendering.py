"""Templates (Jinja2, everything escaped) as pages with the policy that lets them run our modules and nothing else."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from controlplane.pages import agents, assets
from controlplane.pages.next_path import with_next
from controlplane.pages.visit import Json, Visit
from controlplane.settings import settings

# Forms are sent by our modules through fetch; a browser without scripts must not put a password into an address.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PRODUCT = "Self-hosted Restate Cloud"


def page(template: str, visit: Visit, values: Json | None = None, status: int = 200) -> HTMLResponse:
    """The template with `values` as a page for this visitor."""
    known = {"visit": visit, "origin": settings().console_url}
    text = _environment().get_template(template).render(known | (values or {}))
    return HTMLResponse(text, status, {"content-security-policy": POLICY})


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=assets.url, with_next=with_next, product=PRODUCT)
    environment.filters.update(moment=_moment, agent=agents.described, role=_role, coded=_coded)
    # All at once: while files are being replaced by a newer version, no page is half of each.
    for name in environment.list_templates():
        environment.get_template(name)
    return environment


def _moment(text: str | None) -> Markup:
    """An RFC 3339 time for people."""
    if not text:
        return Markup("<span>never</span>")
    time = datetime.fromisoformat(text).astimezone(UTC)
    return Markup('<time datetime="{}">{:%-d %b %Y, %H:%M} UTC</time>').format(text, time)


def _coded(text: str) -> Markup:
    """Escaped, with `code` between backticks."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just here


def _role(role: str) -> str:
    return f"an {role}" if role[0] in "ao" else f"a {role}"
