"""The second factors of a user as a whole: which there are, and whether one of them is proven."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.second_factors import assertions, enrolment, notices, recovery_codes, repository, totp
from controlplane.second_factors.ceremonies import Json, Purpose
from controlplane.second_factors.errors import NoSuchFactor, WrongCode
from controlplane.second_factors.models import Passkey
from controlplane.second_factors.relying_party import relying_party
from controlplane.users import repository as users
from controlplane.users.models import User

TOTP, RECOVERY_CODE, PASSKEY = "totp", "recovery_code", "passkey"


@dataclass(frozen=True)
class Overview:
    totp: bool
    passkeys: list[Passkey]
    recovery_codes_left: int


@dataclass(frozen=True)
class Proof:
    """What somebody shows for a second factor: a `code` or a passkey's `credential`, from a page of `origin`."""

    method: str
    code: str | None = None
    credential: Json | None = None
    origin: str | None = None


def overview(session: Session, by: Principal) -> Overview:
    passkeys = list(repository.passkeys(session, by.user_id))
    left = repository.recovery_codes_left(session, by.user_id)
    return Overview(totp.enabled(session, by.user_id), passkeys, left)


def methods(session: Session, user: User) -> list[str]:
    """What the user may prove themselves with beside the first factor; nothing for who has not enrolled."""
    if user.second_factor_since is None:
        return []
    has = {
        TOTP: totp.enabled(session, user.user_id),
        PASSKEY: bool(repository.passkeys(session, user.user_id)),
        RECOVERY_CODE: repository.recovery_codes_left(session, user.user_id) > 0,
    }
    return [method for method, there in has.items() if there]


def passkey_options(session: Session, user: User, binding: str, origin: str | None) -> Json:
    """For the answer that `prove` takes with the same `binding`. Raises `NoSuchFactor`, `PasskeysNeedAHostName`."""
    passkeys = repository.passkeys(session, user.user_id)
    if not passkeys:
        raise NoSuchFactor("passkey")
    return assertions.options(session, Purpose.SECOND_FACTOR, binding, relying_party(origin), passkeys)


def prove(session: Session, user: User, binding: str, proof: Proof) -> None:
    """Raises `WrongCode`, `NoSuchFactor`, `PasskeyRefused`, `PasskeyChallengeOver`, `PasskeysNeedAHostName`.

    What is noted of a refusal is in this transaction, which must then commit.
    """
    if proof.method not in methods(session, user):
        raise NoSuchFactor(proof.method.replace("_", " "))
    if proof.method == PASSKEY:
        party = relying_party(proof.origin)
        assertions.prove(session, Purpose.SECOND_FACTOR, binding, proof.credential or {}, party, user.user_id)
    elif not _code_is_right(session, user, proof):
        raise WrongCode


def _code_is_right(session: Session, user: User, proof: Proof) -> bool:
    if proof.method == TOTP:
        return totp.accepts(session, user.user_id, proof.code or "")
    used = recovery_codes.accepts(session, user.user_id, proof.code or "")
    if used:
        notices.send(session, user, notices.CODE_USED)
    return used


def reset(session: Session, email: str) -> User:
    """For who has lost all of them: an operator of the plane's host, who knows them, begins anew. Raises `NotFound`."""
    known = users.by_email(session, email)
    if known is None:
        raise NotFound("user")
    user = repository.user_locked(session, known.user_id)
    repository.delete_factors(session, user.user_id)
    enrolment.removed(session, user)
    audit.record(session, None, "second_factors.reset", user.user_id)
    notices.send(session, user, notices.RESET)
    return user


def forget_expired(session: Session) -> None:
    """Delete challenges nobody answered in time."""
    repository.delete_challenges(session, clock.now())
