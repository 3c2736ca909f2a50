"""Which user an identity is: found by connection and subject; by address only once, and only a verified one.

A connection of an account speaks for the account's verified domains and nobody else: not for a new person, not for an
identity it has vouched for earlier, and not for one that its owner adds to themselves.
"""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.ids import new_id
from controlplane.domains import people
from controlplane.domains import service as domains
from controlplane.login import sessions
from controlplane.sso import repository
from controlplane.sso.errors import SsoRefused
from controlplane.sso.models import Identity
from controlplane.sso.profile import Profile
from controlplane.sso_connections.models import SsoConnection
from controlplane.users import repository as users
from controlplane.users import service as user_service
from controlplane.users.models import User
from controlplane.users.service import EmailTaken


def user_of(session: Session, connection: SsoConnection, profile: Profile) -> User:
    """Whom the provider has signed in, made or linked now if need be. Raises `SsoRefused`."""
    found = repository.identity(session, connection.connection_id, profile.subject)
    if found is not None:
        identity, user = found
        check_may_speak(session, connection, user.email)
        _refuse_operators(connection, user)
        identity.last_used_at = clock.now()
        return user
    if profile.email is None:
        raise SsoRefused("sso_email_unverified")
    check_may_speak(session, connection, profile.email)
    user = _by_address(session, profile.email, profile.name)
    _refuse_operators(connection, user)
    _add(session, connection, profile, user)
    return user


def link(session: Session, connection: SsoConnection, profile: Profile, user: User) -> None:
    """`user` adds the identity to themselves, whatever address it has. Raises `SsoRefused`."""
    check_may_speak(session, connection, user.email)
    _refuse_operators(connection, user)
    found = repository.identity(session, connection.connection_id, profile.subject)
    if found is None:
        _add(session, connection, profile, user)
    elif found[1].user_id != user.user_id:
        raise SsoRefused("sso_identity_taken")


def check_may_speak(session: Session, connection: SsoConnection, email: str) -> None:
    """Raises `SsoRefused`, the same whether anybody has the address."""
    if connection.account_id is not None and not people.belongs_to(session, email, connection.account_id):
        raise SsoRefused("sso_not_permitted")
    if people.refused_for(session, email, connection.connection_id) is not None:
        raise SsoRefused("sso_required")


def _refuse_operators(connection: SsoConnection, user: User) -> None:
    # The plane is above its tenants, also above the one that has proven the operators' domain.
    if connection.account_id is not None and user.operator:
        raise SsoRefused("sso_not_permitted", "a tenant's provider signs in no operator of the plane")


def _by_address(session: Session, email: str, name: str | None) -> User:
    user = users.by_email(session, email)
    if user is not None and user.verified_at is None:
        # Under lock, and as it is now: somebody may be signing up with this address at this very moment.
        user = users.locked(session, user.user_id)
    if user is not None and user.verified_at is not None:
        return user
    if user is None:
        user = _created(session, email, name)
    else:
        _take_over(session, user)
    domains.on_verified(session, user, by_provider=True)
    return user


def _created(session: Session, email: str, name: str | None) -> User:
    try:
        user = user_service.create(session, email, name, None)
    except EmailTaken as error:
        raise SsoRefused("sso_busy", "the same address at the same moment") from error
    user.verified_at = clock.now()
    audit.record(session, Principal(user.user_id, email, user.user_id, {}), "user.create", user.user_id)
    return user


def _take_over(session: Session, user: User) -> None:
    # Somebody signed up with this address and never proved it. Whoever that was keeps no way in.
    user.password_hash, user.verified_at = None, clock.now()
    sessions.end_all(session, user.user_id)


def _add(session: Session, connection: SsoConnection, profile: Profile, user: User) -> None:
    identity = Identity(
        identity_id=new_id("idn"),
        connection_id=connection.connection_id,
        subject=profile.subject,
        user_id=user.user_id,
        email=profile.email,
        created_at=clock.now(),
        last_used_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(identity)
    except IntegrityError as error:
        raise SsoRefused("sso_busy", "the same identity at the same moment") from error
    by = Principal(user.user_id, user.email, identity.identity_id, {})
    audit.record(session, by, "identity.link", identity.identity_id, None, {"provider": connection.provider})
