"""Rules by which an environment trusts tokens of others' platforms. What is changed ends what came of it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.environments import repository as environments
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.members import service as membership
from controlplane.settings import settings
from controlplane.workload_identity import access, conditions, issuers, repository
from controlplane.workload_identity.conditions import ISSUERS, Provider
from controlplane.workload_identity.errors import IssuerUnusable, RuleLimitReached, RuleNameTaken
from controlplane.workload_identity.models import WorkloadRule
from controlplane.workload_identity.schemas import NewWorkloadRule, WorkloadRuleView

_KEPT = timedelta(days=1)


def checked(account_id: str, environment_id: str, body: NewWorkloadRule) -> dict[str, Any]:
    """The columns of a rule, its issuer having been asked; to be called outside a transaction.

    Raises `RuleTooWide`, `IssuerUnusable`, `Busy`.
    """
    issuer = body.issuer or ISSUERS.get(body.provider)
    if issuer is None:
        raise IssuerUnusable(f"Say whose tokens these are: name the `issuer`. {issuers.RULE}")
    provider = conditions.provider_of(body.provider, issuer)
    conditions.warnings(provider, body.conditions)
    issuers.check(issuer, tenant=account_id)
    return {
        "name": body.name,
        "provider": provider.value,
        "issuer": issuer,
        "audience": body.audience or default_audience(environment_id),
        "conditions": body.conditions,
        "role": body.role.value,
        "minutes": body.minutes,
    }


def default_audience(environment_id: str) -> str:
    """It names one environment: a token made for one is of no use at another."""
    return f"{settings().console_url}/environments/{environment_id}"


def create(
    session: Session, by: Principal, account_id: str, environment_id: str, columns: Mapping[str, Any]
) -> WorkloadRule:
    """Raises `NotFound`, `PermissionDenied`, `EnvironmentDeleted`, `RuleLimitReached`, `RuleNameTaken`."""
    environment = _environment_locked(session, by, account_id, environment_id)
    if environment.status == Status.DELETED:
        raise EnvironmentDeleted("This environment is deleted. Restore it before you create workload identity rules.")
    limit = settings().workload_rules_per_environment
    if repository.count(session, environment_id) >= limit:
        raise RuleLimitReached(limit)
    rule = WorkloadRule(
        rule_id=new_id("wir"),
        environment_id=environment_id,
        created_by=by.user_id,
        created_at=clock.now(),
        revision=0,
        **columns,
    )
    _vouch(rule, by)
    _saved(session, rule.name, lambda: session.add(rule))
    _record(session, by, "workload_rule.create", rule, account_id, columns)
    return rule


def change(
    session: Session, by: Principal, account_id: str, environment_id: str, rule_id: str, columns: Mapping[str, Any]
) -> WorkloadRule:
    """From now on `by` vouches for it; tokens that came of it end. Raises what `create` raises, but for the limit."""
    rule = _locked(session, by, account_id, environment_id, rule_id)
    before = {name: getattr(rule, name) for name in columns}
    access.end(session, rule_id)

    def apply() -> None:
        for name, value in columns.items():
            setattr(rule, name, value)
        _vouch(rule, by)

    _saved(session, columns["name"], apply)
    _record(session, by, "workload_rule.update", rule, account_id, {"before": before, "after": dict(columns)})
    return rule


def delete(session: Session, by: Principal, account_id: str, environment_id: str, rule_id: str) -> None:
    """Tokens that came of it end. Raises `NotFound`, `PermissionDenied`."""
    rule = _locked(session, by, account_id, environment_id, rule_id)
    access.end(session, rule_id)
    session.delete(rule)
    _record(session, by, "workload_rule.delete", rule, account_id, {"name": rule.name})


def delete_all(session: Session, environment_id: str) -> None:
    """For an environment that has been destroyed."""
    for rule in session.scalars(repository.of_environment(environment_id)):
        access.end(session, rule.rule_id)
        session.delete(rule)


def visible_environment(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """Raises `NotFound`."""
    environment = environments.find(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    return environment


def view(session: Session, account_id: str, rule: WorkloadRule) -> WorkloadRuleView:
    return WorkloadRuleView(
        warnings=conditions.warnings(Provider(rule.provider), rule.conditions),
        void=not access.is_vouched_for(session, rule, account_id),
        **{name: getattr(rule, name) for name in WorkloadRuleView.model_fields if name not in {"warnings", "void"}},
    )


def forget_old(session: Session) -> None:
    """Delete what has expired: a token's row is kept for a day, for whoever reads the audit events."""
    repository.forget(session, clock.now() - _KEPT)


def _environment_locked(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """Judged by the role of this moment, which nobody changes meanwhile."""
    membership.standing(session, by, account_id, Permission.WORKLOAD_RULE_MANAGE)
    environment = environments.find_locked(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    return environment


def _locked(session: Session, by: Principal, account_id: str, environment_id: str, rule_id: str) -> WorkloadRule:
    _environment_locked(session, by, account_id, environment_id)
    rule = repository.find_locked(session, environment_id, rule_id)
    if rule is None:
        raise NotFound("workload identity rule")
    return rule


def _vouch(rule: WorkloadRule, by: Principal) -> None:
    rule.vouched_by, rule.updated_at, rule.revision = by.user_id, clock.now(), rule.revision + 1


def _saved(session: Session, name: str, save: Callable[[], None]) -> None:
    """Raises `RuleNameTaken`."""
    try:
        with session.begin_nested():
            save()
    except IntegrityError as error:
        raise RuleNameTaken(name) from error


def _record(
    session: Session, by: Principal, action: str, rule: WorkloadRule, account_id: str, details: Mapping[str, Any]
) -> None:
    told = {"environmentId": rule.environment_id, **details}
    audit.record(session, by, action, rule.rule_id, account_id, told)
