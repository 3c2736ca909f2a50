"""`Caller` for endpoints of a signed-in user, `Depends(require(...))` for those inside an account.

The application resolves the credential first and leaves the principal in `request.state.principal`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from controlplane.auth.permissions import Permission
from controlplane.auth.principal import Principal
from controlplane.core.errors import Unauthenticated


def _caller(request: Request) -> Principal:
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None:
        raise Unauthenticated("Sign in first: send `Authorization: Bearer <access token>` or the session cookie.")
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def require(permission: Permission) -> Callable[[str, Principal], Principal]:
    """A dependency that checks `permission` in the account of the path and gives the principal."""

    def permitted(account_id: str, principal: Caller) -> Principal:
        principal.check(permission, account_id)
        return principal

    permitted.permission = permission  # type: ignore[attr-defined]
    return permitted
