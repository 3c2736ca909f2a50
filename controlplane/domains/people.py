"""What a verified domain gives the people who have an address there, and what it asks of them."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts.models import Account
from controlplane.auth import Principal, Role
from controlplane.core.errors import NotFound
from controlplane.domains import names, repository
from controlplane.domains.errors import SsoRequired
from controlplane.domains.models import Domain
from controlplane.members import repository as member_rows
from controlplane.members import service as members
from controlplane.members.models import Joined
from controlplane.settings import settings
from controlplane.sso_connections import addresses
from controlplane.users import repository as users
from controlplane.users.models import User


def on_verified(session: Session, user: User, *, by_provider: bool = False) -> None:
    """Call once, when the user's address has just become verified: accounts with auto-join take them in."""
    found = repository.joinable(session, user.user_id, names.of_address(user.email))
    if found is not None and found[0].join_mode == "auto" and (by_provider or _is_proof(found[0])):
        _join(session, Principal(user.user_id, user.email, found[0].domain_id, {}), found[0])


def password_login_refused(session: Session, email: str) -> SsoRequired | None:
    """The refusal for an address whose domain requires single sign-on, whoever has it; null when a password will do."""
    return refused_for(session, email, None)


def may_break_glass(session: Session, user: User) -> bool:
    """Whether a password and a second factor do all the same: owners, and operators of the
    plane, have to get in when the provider is broken.
    """
    claim = repository.verified(session, names.of_address(user.email))
    if claim is None or user.second_factor_since is None:
        return False
    return user.operator or member_rows.role_in(session, claim.account_id, user.user_id) == Role.OWNER


def refused_for(session: Session, email: str, connection_id: str | None) -> SsoRequired | None:
    """The same for who comes through `connection_id` (null: without a provider)."""
    domain = names.of_address(email)
    required = repository.required_connection(session, domain)
    if required is None or required.connection_id == connection_id:
        return None
    return SsoRequired(domain, required.provider, addresses.start_url(required.provider))


def belongs_to(session: Session, email: str, account_id: str) -> bool:
    """Whether the account has verified the address's domain, and has it verified still."""
    claim = repository.verified(session, names.of_address(email))
    return claim is not None and claim.account_id == account_id


def speaks_for_somebody(session: Session, account_id: str) -> bool:
    """Whether the account has a verified domain at all."""
    return repository.has_verified(session, account_id)


def joinable(session: Session, by: Principal) -> list[tuple[Domain, Account]]:
    """The accounts that let the caller in for their verified address."""
    user = users.by_id(session, by.user_id)
    if user is None or user.verified_at is None:
        return []
    found = repository.joinable(session, user.user_id, names.of_address(user.email))
    return [found] if found and _is_proof(found[0]) else []


def join(session: Session, by: Principal, account_id: str) -> Role:
    """The caller becomes a member in the role the domain gives. Raises `NotFound`."""
    for domain, account in joinable(session, by):
        if account.account_id == account_id:
            return _join(session, by, domain)
    raise NotFound("account")


def _join(session: Session, by: Principal, domain: Domain) -> Role:
    role = Role(domain.join_role)
    members.add(session, domain.account_id, by.user_id, role, Joined.DOMAIN)
    details = {"domain": domain.domain, "role": role.value, "mode": domain.join_mode}
    audit.record(session, by, "member.join", by.user_id, domain.account_id, details)
    return role


def _is_proof(domain: Domain) -> bool:
    # Without a mail server every address counts as verified. That does where a plane is tried out on one machine; else
    # anybody could sign up as somebody's colleague, unless the domain's people come through their provider only.
    return settings().sends_mail or settings().is_tried_out or domain.sso_required
