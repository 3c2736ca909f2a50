"""Passwords that guessers know: the shipped list, and a file as Have I Been Pwned gives it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from controlplane import doctor
from controlplane.login import breached, passwords
from tests.controlplane.people import API, PASSWORD

Configure = Callable[..., None]


def digest(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def write(path: Path, known: list[str], end: str = "\r\n") -> Path:
    lines = sorted(f"{digest(password)}:{len(password)}{end}" for password in known)
    path.write_bytes("".join(lines).encode())
    return path


@pytest.mark.parametrize("password", ["password123", "PASSWORD123", "PassWord123", "1234567890", "qwertyuiop"])
def test_common_ones_are_refused_in_any_case(password: str) -> None:
    with pytest.raises(ValueError, match="leaked and common"):
        passwords.checked(password, "ada@example.com")


def test_those_of_examples_and_tests_are_not_among_them() -> None:
    for password in (PASSWORD, "correct horse battery staple", "choose a long one"):
        assert not breached.is_known(password)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_line_of_a_file_is_found_and_nothing_else(tmp_path: Path, end: str) -> None:
    known = [f"leaked password {number}" for number in range(500)]
    path = write(tmp_path / "list.txt", known, end)
    assert all(breached.contains(path, password) for password in known)
    assert not any(breached.contains(path, f"unknown password {number}") for number in range(500))


def test_a_last_line_without_an_end(tmp_path: Path) -> None:
    path = write(tmp_path / "list.txt", ["first leaked", "second leaked"])
    path.write_bytes(path.read_bytes().rstrip())
    assert breached.contains(path, "first leaked")
    assert breached.contains(path, "second leaked")


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(known=st.sets(st.text(min_size=1, max_size=12), max_size=30), asked=st.text(max_size=12))
def test_it_agrees_with_reading_it_all(tmp_path: Path, known: set[str], asked: str) -> None:
    path = write(tmp_path / "list.txt", sorted(known))
    assert breached.contains(path, asked) == (asked in known)
    assert all(breached.contains(path, password) for password in known)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(content=st.binary(max_size=400))
def test_whatever_the_file_holds_the_search_ends(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    assert breached.contains(path, "anything") in {True, False}


def test_few_reads_in_a_large_file(tmp_path: Path) -> None:
    path = write(tmp_path / "list.txt", [f"leaked password {number}" for number in range(20_000)])
    with path.open("rb") as file:
        assert len(list(breached._narrowing(file, digest("unknown password").encode()))) <= 25


def test_a_leaked_password_is_refused_at_the_door(client: TestClient, configured: Configure, tmp_path: Path) -> None:
    configured(breached_passwords_file=write(tmp_path / "list.txt", ["not common but leaked"]))
    body = {"email": "ada@example.com", "password": "not common but leaked"}
    refused = client.post(f"{API}/auth/signup", json=body)
    assert refused.status_code == 422
    assert breached.RULE in refused.json()["message"]
    assert "not common but leaked" not in refused.text
    assert client.post(f"{API}/auth/signup", json=body | {"password": PASSWORD}).status_code == 201


def test_a_file_that_is_gone_keeps_nobody_out_and_is_noticed(configured: Configure, tmp_path: Path) -> None:
    configured(breached_passwords_file=tmp_path / "gone.txt")
    assert passwords.checked(PASSWORD, "ada@example.com") == PASSWORD
    with pytest.raises(doctor.Unwell, match="unset the variable"):
        doctor._passwords()


@pytest.mark.parametrize("content", ["", "hello\n", "0" * 40, "Z" * 40 + ":1\n", "0" * 39 + ":12\n"])
def test_a_file_that_is_no_list_is_noticed(configured: Configure, tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(content)
    configured(breached_passwords_file=path)
    with pytest.raises(doctor.Unwell, match="no list ordered by SHA-1"):
        doctor._passwords()


def test_a_file_that_is_one(configured: Configure, tmp_path: Path) -> None:
    configured(breached_passwords_file=write(tmp_path / "list.txt", ["leaked"]))
    assert str(tmp_path) in doctor._passwords()
