"""Whose address counts behind a proxy, and that nobody chooses their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from tests.controlplane.people import API, PASSWORD

TRUSTED = "10.0.0.0/8, 2001:db8::/32"


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        # Written by the client itself, before the proxy added what it saw.
        ("10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "10.9.9.9, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:dead::1]:4711", "2001:dead::1"),
        ("10.0.0.1", "2001:dead::1", "2001:dead::1"),
        ("2001:db8::5", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.7", "10.0.0.7"),
        # Not from a proxy of ours: the header is what anybody writes.
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
    ],
)
def test_whose_address_counts(
    app: FastAPI, session: Session, configured: Callable[..., None], peer: str, forwarded: str, seen: str
) -> None:
    configured(trusted_proxies=TRUSTED)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=(peer, 1)) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        headers = {"x-forwarded-for": forwarded}
        assert client.post(f"{API}/auth/signup", json=body, headers=headers).status_code == 201
    assert session.scalars(select(AuditEvent.address)).all() == [seen]


def test_two_headers_are_one_list(app: FastAPI, session: Session, configured: Callable[..., None]) -> None:
    configured(trusted_proxies=TRUSTED)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("10.0.0.1", 1)) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        headers = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "203.0.113.9")]
        assert client.post(f"{API}/auth/signup", json=body, headers=headers).status_code == 201
    assert session.scalars(select(AuditEvent.address)).all() == ["203.0.113.9"]


def test_without_the_setting_nobody_is_believed(app: FastAPI, session: Session) -> None:
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 1)) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        client.post(f"{API}/auth/signup", json=body, headers={"x-forwarded-for": "203.0.113.9"})
    assert session.scalars(select(AuditEvent.address)).all() == ["127.0.0.1"]
