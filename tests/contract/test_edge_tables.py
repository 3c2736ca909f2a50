"""What the control plane publishes to edges is what the edge's columns can hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controlplane.api_keys import roles
from controlplane.api_keys import service as api_keys
from controlplane.api_keys.models import ApiKey
from controlplane.api_keys.restrictions import METHODS, Restrictions
from controlplane.auth import Role
from controlplane.core import tokens
from controlplane.core.ids import label, new_id
from controlplane.core.secret_files import encode
from controlplane.edge_feed.schemas import Change, Changes, Snapshot
from controlplane.edge_log import Table
from controlplane.environments.models import Environment
from controlplane.environments.routes import route
from controlplane.login import sessions as login
from controlplane.login.models import AccessToken
from controlplane.workload_identity import access as workloads
from controlplane.workload_identity.models import WorkloadRule, WorkloadToken
from controlplane.workload_identity.roles import WorkloadRole
from envrunner.edge import compact
from envrunner.edge.tables import Tables

KEY = "publickeyv1_w7YHemBctH5Ck2nQRQ47iBBqhNHy4FV7t2Usbye2A6f"
SOON = datetime.now(UTC) + timedelta(hours=1)


def key_of(environment: Environment, role: str, expires_at: datetime | None = None) -> ApiKey:
    key_id = new_id("key")
    secret = tokens.new_api_key(key_id)
    digest = tokens.digest(secret)
    return ApiKey(
        key_id=key_id, environment_id=environment.environment_id, role=role, digest=digest, expires_at=expires_at
    )


def over_the_wire(changes: Changes) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(changes.model_dump_json(by_alias=True))["items"]
    return items


@pytest.mark.parametrize("expires_at", [None, SOON])
@pytest.mark.parametrize("role", list(roles.KeyRole))
def test_every_role_of_an_api_key_is_understood(
    role: roles.KeyRole, expires_at: datetime | None, environment: Environment
) -> None:
    key = key_of(environment, role.value, expires_at)

    ((digest, columns),) = compact.principal(key.digest, json.loads(json.dumps(api_keys.entry(key))))

    assert digest == key.digest
    assert columns is not None
    assert columns[1:28] == label(environment.environment_id)
    assert int(columns[28:38]) == (int(expires_at.timestamp()) if expires_at else compact.NEVER)
    assert columns[38:] == key.key_id


@pytest.mark.parametrize("role", list(roles.KeyRole))
def test_every_restriction_of_an_api_key_is_understood(role: roles.KeyRole, environment: Environment) -> None:
    every = {
        "services": ["Greeter", "Tenant*"], "handlers": ["Greeter/*/greet"], "objectKeys": ["auth0|7*", "~!#$%+,-./:;"],
        "methods": list(METHODS), "networks": ["203.0.113.7", "10.0.0.0/9", "::/0"], "requestsPerSecond": 1_000_000,
        "readOnly": True,
    }  # fmt: skip
    key = key_of(environment, role.value)
    for given in [every, *({name: value} for name, value in every.items())]:
        key.restrictions = Restrictions.model_validate(given).stored()

        columns = _columns(compact.principal(key.digest, json.loads(json.dumps(api_keys.entry(key)))))

        plain = _columns(compact.principal(key.digest, api_keys.entry(key_of(environment, role.value))))
        assert columns[0] == plain[0].upper()
        words = columns[38:].split(" ")
        assert (words[0], len(words)) == (key.key_id, 9)
        assert words.count("-") == 7 - len(given)


def test_roles_differ_at_the_edge_as_they_do_in_the_control_plane(environment: Environment) -> None:
    letters = [
        _columns(compact.principal("A" * 43, api_keys.entry(key_of(environment, role))))[0] for role in roles.KeyRole
    ]

    assert len(set(letters)) == len(roles.KeyRole)
    assert set(compact.API_KEY_ROLES) == {role.value for role in roles.KeyRole}
    assert set(compact.MEMBER_ROLES) == {role.value for role in Role}


def test_an_access_token_is_understood(control_plane: None) -> None:
    user_id = new_id("usr")
    token = AccessToken(token_id=new_id("tok"), user_id=user_id, expires_at=SOON)

    columns = _columns(compact.principal(tokens.digest("any"), login.edge_entry(token)))

    assert columns[0] == "u"
    assert (int(columns[1:11]), columns[11:]) == (int(SOON.timestamp()), user_id)


def test_the_cookie_of_an_engine_ui_is_understood(environment: Environment) -> None:
    user_id, token_id = new_id("usr"), new_id("tok")
    token = AccessToken(token_id=token_id, user_id=user_id, environment_id=environment.environment_id, expires_at=SOON)

    ((key, columns),) = compact.principal("A" * 43, json.loads(json.dumps(login.edge_entry(token))))

    assert key == "~" + "A" * 43
    expiry = int(SOON.timestamp())
    assert columns == f"b{label(environment.environment_id)}{expiry}{user_id}/{token_id}"
    # An edge that knows no such kind lets nobody in by it, nor does a relay.
    assert login.edge_entry(token)["kind"] not in {"user", "api_key", "restricted_api_key", "workload"}


@pytest.mark.parametrize("role", list(WorkloadRole))
def test_every_role_of_a_workload_is_understood(role: WorkloadRole, environment: Environment) -> None:
    user_id, token_id = new_id("usr"), new_id("tok")
    rule = WorkloadRule(
        rule_id=new_id("wir"), environment_id=environment.environment_id, role=role.value, vouched_by=user_id
    )
    token = WorkloadToken(token_id=token_id, expires_at=SOON)

    columns = _columns(compact.principal("A" * 43, json.loads(json.dumps(workloads.edge_entry(token, rule)))))

    assert columns[0] == "w"
    assert columns[1] == compact.WORKLOAD_ROLES[role.value]
    assert columns[2:29] == label(environment.environment_id)
    assert (int(columns[29:39]), columns[39:]) == (int(SOON.timestamp()), f"{user_id}/{token_id}")
    assert set(compact.WORKLOAD_ROLES) == {each.value for each in WorkloadRole}


@pytest.mark.parametrize("role", list(Role))
def test_every_member_is_understood(role: Role) -> None:
    key = f"{new_id('usr')}/{new_id('acc')}"

    assert dict(compact.member(key, {"role": role.value})) == {
        key: compact.MEMBER_ROLES[role.value],
        f"{key}+": "m" if workloads.may_vouch(role) else None,
    }


@pytest.mark.parametrize(("status", "letter"), [("ACTIVE", "1"), ("PENDING", "1"), ("FAILED", "1"), ("DELETED", "x")])
def test_a_route_is_understood(status: str, letter: str, environment: Environment) -> None:
    environment.status = status
    environment.requests_in_flight, environment.query_seconds, environment.read_only = 200, 30, True
    environment.own_limits = {"query_seconds": 10}
    name = label(environment.environment_id)

    pairs = dict(compact.route(name, json.loads(json.dumps(route(environment, [KEY]))), slot=7))

    columns = pairs.pop(name)
    assert columns is not None
    assert columns[0] == letter
    assert pairs == {f":{columns[1:6].lstrip('0')}": name, f":{columns[6:11].lstrip('0')}": name}
    assert int(columns[11:18]) == environment.requests_per_second
    assert int(columns[18:28]) == environment.request_size_limit_bytes
    assert columns[28:35] == "0000007"
    assert columns[35:] == f"000200{10:04}1{environment.account_id}"


def test_the_digest_key_is_understood(control_plane: None) -> None:
    assert _columns(compact.digest_key(encode(tokens.digest_key())))


def test_a_snapshot_and_the_changes_after_it_are_applied(environment: Environment, tmp_path: Path) -> None:
    kept, revoked = (key_of(environment, "ingress") for _ in range(2))
    name = label(environment.environment_id)
    snapshot = Snapshot(
        sequence=41,
        tables={
            "routes": {name: route(environment, [KEY])},
            "principals": {key.digest: api_keys.entry(key) for key in (kept, revoked)},
            "members": {},
            "settings": {"digestKey": encode(tokens.digest_key())},
        },
    )
    tables = Tables(tmp_path / "tables.sqlite3")
    tables.replace(41, json.loads(snapshot.model_dump_json(by_alias=True))["tables"])

    gone = Change(sequence=42, table=Table.PRINCIPALS, key=revoked.digest, value=None)
    pairs = tables.apply(42, over_the_wire(Changes(sequence=42, reset=False, items=[gone])))

    # Both of the places that a credential may have: the second is that of engine UIs.
    assert pairs == [(revoked.digest, None), (f"~{revoked.digest}", None)]
    held = dict(tables.pairs())
    assert kept.digest in held
    assert revoked.digest not in held
    assert held[name] is not None
    assert held[".key"]


def test_the_tables_of_the_log_are_those_of_the_document_and_the_edge(environment: Environment) -> None:
    wire = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()

    for table in Table:
        assert f"| `{table.value}` |" in wire


def _columns(pairs: Iterator[compact.Pair]) -> str:
    ((_, columns),) = pairs
    assert columns is not None
    return columns
