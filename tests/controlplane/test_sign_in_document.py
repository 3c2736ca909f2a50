"""docs/sign-in.md names every setting of signing in, with the default it has."""

from __future__ import annotations

import re
from pathlib import Path

from controlplane.settings import Settings
from tests.support.database import ROOT

DOCUMENT = ROOT / "docs" / "sign-in.md"
ROW = re.compile(r"^\| (`CONTROLPLANE_[^|]+) \| ([^|]+) \|", re.MULTILINE)
# A setting whose name begins like this belongs into the table.
OF_SIGNING_IN = (
    "access_token", "session", "login", "signups", "waiting_devices", "verification", "password", "breached", "smtp",
    "mail", "public_", "tls", "loopback", "trusted", "accounts_per", "invitation", "open_invitations", "dns", "domain_",
)  # fmt: skip


def _told() -> dict[str, str]:
    """Default by variable."""
    told: dict[str, str] = {}
    for names, defaults in ROW.findall(DOCUMENT.read_text()):
        told |= dict(zip(names.split(", "), defaults.split(", "), strict=True))
    return told


def _default(value: object) -> str:
    return "–" if value is None or value == () else f"`{str(value).lower()}`"


def test_the_table_says_what_the_settings_say() -> None:
    fields = {f"`CONTROLPLANE_{name.upper()}`": field for name, field in Settings.model_fields.items()}
    told = _told()
    assert {name: _default(fields[name].default) for name in told} == told
    assert {name for name in fields if name.removeprefix("`CONTROLPLANE_").lower().startswith(OF_SIGNING_IN)} <= set(
        told
    )


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+\.md)?(#[^)]+)?\)", DOCUMENT.read_text()):
        target = DOCUMENT.parent / (link[0] or DOCUMENT.name)
        headings = {_anchor(line) for line in target.read_text().splitlines() if line.startswith("#")}
        assert not link[1] or link[1] in headings, link


def _anchor(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower())
    return "#" + words.replace(" ", "-")


def test_who_is_pointed_here() -> None:
    for other in ("README.md", "docs/mail.md", "docs/single-sign-on.md"):
        assert "sign-in.md" in Path(ROOT, other).read_text()
