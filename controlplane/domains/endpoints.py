from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response, status
from pydantic import AfterValidator

from controlplane.auth import Caller, Permission, Principal, require
from controlplane.core import database
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.outbound import place
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.domains import dns_records, names, people, repository, service
from controlplane.domains.errors import (
    ConnectionNotUsable,
    ConnectionRequired,
    DnsUnavailable,
    DomainAlreadyClaimed,
    DomainLimitReached,
    DomainNotVerified,
    DomainTaken,
    RecordMissing,
)
from controlplane.domains.models import Domain
from controlplane.domains.schemas import (
    DomainChange,
    DomainView,
    JoinableAccount,
    JoinableAccounts,
    JoinedAccount,
    NewDomain,
)

router = APIRouter(tags=["domains"])
Reader = Annotated[Principal, Depends(require(Permission.DOMAIN_READ))]
Manager = Annotated[Principal, Depends(require(Permission.DOMAIN_MANAGE))]
Name = Annotated[str, Path(alias="domain", max_length=253), AfterValidator(names.ascii_form)]
OF_ACCOUNT = "/accounts/{account_id}/domains"


@router.post(
    OF_ACCOUNT,
    status_code=status.HTTP_201_CREATED,
    response_model=DomainView,
    operation_id="claimDomain",
    responses=refusals(DomainAlreadyClaimed, DomainLimitReached),
)
def claim_domain(account_id: str, body: NewDomain, session: DbSession, principal: Manager, once: Once) -> Response:
    """Claim a mail domain: set the TXT record the answer names, then verify it."""
    return once(principal.user_id, lambda: _view(service.claim(session, principal, account_id, body.domain)))


@router.get(OF_ACCOUNT, operation_id="listDomains")
def list_domains(
    account_id: str, session: DbSession, _principal: Reader, after: After = None, limit: Limit = 50
) -> Page[DomainView]:
    """The account's domains and their records."""
    rows, following = page(session, repository.of_account(account_id), Domain.domain_id, after, limit)
    return Page[DomainView](items=[_view(row) for row in rows], next=following)


@router.post(
    OF_ACCOUNT + "/{domain}/verify",
    operation_id="verifyDomain",
    responses=refusals(RecordMissing, DomainTaken, DnsUnavailable),
)
def verify_domain(account_id: str, name: Name, session: DbSession, principal: Manager) -> DomainView:
    """Look for the TXT record now. Later it is looked for every day, and has to stay."""
    challenge = service.get(session, account_id, name).challenge
    # Other people's name servers may take their time: not with a transaction open.
    database.commit(session)
    with place("domains", tenant=account_id):
        held = dns_records.holds(name, challenge)
    return _view(service.prove(session, principal, account_id, name, held=held))


@router.patch(
    OF_ACCOUNT + "/{domain}",
    operation_id="changeDomain",
    responses=refusals(DomainNotVerified, ConnectionRequired, ConnectionNotUsable),
)
def change_domain(
    account_id: str, name: Name, body: DomainChange, session: DbSession, principal: Manager
) -> DomainView:
    """Say who may join by their address, and whether single sign-on is required. What is left out stays."""
    return _view(service.change(session, principal, account_id, name, body))


@router.delete(OF_ACCOUNT + "/{domain}", status_code=status.HTTP_204_NO_CONTENT, operation_id="deleteDomain")
def delete_domain(account_id: str, name: Name, session: DbSession, principal: Manager) -> None:
    """Give a domain up. Members stay; its single sign-on is required no longer."""
    service.withdraw(session, principal, account_id, name)


@router.get("/joinable-accounts", operation_id="listJoinableAccounts")
def list_joinable_accounts(session: DbSession, caller: Caller) -> JoinableAccounts:
    """Accounts that let you in because they have verified the domain of your address."""
    items = [
        JoinableAccount(account_id=a.account_id, name=a.name, domain=d.domain, role=d.join_role)
        for d, a in people.joinable(session, caller)
    ]
    return JoinableAccounts(items=items)


@router.post("/accounts/{account_id}/join", operation_id="joinAccount")
def join_account(account_id: str, session: DbSession, caller: Caller) -> JoinedAccount:
    """Become a member of a joinable account."""
    return JoinedAccount(account_id=account_id, role=people.join(session, caller, account_id))


def _view(domain: Domain) -> DomainView:
    return DomainView(
        domain=domain.domain,
        verified=domain.verified_at is not None,
        verified_at=domain.verified_at,
        failing_since=domain.failing_since,
        record_name=dns_records.record_name(domain.domain),
        record_value=domain.challenge,
        join_mode=domain.join_mode,
        join_role=domain.join_role,
        sso_connection_id=domain.sso_connection_id,
        sso_required=domain.sso_required,
        created_at=domain.created_at,
    )
