"""Links in the mails a test's plane has written."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from tests.controlplane.mailbox import last_body


def token(session: Session, email: str, kind: str) -> str:
    """Of the newest mail of this kind to this address."""
    found = re.search(r"\?token=(\w+)", last_body(session, email, kind).text)
    assert found
    return found[1]
