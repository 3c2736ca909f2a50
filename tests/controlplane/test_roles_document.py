"""docs/roles.md says what the role table says."""

from __future__ import annotations

from controlplane.auth.permissions import Permission
from script.roles import WORDS, markdown
from tests.support.database import ROOT


def test_the_document_is_current() -> None:
    assert (ROOT / "docs" / "roles.md").read_text() == markdown()


def test_every_permission_is_in_words() -> None:
    assert set(WORDS) == set(Permission)


def test_it_links_to_what_there_is() -> None:
    for link in ("decisions/0009-invitations.md", "../README.md"):
        assert link in markdown()
        assert (ROOT / "docs" / link).exists()
