"""Looking every day whether the records of verified domains are still there."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts.models import Account
from controlplane.auth import Role
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.domains import dns_records, repository
from controlplane.domains.errors import DnsUnavailable
from controlplane.domains.models import Domain
from controlplane.mail import service as mail
from controlplane.members import repository as members
from controlplane.settings import settings

log = structlog.get_logger()


def look_again() -> None:
    """Look at every domain that is due. Name servers that do not answer prove nothing either way."""
    with transaction() as session:
        due = repository.due(session, clock.now() - timedelta(hours=settings().domain_recheck_hours))
        challenges = {key: found.challenge for key in due if (found := repository.find(session, *key))}
    for (account_id, name), challenge in challenges.items():
        held = _held(name, challenge)
        with transaction() as session:
            note(session, account_id, name, held=held)


def note(session: Session, account_id: str, name: str, *, held: bool | None) -> None:
    """Take over what was seen (null: no answer). A record that stays away ends the verification."""
    domain = repository.find_locked(session, account_id, name)
    if domain is None or domain.verified_at is None:
        return
    domain.checked_at = now = clock.now()
    if held:
        domain.failing_since = None
    elif held is False:
        domain.failing_since = domain.failing_since or now
        if now - domain.failing_since >= timedelta(days=settings().domain_lost_days):
            _lose(session, domain)


def _held(name: str, challenge: str) -> bool | None:
    try:
        return dns_records.holds(name, challenge)
    except DnsUnavailable:
        log.warning("domain_not_checked", domain=name)
        return None


def _lose(session: Session, domain: Domain) -> None:
    domain.verified_at = domain.failing_since = None
    domain.sso_required, domain.join_mode = False, "none"
    audit.record(session, None, "domain.lose", domain.domain_id, domain.account_id, {"domain": domain.domain})
    account = session.get_one(Account, domain.account_id)
    values: dict[str, object] = {
        "account": account.name,
        "domain": domain.domain,
        "record": dns_records.record_name(domain.domain),
        "days": settings().domain_lost_days,
    }
    for member, user in members.all_of(session, domain.account_id):
        if member.role == Role.OWNER:
            mail.send(session, user.email, "domain_lost", values, "domain_lost")
