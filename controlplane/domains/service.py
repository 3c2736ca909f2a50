"""Claiming mail domains and proving them by a TXT record; what they give people is in `people`."""

import secrets

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.domains import repository
from controlplane.domains.errors import (
    ConnectionNotUsable,
    ConnectionRequired,
    DomainAlreadyClaimed,
    DomainLimitReached,
    DomainNotVerified,
    DomainTaken,
    RecordMissing,
)
from controlplane.domains.models import Domain
from controlplane.domains.people import may_break_glass, on_verified, password_login_refused
from controlplane.domains.schemas import DomainChange
from controlplane.members import service as members
from controlplane.sso_connections import repository as connections

__all__ = [
    "change",
    "claim",
    "get",
    "may_break_glass",
    "on_verified",
    "password_login_refused",
    "prove",
    "relax",
    "withdraw",
]
LIMIT = 50


def claim(session: Session, by: Principal, account_id: str, name: str) -> Domain:
    """A claim that waits for its record. Raises `DomainAlreadyClaimed`, `DomainLimitReached`."""
    members.standing(session, by, account_id, Permission.DOMAIN_MANAGE)
    if repository.count(session, account_id) >= LIMIT:
        raise DomainLimitReached(f"This account has its limit of {LIMIT} domains. Give one up first.")
    domain = Domain(
        domain_id=new_id("dom"),
        account_id=account_id,
        domain=name,
        challenge=f"restate-cloud-verification={secrets.token_urlsafe(32)}",
        join_mode="none",
        join_role="developer",
        sso_required=False,
        created_by=by.user_id,
        created_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(domain)
    except IntegrityError as error:
        raise DomainAlreadyClaimed(name) from error
    audit.record(session, by, "domain.claim", domain.domain_id, account_id, {"domain": name})
    return domain


def get(session: Session, account_id: str, name: str) -> Domain:
    """Raises `NotFound`."""
    domain = repository.find(session, account_id, name)
    if domain is None:
        raise NotFound("domain")
    return domain


def prove(session: Session, by: Principal, account_id: str, name: str, *, held: bool) -> Domain:
    """Take over what the DNS has just said. Raises `RecordMissing`, `DomainTaken`, `NotFound`."""
    domain = _locked(session, by, account_id, name)
    if not held:
        raise RecordMissing(
            f"There is no TXT record with the expected value at _restate-cloud.{name}. "
            "New records take up to an hour to be seen everywhere; check it and try again."
        )
    if domain.verified_at is None:
        _verify(session, by, domain)
    domain.checked_at, domain.failing_since = clock.now(), None
    return domain


def change(session: Session, by: Principal, account_id: str, name: str, wanted: DomainChange) -> Domain:
    """Raises `DomainNotVerified`, `ConnectionRequired`, `ConnectionNotUsable`, `NotFound`."""
    domain = _locked(session, by, account_id, name)
    if domain.verified_at is None:
        raise DomainNotVerified(f"{name} is not verified yet. Set its TXT record and call …/verify first.")
    changes = wanted.model_dump(exclude_unset=True, by_alias=False)
    connection_id = changes.get("sso_connection_id", domain.sso_connection_id)
    if connection_id is None:
        if changes.get("sso_required", domain.sso_required):
            raise ConnectionRequired
    elif connections.usable_by(session, account_id, connection_id) is None:
        raise ConnectionNotUsable("There is no such connection of this account or of the plane, or it is switched off.")
    details = audit.change({field: getattr(domain, field) for field in changes}, changes)
    for field, value in changes.items():
        setattr(domain, field, value)
    audit.record(session, by, "domain.update", domain.domain_id, account_id, {"domain": name} | details)
    return domain


def withdraw(session: Session, by: Principal, account_id: str, name: str) -> None:
    """Raises `NotFound`."""
    domain = _locked(session, by, account_id, name)
    session.delete(domain)
    audit.record(session, by, "domain.delete", domain.domain_id, account_id, {"domain": name})


def relax(session: Session, name: str) -> None:
    """Require single sign-on no longer, by the host's operator. Raises `NotFound`."""
    domain = repository.verified(session, name.strip().lower())
    if domain is None or not domain.sso_required:
        raise NotFound("domain that requires single sign-on")
    domain.sso_required = False
    audit.record(session, None, "domain.relax", domain.domain_id, domain.account_id, {"domain": domain.domain})


def _locked(session: Session, by: Principal, account_id: str, name: str) -> Domain:
    """By the rights of now: name servers may have taken their time."""
    members.standing(session, by, account_id, Permission.DOMAIN_MANAGE)
    domain = repository.find_locked(session, account_id, name)
    if domain is None:
        raise NotFound("domain")
    return domain


def _verify(session: Session, by: Principal, domain: Domain) -> None:
    if repository.verified(session, domain.domain) is not None:
        raise DomainTaken(domain.domain)
    try:
        with session.begin_nested():
            domain.verified_at = clock.now()
            session.flush()
    except IntegrityError as error:
        raise DomainTaken(domain.domain) from error
    audit.record(session, by, "domain.verify", domain.domain_id, domain.account_id, {"domain": domain.domain})
