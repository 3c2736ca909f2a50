"""E-mail addresses and names of people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.core.schema import printable
from controlplane.users import service
from controlplane.users.models import User
from controlplane.users.schemas import normalized_email


@given(st.emails())
def test_the_stored_form_is_stable(email: str) -> None:
    try:
        stored = normalized_email(email)
    except ValueError:
        return
    assert normalized_email(stored) == stored == stored.lower()
    assert normalized_email(email.upper()) == stored or not email.isascii()


@given(st.text(max_size=60))
def test_whatever_is_sent_gives_an_address_or_the_reason(text: str) -> None:
    try:
        assert "@" in normalized_email(text)
    except ValueError as error:
        assert str(error).startswith("This is not an e-mail address")  # noqa: PT017


@given(st.text(max_size=20))
def test_names_of_people(text: str) -> None:
    try:
        name = printable(text)
    except ValueError:
        return
    assert name == name.strip()
    assert printable(name) == name
    assert "\u0000" not in name


def test_a_refused_address_leaves_the_transaction_usable(session: Session) -> None:
    service.create(session, "ada@example.com", None, None)
    with pytest.raises(service.EmailTaken):
        service.create(session, "ada@example.com", None, None)
    service.create(session, "bob@example.com", "Bob", None)
    assert session.scalars(select(User.email).order_by(User.email)).all() == ["ada@example.com", "bob@example.com"]
