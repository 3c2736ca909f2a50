from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.auth import Permission, Principal, require
from controlplane.aws import service
from controlplane.aws.errors import AwsPrincipalNotSet
from controlplane.aws.schemas import LintFinding, LintResult, PastedPolicy, TrustPolicy
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/aws-trust-policy", tags=["services"])
Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]


@router.get("", operation_id="getAwsTrustPolicy", responses=refusals(AwsPrincipalNotSet))
def get_aws_trust_policy(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> TrustPolicy:
    """The trust policy of an AWS role that this environment, and no other, may assume to invoke Lambda functions."""
    return service.generated(session, principal, account_id, environment_id)


@router.post("/lint", operation_id="lintAwsTrustPolicy", responses=refusals(AwsPrincipalNotSet))
def lint_aws_trust_policy(
    account_id: str, environment_id: str, body: PastedPolicy, session: DbSession, principal: Reader
) -> LintResult:
    """Check a trust policy that somebody has written: each check names the statement at fault and what to change."""
    found = service.linted(session, principal, account_id, environment_id, body.policy)
    checks = [LintFinding.model_validate(one) for one in found]
    return LintResult(ok=all(one.ok for one in checks), checks=checks)
