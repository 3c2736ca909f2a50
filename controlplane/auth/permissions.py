"""The role table: everything a member may do in an account, in one place."""

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    ACCOUNT_READ = "account:read"
    MEMBER_READ = "member:read"
    AUDIT_READ = "audit:read"
    ENVIRONMENT_READ = "environment:read"
    ENVIRONMENT_CREATE = "environment:create"
    ENVIRONMENT_DELETE = "environment:delete"
    ENVIRONMENT_PURGE = "environment:purge"
    API_KEY_READ = "api_key:read"
    API_KEY_CREATE = "api_key:create"
    API_KEY_REVOKE = "api_key:revoke"


_READ = frozenset(
    {
        Permission.ACCOUNT_READ,
        Permission.MEMBER_READ,
        Permission.ENVIRONMENT_READ,
        Permission.API_KEY_READ,
    }
)
_DEVELOP = _READ | {Permission.ENVIRONMENT_CREATE, Permission.API_KEY_CREATE, Permission.API_KEY_REVOKE}
_ADMINISTER = _DEVELOP | {
    Permission.AUDIT_READ,
    Permission.ENVIRONMENT_DELETE,
    Permission.ENVIRONMENT_PURGE,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: _ADMINISTER,
    Role.DEVELOPER: _DEVELOP,
    Role.VIEWER: _READ,
}
