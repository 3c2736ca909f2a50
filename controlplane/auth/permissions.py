"""The role table: everything a member may do in an account, in one place."""

from enum import StrEnum


class Role(StrEnum):
    """From the most powerful to the least."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    ACCOUNT_READ = "account:read"
    ACCOUNT_UPDATE = "account:update"
    ACCOUNT_TRANSFER = "account:transfer"
    ACCOUNT_DELETE = "account:delete"
    MEMBER_READ = "member:read"
    MEMBER_LEAVE = "member:leave"
    MEMBER_INVITE = "member:invite"
    MEMBER_MANAGE = "member:manage"
    SSO_READ = "sso:read"
    SSO_MANAGE = "sso:manage"
    DOMAIN_READ = "domain:read"
    DOMAIN_MANAGE = "domain:manage"
    AUDIT_READ = "audit:read"
    ENVIRONMENT_READ = "environment:read"
    ENVIRONMENT_CREATE = "environment:create"
    ENVIRONMENT_UPDATE = "environment:update"
    ENVIRONMENT_DELETE = "environment:delete"
    ENVIRONMENT_PURGE = "environment:purge"
    LOG_READ = "log:read"
    SERVICE_PREFLIGHT = "service:preflight"
    IDENTITY_KEY_READ = "identity_key:read"
    IDENTITY_KEY_MANAGE = "identity_key:manage"
    OUTBOUND_READ = "outbound:read"
    OUTBOUND_MANAGE = "outbound:manage"
    API_KEY_READ = "api_key:read"
    API_KEY_CREATE = "api_key:create"
    API_KEY_REVOKE = "api_key:revoke"
    WORKLOAD_RULE_READ = "workload_rule:read"
    WORKLOAD_RULE_MANAGE = "workload_rule:manage"


_READ = frozenset(
    {
        Permission.ACCOUNT_READ,
        Permission.MEMBER_READ,
        Permission.MEMBER_LEAVE,
        Permission.ENVIRONMENT_READ,
        Permission.LOG_READ,
        Permission.OUTBOUND_READ,
        Permission.IDENTITY_KEY_READ,
        Permission.API_KEY_READ,
    }
)
_DEVELOP = _READ | {
    Permission.ENVIRONMENT_CREATE,
    Permission.SERVICE_PREFLIGHT,
    Permission.API_KEY_CREATE,
    Permission.API_KEY_REVOKE,
    Permission.WORKLOAD_RULE_READ,
}
# Nothing here may touch an owner or make one: members.rules sees to that.
_ADMINISTER = _DEVELOP | {
    Permission.ACCOUNT_UPDATE,
    Permission.MEMBER_INVITE,
    Permission.MEMBER_MANAGE,
    # Changing a provider stays with owners: whoever runs it says who signs in, owners of the domain included.
    Permission.SSO_READ,
    Permission.DOMAIN_READ,
    Permission.DOMAIN_MANAGE,
    Permission.AUDIT_READ,
    Permission.ENVIRONMENT_UPDATE,
    Permission.ENVIRONMENT_DELETE,
    Permission.ENVIRONMENT_PURGE,
    Permission.OUTBOUND_MANAGE,
    Permission.WORKLOAD_RULE_MANAGE,
    Permission.IDENTITY_KEY_MANAGE,
}

# All that a workload's role may ever give it, in its one environment; whatever is added above stays closed to it.
WORKLOADS = frozenset(
    {
        Permission.ENVIRONMENT_READ,
        Permission.LOG_READ,
        Permission.OUTBOUND_READ,
        Permission.SERVICE_PREFLIGHT,
    }
)

# Which roles one may give to others, take from them, or invite to.
GRANTS: dict[Role, frozenset[Role]] = {
    Role.OWNER: frozenset(Role),
    Role.ADMIN: frozenset(Role) - {Role.OWNER},
    Role.DEVELOPER: frozenset(),
    Role.VIEWER: frozenset(),
}
ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: _ADMINISTER,
    Role.DEVELOPER: _DEVELOP,
    Role.VIEWER: _READ,
}
