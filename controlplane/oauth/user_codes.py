"""What a person reads off one screen and types into another (RFC 8628 §6.1): eight letters, no vowels, no words."""

import secrets

from controlplane.core import tokens

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def new() -> str:
    """As it is shown: `WDJB-MJHT`, one of 20⁸."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def digest(typed: str) -> str:
    """The same for every way of typing the same letters: any case, dash and blanks anywhere or nowhere."""
    letters = "".join(character for character in typed.upper() if character.isalpha())
    return tokens.digest(f"user code {letters}")
