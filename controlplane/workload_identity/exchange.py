"""A token of somebody else's platform for one of ours (RFC 8693), if a rule of the environment says so.

Read, then judged by its form and times; then by its issuer's key, with no transaction open; then by the rules. Whoever
is not let in learns nothing about rules but that none fits: the team sees why at its rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, database, tokens
from controlplane.core.ids import new_id
from controlplane.edge_log import Table, publish
from controlplane.environments import addresses
from controlplane.environments.addresses import Addresses
from controlplane.environments.models import Environment
from controlplane.settings import settings
from controlplane.sso_connections.jwts import LEEWAY_SECONDS
from controlplane.workload_identity import access, assertions, conditions, issuers, repository
from controlplane.workload_identity.assertions import Assertion
from controlplane.workload_identity.errors import ExchangeRefused, IssuerUnavailable, NotTrusted
from controlplane.workload_identity.models import WorkloadRule, WorkloadToken
from controlplane.workload_identity.repository import Ruled

# Claims that say who it was, for the audit trail; pinned ones are told as well.
_TELLING = (
    "sub", "repository", "repository_id", "ref", "sha", "environment", "event_name", "run_id", "run_attempt", "actor",
    "workflow_ref", "job_workflow_ref", "project_path", "project_id", "pipeline_id", "pipeline_source", "job_id",
    "user_login",
)  # fmt: skip
_MOST_TOLD, _LONGEST_REASON = 200, 500
_REFUSALS_APART = timedelta(seconds=1)
# Not those that live now: whoever runs an issuer makes tokens at will, and each one is an audit event for good.
_COUNTED = timedelta(hours=1)
log = structlog.get_logger()


@dataclass(frozen=True)
class Exchanged:
    """`access_token` is shown this once; only its digest is kept."""

    access_token: str
    expires_in: int
    environment_id: str
    role: str
    addresses: Addresses


def exchange(session: Session, subject_token: str, audience: str) -> Exchanged:
    """`audience` is the id of an environment or of one of its rules.

    The transaction so far is committed: the issuer may have to be asked for its keys. Raises `AssertionRefused`,
    `ExchangeRefused`, `IssuerUnavailable`, `Busy`.
    """
    assertion = assertions.read(subject_token)
    candidates = repository.trusting(session, audience, assertion.issuer)
    if not candidates:
        raise NotTrusted(audience)
    database.commit(session)
    if not _is_signed(session, assertion, candidates):
        log.info("workload_token_refused", audience=audience, reason="not signed by its issuer")
        raise NotTrusted(audience)
    return _issued(session, assertion, _chosen(session, assertion, candidates, audience))


def _is_signed(session: Session, assertion: Assertion, candidates: Sequence[Ruled]) -> bool:
    account_id = candidates[0][1].account_id
    try:
        key = issuers.key(assertion.issuer, assertion.header.get("kid"), tenant=account_id)
    except IssuerUnavailable as error:
        for rule, _ in candidates:
            _note(session, rule, f"The issuer's keys could not be had. {error}")
        raise
    return key is not None and assertions.is_signed(assertion, key)


def _chosen(session: Session, assertion: Assertion, candidates: Sequence[Ruled], audience: str) -> Ruled:
    """Raises `ExchangeRefused`."""
    misfits = [_misfit(session, assertion, rule, environment) for rule, environment in candidates]
    fitting = [one for one, misfit in zip(candidates, misfits, strict=True) if misfit is None]
    if len(fitting) > 1:
        names = ", ".join(f"{rule.name} ({rule.rule_id})" for rule, _ in fitting)
        raise ExchangeRefused(f"Several rules let this token in: {names}. Name one by its id as the 'audience'.")
    if not fitting:
        for (rule, _), misfit in zip(candidates, misfits, strict=True):
            _note(session, rule, f"{misfit} (sub {str(assertion.claims.get('sub'))[:150]!r})")
        raise NotTrusted(audience)
    return fitting[0]


def _misfit(session: Session, assertion: Assertion, rule: WorkloadRule, environment: Environment) -> str | None:
    if not assertions.is_for(assertion, rule.audience):
        named = str(assertion.claims.get("aud"))[:150]
        return f"aud is {named!r}; the rule wants exactly {rule.audience!r}."
    misfit = conditions.misfit(rule.conditions, assertion.claims)
    if misfit is None and not access.is_vouched_for(session, rule, environment.account_id):
        return "Whoever saved this rule last may no longer do so. An owner or admin has to save it again."
    return misfit


def _issued(session: Session, assertion: Assertion, ruled: Ruled) -> Exchanged:
    current = repository.unchanged_locked(session, ruled[0])
    if current is None:
        raise ExchangeRefused("The rule was changed or deleted at this moment. Get a new token and try again.")
    rule, environment = current
    now = clock.now()
    limit = settings().workload_tokens_per_environment
    if repository.count_since(session, rule.environment_id, now - _COUNTED) >= limit:
        raise ExchangeRefused(
            f"This environment's workloads were given {limit} access tokens within an hour, which is its limit. Wait, "
            "and let a job exchange its token once for all of its steps."
        )
    if not repository.take(session, tokens.digest(assertion.signed), _forgettable(assertion)):
        _note(session, rule, "The token had been exchanged before; each is taken once.")
        raise ExchangeRefused("This 'subject_token' was exchanged already; each is taken once. Get a new one.")
    token, text = _token(rule, assertion, now)
    session.add(token)
    publish(session, Table.PRINCIPALS, token.digest, access.edge_entry(token, rule))
    rule.last_exchanged_at = now
    _record(session, token, rule, environment.account_id)
    seconds = int((token.expires_at - now).total_seconds())
    return Exchanged(text, seconds, rule.environment_id, rule.role, addresses.of(environment))


def _token(rule: WorkloadRule, assertion: Assertion, now: datetime) -> tuple[WorkloadToken, str]:
    token_id = new_id("tok")
    expires_at = (now + timedelta(minutes=rule.minutes)).replace(microsecond=0)
    text = tokens.new_access_token(rule.rule_id, token_id, expires_at, settings().console_url)
    token = WorkloadToken(
        token_id=token_id,
        rule_id=rule.rule_id,
        digest=tokens.digest(text),
        claims=_told(rule, assertion.claims),
        created_at=now,
        expires_at=expires_at,
    )
    return token, text


def _forgettable(assertion: Assertion) -> datetime:
    """When nobody would take it any more: at its expiry or when it is too old, whichever is sooner."""
    too_old = float(assertion.claims["iat"]) + assertions.MAX_AGE_SECONDS
    last = min(assertion.expires_at, too_old) + LEEWAY_SECONDS
    return datetime.fromtimestamp(last, UTC)


def _told(rule: WorkloadRule, claims: dict[str, Any]) -> dict[str, str]:
    found = {name: conditions.text_of(claims.get(name)) for name in dict.fromkeys((*_TELLING, *rule.conditions))}
    return {name: _plain(value, _MOST_TOLD) for name, value in found.items() if value is not None}


def _plain(text: str, most: int) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:most])


def _note(session: Session, rule: WorkloadRule, reason: str) -> None:
    now = clock.now()
    repository.note_refusal(session, rule.rule_id, now, now - _REFUSALS_APART, _plain(reason, _LONGEST_REASON))


def _record(session: Session, token: WorkloadToken, rule: WorkloadRule, account_id: str) -> None:
    by = Principal(rule.rule_id, "", token.token_id, {})
    details = {
        "rule": rule.name,
        "role": rule.role,
        "minutes": rule.minutes,
        "issuer": rule.issuer,
        "claims": token.claims,
    }
    audit.record(session, by, "workload.exchange", rule.environment_id, account_id, details)
