"""Vocabulary of rights: who asks (Principal), what may be asked (Permission), which role may (one table)."""

from controlplane.auth.permissions import Permission, Role
from controlplane.auth.principal import Principal
from controlplane.auth.require import Caller, require

__all__ = ["Caller", "Permission", "Principal", "Role", "require"]
