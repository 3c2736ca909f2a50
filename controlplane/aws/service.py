"""The trust policy of one environment, and the judgement of one that somebody has written for it."""

from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.aws import linting, principal, trust_policy
from controlplane.aws.reasons import Finding
from controlplane.aws.schemas import TrustPolicy
from controlplane.environments import service as environments


def generated(session: Session, by: Principal, account_id: str, environment_id: str) -> TrustPolicy:
    """Raises `NotFound`, `AwsPrincipalNotSet`."""
    environments.get(session, by, account_id, environment_id)
    us = principal.own()
    return TrustPolicy(
        policy=trust_policy.document(us, environment_id),
        cdk=trust_policy.cdk(us, environment_id),
        terraform=trust_policy.terraform(us, environment_id),
    )


def linted(session: Session, by: Principal, account_id: str, environment_id: str, policy: object) -> list[Finding]:
    """Raises `NotFound`, `AwsPrincipalNotSet`."""
    environments.get(session, by, account_id, environment_id)
    return linting.lint(policy, principal.own(), environment_id)
