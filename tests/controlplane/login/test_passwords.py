"""Hashing and the rule for passwords."""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash

from controlplane.login import passwords


def test_the_real_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """At least what OWASP asks for: argon2id, 19 MiB and two passes, or more."""
    real = PasswordHash.recommended()
    monkeypatch.setattr(passwords, "hasher", lambda: real)
    stored = passwords.hashed("correct horse battery")
    kind, _, parameters = stored.split("$")[1:4]
    values = dict(part.split("=") for part in parameters.split(","))
    assert kind == "argon2id"
    assert int(values["m"]) >= 19 * 1024
    assert int(values["t"]) >= 2
    assert passwords.matches("correct horse battery", stored)
    assert not passwords.matches("correct horse batterz", stored)


def test_two_spellings_of_the_same_characters_are_one_password() -> None:
    composed, decomposed = "pässwörter-über", "pa\u0308sswo\u0308rter-u\u0308ber"
    assert passwords.matches(decomposed, passwords.hashed(composed))


@pytest.mark.parametrize(
    ("password", "email"),
    [
        ("123456789", "ada@example.com"), ("abcabcabcabc", "ada@example.com"), ("grace.hopper1", "grace.hopper@x.org"),
        ("GRACE.HOPPER", "grace.hopper@x.org"), ("me@long.example.com", "me@long.example.com"),
    ],
)  # fmt: skip
def test_refused(password: str, email: str) -> None:
    with pytest.raises(ValueError, match="password"):
        passwords.checked(password, email)


@pytest.mark.parametrize(
    ("password", "email"),
    [
        ("0918273645", "ada@example.com"), ("a" * 252 + "bcde", "a@example.com"), ("demo-password-123", "demo@x.org"),
        ("          x1y2", "ada@example.com"), ("ünïcödé påss", "ada@example.com"),
    ],
)  # fmt: skip
def test_accepted(password: str, email: str) -> None:
    assert passwords.checked(password, email) == password
