"""Ten codes that each sign in once, when the authenticator app and the passkeys are out of reach."""

import secrets

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, tokens
from controlplane.core.ids import ALPHABET
from controlplane.second_factors import notices, repository
from controlplane.second_factors.errors import FactorNeeded
from controlplane.second_factors.models import RecoveryCode

COUNT = 10
# Two groups of five of 32 letters and digits: 50 bits. What is misread (Crockford's base32) is put right.
_GROUP = 5
_MISREAD = str.maketrans("oil", "011")


def renew(session: Session, by: Principal) -> list[str]:
    """A new set, shown this once; the codes of the old one are worthless. Raises `FactorNeeded`."""
    user = repository.user_locked(session, by.user_id)
    if user.second_factor_since is None:
        raise FactorNeeded
    audit.record(session, by, "recovery_codes.renew", by.user_id)
    notices.send(session, user, notices.CODES_RENEWED)
    return replace(session, by.user_id)


def replace(session: Session, user_id: str) -> list[str]:
    """The same for who has a factor and is under lock."""
    repository.delete_recovery_codes(session, user_id)
    codes = [_new() for _ in range(COUNT)]
    now = clock.now()
    session.add_all(RecoveryCode(digest=_digest(user_id, code), user_id=user_id, created_at=now) for code in codes)
    return codes


def accepts(session: Session, user_id: str, code: str) -> bool:
    """Whether it is an unused code of theirs; it is used now."""
    return repository.take_recovery_code(session, user_id, _digest(user_id, code), clock.now())


def _new() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(2))


def _digest(user_id: str, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum()).translate(_MISREAD)
    return tokens.digest(f"recovery:{user_id}:{plain}")
