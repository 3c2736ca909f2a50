"""Credentials that only a CI platform or the passage of time would give.

`python -m tests.support.granting ENVIRONMENT TOKEN`. The services behind the public ways make them, the edge's entries
included. Nobody is asked for an issuer's keys, and the clock of the old ones stands 25 hours back.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy.orm import Session

from controlplane import tables
from controlplane.api_keys import service as api_keys
from controlplane.api_keys.roles import KeyRole
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.environments.models import Environment
from controlplane.login import resolve, sessions
from controlplane.users.models import User
from controlplane.workload_identity import exchange, issuers
from controlplane.workload_identity import service as rules
from controlplane.workload_identity.roles import WorkloadRole
from tests.support.identity_provider_thread import In
from tests.support.workload_issuer import Issuer, key_named

_AGO = timedelta(hours=25)
_ISSUER = Issuer(url="https://ci.example.com", kids=["ed-1"])


def granted(environment_id: str, token: str) -> dict[str, str]:
    """Bearer tokens by name; ``token`` is the access token of an owner, who vouches for the rules."""
    assert tables.metadata.tables
    made = {f"{role.value} workload": _workload(environment_id, token, role) for role in WorkloadRole}
    made["returned workload"] = _workload(environment_id, token, WorkloadRole.FULL)
    made["workload without its rule"] = _workload(environment_id, token, WorkloadRole.ADMIN, ended=True)
    with _long_ago():
        made["expired workload"] = _workload(environment_id, token, WorkloadRole.FULL, -int(_AGO.total_seconds()))
        with transaction() as session:
            environment, by = _asked(session, environment_id, token)
            until = clock.now() + timedelta(minutes=1)
            key = (environment.account_id, environment_id, "expired", KeyRole.FULL, until)
            made["expired key"] = api_keys.create(session, by, *key)[1]
            user = session.get_one(User, by.user_id)
            made["expired member"] = sessions.sign_in(session, user, "password", None).access_token
            made["expired program"] = sessions.admit_program(session, by, "restate-cli", None).access_token
    return made


def _workload(environment_id: str, token: str, role: WorkloadRole, seconds: int = 0, *, ended: bool = False) -> str:
    name = f"ci-{uuid4().hex}"
    conditions = {"repository_id": _ISSUER.usual["repository_id"], "job": name}
    with transaction() as session, patch.object(issuers, "key", lambda *_, **__: key_named("ed-1")):
        environment, by = _asked(session, environment_id, token)
        columns: dict[str, Any] = {
            "name": name,
            "provider": "github",
            "issuer": _ISSUER.url,
            "audience": rules.default_audience(environment_id),
            "conditions": conditions,
            "role": role.value,
            "minutes": 60,
        }
        rule = rules.create(session, by, environment.account_id, environment_id, columns)
        times = {"iat": In(seconds), "nbf": In(seconds), "exp": In(seconds + 300)}
        assertion = _ISSUER.token(columns["audience"], "ed-1", job=name, **times)
        text = exchange.exchange(session, assertion, rule.rule_id).access_token
        if ended:
            rules.delete(session, by, environment.account_id, environment_id, rule.rule_id)
    return text


def _asked(session: Session, environment_id: str, token: str) -> tuple[Environment, Principal]:
    found = resolve.by_bearer(session, f"Bearer {token}")
    assert isinstance(found, resolve.Resolved)
    return session.get_one(Environment, environment_id), resolve.principal_of(session, found)


@contextmanager
def _long_ago() -> Iterator[None]:
    now = clock.now
    with patch.object(clock, "now", lambda: now() - _AGO):
        yield


if __name__ == "__main__":
    print(json.dumps(granted(*sys.argv[1:])))
