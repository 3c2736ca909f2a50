"""Prints docs/roles.md from the role table of the control plane: `python -m script.roles > docs/roles.md`."""

from __future__ import annotations

from controlplane.auth.permissions import GRANTS, ROLES, Permission, Role

WORDS = {
    Permission.ACCOUNT_READ: "see the account",
    Permission.ACCOUNT_UPDATE: "rename it; require a second factor of its members",
    Permission.ACCOUNT_TRANSFER: "transfer it: another member becomes an owner, oneself an admin",
    Permission.ACCOUNT_DELETE: "delete it, once it has no environments",
    Permission.MEMBER_READ: "see who is a member, and in which role",
    Permission.MEMBER_LEAVE: "leave",
    Permission.MEMBER_INVITE: "invite by mail; send again and revoke invitations",
    Permission.MEMBER_MANAGE: "change roles, remove members",
    Permission.SSO_READ: "see the account's sign-on connections",
    Permission.SSO_MANAGE: "set them up, change and delete them",
    Permission.DOMAIN_READ: "see the account's mail domains",
    Permission.DOMAIN_MANAGE: "claim and prove domains; let their people join; require sign-on of them",
    Permission.AUDIT_READ: "read the audit events",
    Permission.ENVIRONMENT_READ: "see environments, their addresses, their operations",
    Permission.ENVIRONMENT_CREATE: "create environments",
    Permission.ENVIRONMENT_UPDATE: "choose [limits](limits.md); make environments read-only;"
    " [pause, wake and upgrade](environments.md) them",
    Permission.ENVIRONMENT_DELETE: "delete and restore environments",
    Permission.ENVIRONMENT_PURGE: "destroy the data of environments at once",
    Permission.LOG_READ: "read the engines' logs",
    Permission.SERVICE_PREFLIGHT: "have the plane try a service before it is registered",
    Permission.IDENTITY_KEY_READ: "see [identity keys](identity-keys.md) and which deployment accepts which",
    Permission.IDENTITY_KEY_MANAGE: "publish, switch, roll back and destroy identity keys",
    Permission.OUTBOUND_READ: "see what environments may reach",
    Permission.OUTBOUND_MANAGE: "allow more, as far as the operator lets accounts",
    Permission.API_KEY_READ: "see API keys, never their secrets",
    Permission.API_KEY_CREATE: "create API keys",
    Permission.API_KEY_REVOKE: "revoke API keys",
    Permission.WORKLOAD_RULE_READ: "see [workload identity rules](ci.md), and why they let nobody in",
    Permission.WORKLOAD_RULE_MANAGE: "create, change and delete them",
}
# The edge decides by rules of its own (envrunner/edge/rules.js); its tests hold both to these words.
EDGE = {
    "look: `GET` on the admin API, reading queries, the web interface": set(Role),
    "call services, deploy, operate": set(Role) - {Role.VIEWER},
}
HEAD = """# Roles

A member of an account has one role in it. This table is `controlplane/auth/permissions.py`, and a test keeps it so
(`.venv/bin/python -m script.roles > docs/roles.md`). A refusal names the permission that is missing.
"""
TAIL = """
Beyond the table:

* **Giving and taking roles, and inviting to them:** {grants}. Nobody raises their own role.
* **The last owner** can neither leave nor be removed nor step down; two owners who do so at the same moment are not
  both let go.
* **Leaving** is everybody's right; removing others is not.
* **Deleting an account** needs a sign-in of the last 15 minutes by a person; a program they have let in cannot.
* **API keys** belong to their environment and stay when whoever made them goes: `createdBy` in the list shows whose
  they were, and revoking one takes a moment.
* **Open invitations** are worth what whoever sent them may give *now*: see [decision 9](decisions/0009-invitations.md).
* An **API key** is no member: its roles are in the [README](../README.md#use-it).
"""


def markdown() -> str:
    """The whole document."""
    head = f"| | {' | '.join(ROLES)} |\n|---|{':-:|' * len(ROLES)}\n"
    rows = "".join(_row(f"{WORDS[one]} `{one}`", {r for r in Role if one in ROLES[r]}) for one in Permission)
    edge = "".join(_row(words, roles) for words, roles in EDGE.items())
    return (
        f"{HEAD}\n{head}{rows}| **at an environment's own addresses** | | | | |\n{edge}{TAIL.format(grants=_grants())}"
    )


def _row(words: str, roles: set[Role]) -> str:
    return f"| {words} | {' | '.join('✓' if role in roles else '' for role in ROLES)} |\n"


def _grants() -> str:
    return "; ".join(
        f"an {role} gives {_listed(given)}" if given else f"a {role} gives none" for role, given in GRANTS.items()
    )


def _listed(roles: frozenset[Role]) -> str:
    return "every role" if roles == set(Role) else ", ".join(role for role in Role if role in roles)


if __name__ == "__main__":
    print(markdown(), end="")
