"""Every operation of the control plane's document for everybody, against a statement of the rules of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.support.cast import EVERYBODY, MEMBER_ROLES, OUTSIDERS, Cast
from tests.support.raw import Answer, ask
from tests.support.tenants import Person, sign_up

pytestmark = pytest.mark.system

ANYBODY, SIGNED_IN, OPERATORS = "anybody", "signed in", "operators"
EVERY_ROLE, DEVELOPERS, ADMINISTRATORS, OWNERS = (MEMBER_ROLES[:number] for number in (4, 3, 2, 1))
# Who may do what: a new operation fails the test until somebody has said it here.
RULES: dict[str, str | tuple[str, ...]] = {
    "signUp": ANYBODY,
    "logIn": ANYBODY,
    "verifyEmail": ANYBODY,
    "resendVerification": ANYBODY,
    "forgotPassword": ANYBODY,
    "resetPassword": ANYBODY,
    "proveSecondFactor": ANYBODY,
    "startSecondFactor": ANYBODY,
    "startPasskeyLogin": ANYBODY,
    "logInWithPasskey": ANYBODY,
    "getLiveness": ANYBODY,
    "getReadiness": ANYBODY,
    "getMetrics": ANYBODY,
    "getMe": SIGNED_IN,
    "changeMe": SIGNED_IN,
    "changePassword": SIGNED_IN,
    "listSessions": SIGNED_IN,
    "endSession": SIGNED_IN,
    "endOtherSessions": SIGNED_IN,
    "getSecondFactors": SIGNED_IN,
    "startTotp": SIGNED_IN,
    "confirmTotp": SIGNED_IN,
    "removeTotp": SIGNED_IN,
    "renewRecoveryCodes": SIGNED_IN,
    "startPasskey": SIGNED_IN,
    "addPasskey": SIGNED_IN,
    "renamePasskey": SIGNED_IN,
    "removePasskey": SIGNED_IN,
    "listMail": SIGNED_IN,
    "logOut": SIGNED_IN,
    "createAccount": SIGNED_IN,
    "listAccounts": SIGNED_IN,
    "cliListAccounts": SIGNED_IN,
    "cliGetUserIdentity": SIGNED_IN,
    "cliCreateAccount": SIGNED_IN,
    "getAccount": EVERY_ROLE,
    "updateAccount": ADMINISTRATORS,
    "transferAccount": OWNERS,
    "deleteAccount": OWNERS,
    "listMembers": EVERY_ROLE,
    "changeMember": ADMINISTRATORS,
    "removeMember": ADMINISTRATORS,
    "createInvitation": ADMINISTRATORS,
    "listInvitations": ADMINISTRATORS,
    "resendInvitation": ADMINISTRATORS,
    "revokeInvitation": ADMINISTRATORS,
    "listMyInvitations": SIGNED_IN,
    "acceptInvitation": SIGNED_IN,
    "declineInvitation": SIGNED_IN,
    "listAuditEvents": ADMINISTRATORS,
    "exportAuditEvents": ADMINISTRATORS,
    "getAuditVerification": ADMINISTRATORS,
    "listProviders": ANYBODY,
    "listIdentities": SIGNED_IN,
    "deleteIdentity": SIGNED_IN,
    "listJoinableAccounts": SIGNED_IN,
    "joinAccount": SIGNED_IN,
    "listAllEnvironments": OPERATORS,
    "listRunners": OPERATORS,
    "updateRunner": OPERATORS,
    "createSsoProvider": OPERATORS,
    "listSsoProviders": OPERATORS,
    "changeSsoProvider": OPERATORS,
    "deleteSsoProvider": OPERATORS,
    "createSsoConnection": OWNERS,
    "listSsoConnections": ADMINISTRATORS,
    "getSsoConnection": ADMINISTRATORS,
    "changeSsoConnection": OWNERS,
    "deleteSsoConnection": OWNERS,
    "claimDomain": ADMINISTRATORS,
    "listDomains": ADMINISTRATORS,
    "verifyDomain": ADMINISTRATORS,
    "changeDomain": ADMINISTRATORS,
    "deleteDomain": ADMINISTRATORS,
    "createEnvironment": DEVELOPERS,
    "listEnvironments": EVERY_ROLE,
    "getEnvironment": EVERY_ROLE,
    "listEnvironmentOperations": EVERY_ROLE,
    "updateEnvironment": ADMINISTRATORS,
    "getLimits": EVERY_ROLE,
    "updateLimits": ADMINISTRATORS,
    "getThrottling": EVERY_ROLE,
    "getEnvironmentUsage": EVERY_ROLE,
    "getAccountUsage": EVERY_ROLE,
    "getRecentUsage": EVERY_ROLE,
    "deleteEnvironment": ADMINISTRATORS,
    "restoreEnvironment": ADMINISTRATORS,
    "getAwsTrustPolicy": EVERY_ROLE,
    "lintAwsTrustPolicy": EVERY_ROLE,
    "preflightService": DEVELOPERS,
    "listIdentityKeys": EVERY_ROLE,
    "getIdentityKeyCheck": EVERY_ROLE,
    "checkIdentityKeys": DEVELOPERS,
    "publishIdentityKey": ADMINISTRATORS,
    "switchIdentityKey": ADMINISTRATORS,
    "rollBackIdentityKey": ADMINISTRATORS,
    "finishIdentityKey": ADMINISTRATORS,
    "deleteIdentityKey": ADMINISTRATORS,
    "getOutboundPolicy": EVERY_ROLE,
    "putOutboundPolicy": ADMINISTRATORS,
    "createUiSession": EVERY_ROLE,
    "createApiKey": DEVELOPERS,
    "createWorkloadRule": ADMINISTRATORS,
    "listWorkloadRules": DEVELOPERS,
    "putWorkloadRule": ADMINISTRATORS,
    "deleteWorkloadRule": ADMINISTRATORS,
    "listTunnels": EVERY_ROLE,
    "readLogs": EVERY_ROLE,
    "listApiKeys": EVERY_ROLE,
    "revokeApiKey": DEVELOPERS,
    "getOperation": EVERY_ROLE,
    "getDeviceRequest": SIGNED_IN,
    "decideDeviceRequest": SIGNED_IN,
    "checkAuthorization": SIGNED_IN,
    "decideAuthorization": SIGNED_IN,
    "cliListEnvironments": EVERY_ROLE,
    "cliDescribeEnvironment": EVERY_ROLE,
    "cliUpdateAccount": ADMINISTRATORS,
    "cliCreateEnvironment": DEVELOPERS,
    "cliDestroyEnvironment": ADMINISTRATORS,
    "cliCreateApiKey": DEVELOPERS,
    "cliListApiKeys": EVERY_ROLE,
    "cliDescribeApiKey": EVERY_ROLE,
    "cliDeleteApiKey": DEVELOPERS,
    "cliGetEnvironmentLogs": EVERY_ROLE,
}
# What those who may get for an invented password, code or person, or while environments are left.
INVENTED = {
    "acceptInvitation": 404,
    "declineInvitation": 404,
    "transferAccount": 404,
    "deleteAccount": 409,
    "logIn": 401,
    "verifyEmail": 400,
    "resetPassword": 400,
    "changePassword": 403,
    "endSession": 404,
    "proveSecondFactor": 401,
    "startSecondFactor": 401,
    "logInWithPasskey": 400,
    "confirmTotp": 400,
    "removeTotp": 404,
    "renewRecoveryCodes": 409,
    "addPasskey": 400,
    "renamePasskey": 404,
    "removePasskey": 404,
    "getDeviceRequest": 404,
    "decideDeviceRequest": 404,
    "deleteIdentity": 404,
    "joinAccount": 404,
    "createSsoProvider": 400,
    "updateRunner": 404,
    "changeSsoProvider": 404,
    "deleteSsoProvider": 404,
    "createSsoConnection": 400,
    "getSsoConnection": 404,
    "changeSsoConnection": 404,
    "deleteSsoConnection": 404,
    "verifyDomain": 404,
    "changeDomain": 404,
    "deleteDomain": 404,
    # No issuer is asked: the address cannot be one.
    "createWorkloadRule": 400,
    "putWorkloadRule": 400,
    "deleteWorkloadRule": 404,
    # Paths are tried in their order: nothing was switched yet.
    "finishIdentityKey": 409,
    "rollBackIdentityKey": 409,
    "deleteIdentityKey": 404,
}
# What needs a sign-in of the last minutes.
RECENT = {
    "startTotp",
    "confirmTotp",
    "removeTotp",
    "renewRecoveryCodes",
    "startPasskey",
    "addPasskey",
    "renamePasskey",
    "removePasskey",
    "deleteIdentity",
}
# Nothing listens there, and no account's provider may be there.
WORKLOAD_RULE = {
    "name": "ci", "issuer": "https://127.0.0.1:1", "conditions": {"sub": "a-job"}, "role": "viewer", "minutes": 1,
}  # fmt: skip
UNREACHABLE = {"kind": "oidc", "name": "Nowhere", "issuer": "https://127.0.0.1:1", "clientId": "x"}
# What must come last, in this order: a deletion before its undoing, and the end of the token itself.
LATE = (
    "revokeInvitation",
    "removeMember",
    "revokeApiKey",
    "deleteEnvironment",
    "restoreEnvironment",
    "cliDestroyEnvironment",
    "logOut",
)
CONSENT = {
    "response_type": "code",
    "client_id": "restate-cli",
    "redirect_uri": "http://localhost:33912/callback",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    success: int
    has_body: bool


@dataclass(frozen=True)
class Victim:
    """What one principal tries everything on."""

    account_id: str
    environment_id: str
    key_id: str
    spare_key_id: str
    operation_id: str
    user_id: str
    invitation_id: str

    def path(self, template: str) -> str:
        names = {
            "{accountId}": self.account_id,
            "{environmentId}": self.environment_id,
            "{keyId}": self.key_id,
            "{operationId}": self.operation_id,
            "{userId}": self.user_id,
            "{invitationId}": self.invitation_id,
            "{userCode}": "BBBB-BBBB",
            "{sessionId}": "ses_unknown",
            "{passkeyId}": "psk_unknown",
            "{identityId}": "idn_unknown",
            "{provider}": "unknown",
            "{connectionId}": "ssc_unknown",
            "{domain}": "unknown.example",
            "{ruleId}": "wir_unknown",
            "{identity_key_id}": "idk_unknown",
            "{identityKeyId}": "idk_unknown",
        }
        for name, value in names.items():
            template = template.replace(name, value)
        assert "{" not in template, template
        return template


def operations(api_url: str) -> list[Operation]:
    paths = httpx2.get(f"{api_url}/api/v1/openapi.json").json()["paths"]
    found = [_operation(path, verb, said) for path, verbs in paths.items() for verb, said in verbs.items()]
    return sorted(found, key=lambda one: (LATE.index(one.name) if one.name in LATE else -1, one.path, one.method))


def _operation(path: str, verb: str, said: dict[str, Any]) -> Operation:
    success = next(int(status) for status in said["responses"] if status.startswith("2"))
    return Operation(said["operationId"], verb.upper(), path, success, "requestBody" in said)


def body(operation: Operation, victim: Victim) -> Any:
    """A request that succeeds, if only the principal may make it."""
    word = f"m{uuid4().hex[:12]}"
    bodies: dict[str, dict[str, Any]] = {
        "signUp": {"email": f"{word}@example.com", "password": "correct horse battery staple"},
        "logIn": {"email": f"{word}@example.com", "password": "wrong horse battery staple"},
        "verifyEmail": {"token": word},
        "resendVerification": {"email": f"{word}@example.com"},
        "forgotPassword": {"email": f"{word}@example.com"},
        "resetPassword": {"token": word, "password": "another horse battery staple"},
        "changePassword": {"currentPassword": word, "password": "another horse battery staple"},
        "changeMe": {"name": word},
        "createSsoProvider": UNREACHABLE,
        "updateRunner": {"draining": True},
        "changeSsoProvider": {"name": word},
        "createSsoConnection": UNREACHABLE,
        "changeSsoConnection": {"name": word},
        "claimDomain": {"domain": f"{word}.example"},
        "changeDomain": {"joinMode": "suggest"},
        "proveSecondFactor": {"challenge": word, "method": "totp", "code": "000000"},
        "startSecondFactor": {"challenge": word},
        "logInWithPasskey": {"challenge": word, "credential": {}},
        "confirmTotp": {"code": "000000"},
        "addPasskey": {"name": word, "credential": {}},
        "renamePasskey": {"name": word},
        "createAccount": {"name": word},
        "updateAccount": {"requireSecondFactor": False},
        "transferAccount": {"userId": "usr_unknown"},
        "changeMember": {"role": "developer"},
        "createInvitation": {"email": f"{word}@example.com", "role": "viewer"},
        "acceptInvitation": {"invitationId": "inv_unknown"},
        "declineInvitation": {"invitationId": "inv_unknown"},
        "createEnvironment": {"name": word},
        "updateEnvironment": {"readOnly": True},
        "updateLimits": {"requestsPerSecond": 100},
        "lintAwsTrustPolicy": {"policy": {}},
        "preflightService": {"uri": "http://127.0.0.1:1"},
        "switchIdentityKey": {"force": True},
        "putOutboundPolicy": {"networks": ["10.1.2.0/24"]},
        "createWorkloadRule": WORKLOAD_RULE,
        "putWorkloadRule": WORKLOAD_RULE,
        "createApiKey": {"description": word, "role": "ingress"},
        "cliCreateAccount": {"name": word},
        "cliUpdateAccount": {"accountId": victim.account_id},
        "cliCreateEnvironment": {"name": word},
        "cliDescribeEnvironment": {"environmentId": victim.environment_id},
        "cliDestroyEnvironment": {"environmentId": victim.environment_id},
        "cliCreateApiKey": {"environmentId": victim.environment_id, "roleId": "rst:role::IngressAccess"},
        "cliListApiKeys": {"environmentId": victim.environment_id},
        "cliDescribeApiKey": {"environmentId": victim.environment_id, "keyId": victim.key_id},
        "cliDeleteApiKey": {"environmentId": victim.environment_id, "keyId": victim.spare_key_id},
        "cliGetEnvironmentLogs": {"environmentId": victim.environment_id},
        "decideDeviceRequest": {"decision": "deny"},
        "checkAuthorization": CONSENT,
        "decideAuthorization": CONSENT | {"decision": "deny"},
    }
    return bodies[operation.name] if operation.has_body else None


def victim_of(cast: Cast) -> Victim:
    """An environment, a key, an operation, a member and an invitation of the own account that nobody else needs."""
    owner, account = cast.people["owner"], cast.own.account_id
    made = owner.created(f"/accounts/{account}/environments", name=f"v{uuid4().hex[:12]}")
    path = f"/accounts/{account}/environments/{made['environmentId']}"
    key, spare = (owner.created(f"{path}/api-keys", description="victim", role="full") for _ in range(2))
    invited = owner.created(f"/accounts/{account}/invitations", email=f"i{uuid4().hex}@example.com", role="viewer")
    ids = (key["keyId"], spare["keyId"], made["operationId"], _member(owner, account), invited["invitationId"])
    return Victim(account, made["environmentId"], *ids)


def _member(owner: Person, account_id: str) -> str:
    """The user id of somebody who has just joined."""
    person = sign_up(owner.api_url)
    invited = owner.created(f"/accounts/{account_id}/invitations", email=person.email, role="viewer")
    person.created("/invitations/accept", invitationId=invited["invitationId"])
    user_id: str = person.call("GET", "/auth/me").json()["user"]["userId"]
    return user_id


@pytest.fixture(scope="module")
def bystander(cast: Cast) -> Victim:
    """For those who can do no harm."""
    return victim_of(cast)


@pytest.fixture
def victim(cast: Cast, bystander: Victim) -> Iterator[Victim]:
    made = victim_of(cast)
    yield made
    path = f"/accounts/{made.account_id}/environments"
    for one in cast.people["owner"].call("GET", f"{path}?limit=100").json()["items"]:
        if one["environmentId"] not in (cast.own.environment_id, bystander.environment_id):
            cast.people["owner"].call("DELETE", f"{path}/{one['environmentId']}?purge=true")


@pytest.fixture
def send(cast: Cast) -> Callable[[Operation, Victim, str | None], Answer]:
    api_port = int(cast.own.owner.api_url.rpartition(":")[2])

    def sent(operation: Operation, victim: Victim, token: str | None) -> Answer:
        return ask(api_port, operation.method, victim.path(operation.path), token, body(operation, victim))

    return sent


Send = Callable[[Operation, Victim, str | None], Answer]


def test_every_operation_has_a_rule(cast: Cast) -> None:
    assert {one.name for one in operations(cast.own.owner.api_url)} == set(RULES)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_members_may_exactly_what_their_role_says(role: str, cast: Cast, victim: Victim, send: Send) -> None:
    wrong = []
    for operation in operations(cast.own.owner.api_url):
        rule = RULES[operation.name]
        # A token of its own: one of the operations ends it, others want a new one.
        own = operation.name == "logOut" or operation.name in RECENT
        token = _fresh_token(cast, role) if own else cast.tokens[f"{role} member"]
        answer = send(operation, victim, token)
        allowed = _operates(cast.people[role]) if rule == OPERATORS else isinstance(rule, str) or role in rule
        wanted = INVENTED.get(operation.name, operation.success) if allowed else 403
        if answer.status != wanted:
            wrong.append(f"{operation.name}: {answer}, should be {wanted}")
    assert wrong == []


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_only_administrators_destroy(role: str, cast: Cast, victim: Victim) -> None:
    path = f"/accounts/{victim.account_id}/environments/{victim.environment_id}?purge=true"

    assert cast.people[role].call("DELETE", path).status_code == (202 if role in ADMINISTRATORS else 403)


@pytest.mark.parametrize("name", [name for name in EVERYBODY if not name.endswith(" member") or name in OUTSIDERS])
def test_everybody_else_gets_nothing(name: str, cast: Cast, bystander: Victim, send: Send) -> None:
    """API keys are no credentials here, not even the environment's own; strangers do not learn what exists."""
    wrong = []
    for operation in operations(cast.own.owner.api_url):
        if _costs_too_much(operation, name):
            continue
        answer = send(operation, bystander, cast.tokens[name])
        if answer.status not in _refusals(operation, name) or _tells(answer, bystander):
            wrong.append(f"{operation.name}: {answer}")
    assert wrong == []


def _costs_too_much(operation: Operation, name: str) -> bool:
    """The end of the stranger's token; hashing passwords and counting failures for everybody again."""
    costly = ("signUp", "logIn", "verifyEmail", "resetPassword", "logInWithPasskey")
    again = operation.name in costly and name not in ("anonymous", "garbage")
    return again or (operation.name == "logOut" and name == "other member")


def _refusals(operation: Operation, name: str) -> set[int]:
    rule = RULES[operation.name]
    if rule == ANYBODY or (rule == SIGNED_IN and name == "other member"):
        aged = {403} if operation.name in RECENT else set()
        return {INVENTED.get(operation.name, operation.success)} | aged
    return {403 if rule == OPERATORS else 404} if name == "other member" else {401}


def _operates(person: Person) -> bool:
    """Whether they run the plane: who signed up first does, where it is tried out."""
    operates: bool = person.call("GET", "/auth/me").json()["user"]["operator"]
    return operates


def _tells(answer: Answer, victim: Victim) -> bool:
    return any(id_.encode() in answer.body for id_ in (victim.account_id, victim.environment_id, victim.key_id))


def _looks_like(path: str, template: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.mark.parametrize("name", ["anonymous", "garbage", "owner member"])
def test_methods_that_no_document_lists_do_nothing(name: str, cast: Cast, bystander: Victim) -> None:
    api_port = int(cast.own.owner.api_url.rpartition(":")[2])
    listed: dict[str, set[str]] = {}
    for operation in operations(cast.own.owner.api_url):
        listed.setdefault(operation.path, set()).update(
            {operation.method} | ({"HEAD"} if operation.method == "GET" else set())
        )
    wrong = []
    for path in listed:
        # `/passkeys/login` is also what `/passkeys/{passkeyId}` looks like.
        methods = set().union(*(taken for template, taken in listed.items() if _looks_like(path, template)))
        for method in set(METHODS) - methods:
            answer = ask(api_port, method, bystander.path(path), cast.tokens[name])
            if answer.status not in (401, 404, 405):
                wrong.append(f"{method} {path}: {answer}")
    assert wrong == []


@pytest.mark.parametrize("name", ["anonymous", "garbage", "other member", "full key", "owner member", "viewer member"])
def test_head_is_decided_as_get(name: str, cast: Cast, bystander: Victim) -> None:
    api_port = int(cast.own.owner.api_url.rpartition(":")[2])
    reads = [one for one in operations(cast.own.owner.api_url) if one.method == "GET"]

    got, told = (
        [ask(api_port, method, bystander.path(one.path), cast.tokens[name]) for one in reads]
        for method in ("GET", "HEAD")
    )

    assert [answer.status for answer in told] == [answer.status for answer in got]
    assert {answer.body for answer in told} == {b""}


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_internal_api_is_not_on_the_public_port(name: str, cast: Cast) -> None:
    api_port = int(cast.own.owner.api_url.rpartition(":")[2])

    posts = ("reports", "heartbeat", "edge/usage", "logs", "tunnels", "admission")
    for path in ("specs", "edge/snapshot", "edge/changes?after=0", *posts):
        for prefix in ("/internal/v1/", "/api/internal/v1/", "//internal/v1/", "/api/v1/../../internal/v1/"):
            for method in ("GET", "POST"):
                assert ask(api_port, method, prefix + path, cast.tokens[name]).status == 404


def _fresh_token(cast: Cast, role: str) -> str:
    person = cast.people[role]
    credentials = {"email": person.email, "password": "correct horse battery staple"}
    answer = httpx2.post(f"{person.api_url}/api/v1/auth/login", json=credentials)
    token: str = json.loads(answer.content)["accessToken"]
    return token
