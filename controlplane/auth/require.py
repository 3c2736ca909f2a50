"""`Caller` for endpoints of a signed-in user, `Depends(require(...))` for those inside an account.

`Person` is a caller who signed in themselves, not a program they admitted; `RecentPerson` did so a moment ago;
`Operator` runs this plane. The application resolves the credential first and leaves the principal in
`request.state.principal`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from controlplane.auth.permissions import Permission
from controlplane.auth.principal import Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound, PermissionDenied, Unauthenticated

RECENT = timedelta(minutes=15)


class PersonRequired(PermissionDenied):
    code = "person_required"

    def __init__(self) -> None:
        super().__init__("A program may not do this in your name. Sign in yourself, in a browser, and do it there.")


class RecentSignInRequired(PermissionDenied):
    code = "recent_sign_in_required"

    def __init__(self) -> None:
        minutes = int(RECENT.total_seconds() // 60)
        super().__init__(f"This needs a sign-in of the last {minutes} minutes. Sign in again and repeat it.")


class UserRequired(PermissionDenied):
    code = "user_required"

    def __init__(self) -> None:
        super().__init__(
            "This access token is of a workload (a CI job): it is good for calls about its own environment only. Do "
            "this as a member, with `rcloud login`."
        )


class OperatorRequired(PermissionDenied):
    code = "operator_required"

    def __init__(self) -> None:
        super().__init__(
            "Only operators of this plane may do this. On its host, `controlplane operator add EMAIL` makes one."
        )


def _caller(request: Request) -> Principal:
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None:
        raise Unauthenticated("Sign in first: send `Authorization: Bearer <access token>` or the session cookie.")
    return principal


def _user(principal: Annotated[Principal, Depends(_caller)]) -> Principal:
    """Whoever is a user of this plane, or acts for one. Raises `UserRequired`."""
    if principal.environment_id is not None:
        raise UserRequired
    return principal


Caller = Annotated[Principal, Depends(_user)]


def require_person(principal: Caller) -> Principal:
    """Whoever signed in themselves, by cookie or by the access token of that session. Raises `PersonRequired`."""
    if principal.session_kind != "browser":
        raise PersonRequired
    return principal


Person = Annotated[Principal, Depends(require_person)]


def require_recent(principal: Person) -> Principal:
    """A person who signed in at most `RECENT` ago. Raises `RecentSignInRequired`, `PersonRequired`."""
    if not is_recent(principal):
        raise RecentSignInRequired
    return principal


RecentPerson = Annotated[Principal, Depends(require_recent)]


def check_recent_person(principal: Principal) -> None:
    """What `RecentPerson` asks, for services. Raises `RecentSignInRequired`, `PersonRequired`."""
    require_recent(require_person(principal))


def is_recent(principal: Principal) -> bool:
    return principal.signed_in_at is not None and principal.signed_in_at > clock.now() - RECENT


def require_operator(principal: Person) -> Principal:
    """Someone who runs this plane, and not a program of theirs. Raises `OperatorRequired`, `PersonRequired`."""
    if not principal.operator:
        raise OperatorRequired
    return principal


Operator = Annotated[Principal, Depends(require_operator)]


def require(permission: Permission) -> Callable[[str, Request, Principal], Principal]:
    """A dependency that checks `permission` in the account of the path and gives the principal.

    A workload gets no further than calls whose path names its environment.
    """

    def permitted(account_id: str, request: Request, principal: Annotated[Principal, Depends(_caller)]) -> Principal:
        principal.check(permission, account_id)
        if principal.environment_id not in (None, request.path_params.get("environment_id")):
            raise NotFound("environment") if "environment_id" in request.path_params else UserRequired
        return principal

    permitted.permission = permission  # type: ignore[attr-defined]
    return permitted
