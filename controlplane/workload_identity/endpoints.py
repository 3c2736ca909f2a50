"""Rules by which jobs of GitHub Actions, GitLab and others reach one environment without a stored secret."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.auth import Permission, Principal, require
from controlplane.core import database
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.workload_identity import repository, service
from controlplane.workload_identity.errors import IssuerUnusable, RuleLimitReached, RuleNameTaken, RuleTooWide
from controlplane.workload_identity.models import WorkloadRule
from controlplane.workload_identity.schemas import NewWorkloadRule, WorkloadRuleView

router = APIRouter(
    prefix="/accounts/{account_id}/environments/{environment_id}/workload-identity-rules", tags=["workload identity"]
)
Reader = Annotated[Principal, Depends(require(Permission.WORKLOAD_RULE_READ))]
Manager = Annotated[Principal, Depends(require(Permission.WORKLOAD_RULE_MANAGE))]


@router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=WorkloadRuleView, operation_id="createWorkloadRule",
    responses=refusals(RuleTooWide, IssuerUnusable, RuleNameTaken, RuleLimitReached, EnvironmentDeleted),
)  # fmt: skip
def create_workload_rule(
    account_id: str, environment_id: str, body: NewWorkloadRule, session: DbSession, by: Manager, once: Once
) -> Response:
    """Let tokens of an issuer be exchanged for short access tokens of this environment (`POST /oauth2/token`)."""
    service.visible_environment(session, by, account_id, environment_id)
    database.commit(session)
    columns = service.checked(account_id, environment_id, body)
    return once(
        by.user_id,
        lambda: service.view(session, account_id, service.create(session, by, account_id, environment_id, columns)),
    )


@router.get("", operation_id="listWorkloadRules")
def list_workload_rules(
    account_id: str, environment_id: str, session: DbSession, by: Reader, after: After = None, limit: Limit = 50
) -> Page[WorkloadRuleView]:
    """The environment's rules, each with when it last let somebody in, and why it last did not."""
    service.visible_environment(session, by, account_id, environment_id)
    rows, following = page(session, repository.of_environment(environment_id), WorkloadRule.rule_id, after, limit)
    return Page[WorkloadRuleView](items=[service.view(session, account_id, row) for row in rows], next=following)


@router.put(
    "/{rule_id}", operation_id="putWorkloadRule",
    responses=refusals(RuleTooWide, IssuerUnusable, RuleNameTaken),
)  # fmt: skip
def put_workload_rule(
    account_id: str, environment_id: str, rule_id: str, body: NewWorkloadRule, session: DbSession, by: Manager
) -> WorkloadRuleView:
    """Replace a rule, or save it as it is: from now on you vouch for it. Access tokens that came of it end."""
    service.visible_environment(session, by, account_id, environment_id)
    database.commit(session)
    columns = service.checked(account_id, environment_id, body)
    rule = service.change(session, by, account_id, environment_id, rule_id, columns)
    return service.view(session, account_id, rule)


@router.delete("/{rule_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="deleteWorkloadRule")
def delete_workload_rule(account_id: str, environment_id: str, rule_id: str, session: DbSession, by: Manager) -> None:
    """Delete a rule; access tokens that came of it end a moment later, with the calls made with them."""
    service.delete(session, by, account_id, environment_id, rule_id)
