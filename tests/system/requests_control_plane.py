"""A request for every operation of the control plane's document, and what it is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from tests.support.cast import Cast, port
from tests.support.raw import Answer, ask
from tests.support.tenants import Person, sign_up

# Nothing listens there, and no account's provider may be there.
WORKLOAD_RULE = {
    "name": "ci", "issuer": "https://127.0.0.1:1", "conditions": {"sub": "a-job"}, "role": "viewer", "minutes": 1,
}  # fmt: skip
UNREACHABLE = {"kind": "oidc", "name": "Nowhere", "issuer": "https://127.0.0.1:1", "clientId": "x"}
# The one that every environment has; to go there changes nothing.
ENGINE_VERSION = "1.7.12"
# What must come last, in this order: a deletion before its undoing, and the end of the token itself.
LATE = (
    "revokeInvitation",
    "removeMember",
    "revokeApiKey",
    "pauseEnvironment",
    "wakeEnvironment",
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
            "{runnerId}": "rnr_unknown",
        }
        for name, value in names.items():
            template = template.replace(name, value)
        assert "{" not in template, template
        return template


def operations(api_url: str) -> list[Operation]:
    paths = httpx2.get(f"{api_url}/api/v1/openapi.json", timeout=60).json()["paths"]
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
        "upgradeEnvironment": {"version": ENGINE_VERSION},
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


def send(cast: Cast, operation: Operation, victim: Victim, token: str | None, content: Any = None) -> Answer:
    """``content`` stands for the body that would succeed."""
    sent = body(operation, victim) if content is None or not operation.has_body else content
    return ask(port(cast.own.owner.api_url), operation.method, victim.path(operation.path), token, sent)
