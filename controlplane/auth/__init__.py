"""Vocabulary of rights: who asks (Principal), what may be asked (Permission), which role may (one table)."""

from controlplane.auth.permissions import Permission, Role
from controlplane.auth.principal import Principal
from controlplane.auth.require import (
    Caller,
    Operator,
    OperatorRequired,
    Person,
    PersonRequired,
    RecentPerson,
    RecentSignInRequired,
    check_recent_person,
    is_recent,
    require,
    require_operator,
    require_person,
    require_recent,
)

__all__ = [
    "Caller",
    "Operator",
    "OperatorRequired",
    "Permission",
    "Person",
    "PersonRequired",
    "Principal",
    "RecentPerson",
    "RecentSignInRequired",
    "Role",
    "check_recent_person",
    "is_recent",
    "require",
    "require_operator",
    "require_person",
    "require_recent",
]
