"""Challenges of WebAuthn ceremonies: random, short-lived, answered once, each bound to what it was made for.

An answer repeats its challenge in `clientDataJSON`. We keep only a digest over challenge, purpose and binding, so
that an answer given anywhere else, or twice, leads to no row.
"""

import json
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from controlplane.core import clock, tokens
from controlplane.second_factors import repository
from controlplane.second_factors.errors import PasskeyChallengeOver
from controlplane.second_factors.models import PasskeyChallenge

LASTING = timedelta(minutes=5)
MILLISECONDS = int(LASTING.total_seconds() * 1000)
Json = dict[str, Any]


class Purpose(StrEnum):
    REGISTER = "register"
    SECOND_FACTOR = "second_factor"
    LOGIN = "login"


def begin(session: Session, purpose: Purpose, binding: str) -> bytes:
    """A new challenge of 32 random bytes (WebAuthn §13.4.3 asks for 16)."""
    challenge = secrets.token_bytes(32)
    row = PasskeyChallenge(digest=_digest(purpose, binding, challenge), expires_at=clock.now() + LASTING)
    session.add(row)
    return challenge


def redeem(session: Session, purpose: Purpose, binding: str, credential: Json) -> bytes:
    """The challenge that `credential` answers, if made for this purpose and binding. Raises `PasskeyChallengeOver`."""
    challenge = _answered(credential)
    if challenge is None or not repository.take_challenge(session, _digest(purpose, binding, challenge), clock.now()):
        raise PasskeyChallengeOver
    return challenge


def _answered(credential: Json) -> bytes | None:
    try:
        client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(client_data["challenge"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _digest(purpose: Purpose, binding: str, challenge: bytes) -> str:
    return tokens.digest(f"{purpose}:{binding}:{bytes_to_base64url(challenge)}")
