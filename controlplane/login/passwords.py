"""Passwords: argon2id (OWASP Password Storage Cheat Sheet).

Length, no composition rules, and none that guessers know (NIST SP 800-63B §3.1.1.2).
"""

import unicodedata
from functools import lru_cache

from pwdlib import PasswordHash

from controlplane.login import breached

MIN_LENGTH, MAX_LENGTH = 10, 256
_REST_LENGTH = 6


def checked(password: str, email: str) -> str:
    """The password in Unicode NFKC. Raises `ValueError` with the rule it breaks."""
    password = normalized(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ValueError(f"A password has at least {MIN_LENGTH} and at most {MAX_LENGTH} characters.")
    if len(set(password)) < 4:
        raise ValueError("A password needs at least four different characters.")
    if _is_mostly(password.lower(), email):
        raise ValueError("A password must not consist of your e-mail address.")
    if breached.is_known(password):
        raise ValueError(breached.RULE)
    return password


def normalized(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    return hasher().hash(normalized(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password; takes the same time when there is none to compare with."""
    verified = hasher().verify(normalized(password), stored or _nobodys())
    return verified and stored is not None


@lru_cache
def hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache
def _nobodys() -> str:
    return hasher().hash("the password of nobody")


def _is_mostly(password: str, email: str) -> bool:
    local_part = email.partition("@")[0]
    rest = password.replace(email, "").replace(local_part, "") if len(local_part) > 2 else password.replace(email, "")
    return rest != password and len(rest) < _REST_LENGTH
