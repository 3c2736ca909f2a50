from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.api_keys import repository, service
from controlplane.api_keys.errors import ApiKeyLimitReached, ExpiryInPast
from controlplane.api_keys.models import ApiKey
from controlplane.api_keys.schemas import ApiKeyView, CreatedApiKey, NewApiKey
from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.environments.errors import EnvironmentDeleted

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/api-keys", tags=["API keys"])

Reader = Annotated[Principal, Depends(require(Permission.API_KEY_READ))]
Creator = Annotated[Principal, Depends(require(Permission.API_KEY_CREATE))]
Revoker = Annotated[Principal, Depends(require(Permission.API_KEY_REVOKE))]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=CreatedApiKey,
    operation_id="createApiKey",
    responses=refusals(ExpiryInPast, ApiKeyLimitReached, EnvironmentDeleted),
)
def create_api_key(
    account_id: str, environment_id: str, body: NewApiKey, session: DbSession, principal: Creator, once: Once
) -> Response:
    """Create an API key. `secret` is shown in this response only; it works at the edge a moment later."""
    create = partial(service.create, session, principal, account_id, environment_id, body.description, body.role)
    restrictions = body.restrictions.stored() if body.restrictions else None
    return once(principal.user_id, lambda: _shown_once(*create(body.expires_at, restrictions)))


@router.get("", operation_id="listApiKeys")
def list_api_keys(
    account_id: str,
    environment_id: str,
    session: DbSession,
    principal: Reader,
    after: After = None,
    limit: Limit = 50,
) -> Page[ApiKeyView]:
    """The keys that are not revoked, oldest first; never a secret."""
    service.visible_environment(session, principal, account_id, environment_id)
    rows, following = page(session, repository.of_environment(environment_id), ApiKey.key_id, after, limit)
    return Page[ApiKeyView](items=[ApiKeyView.model_validate(row) for row in rows], next=following)


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="revokeApiKey")
def revoke_api_key(account_id: str, environment_id: str, key_id: str, session: DbSession, principal: Revoker) -> None:
    """Revoke a key for good; calls with it are refused a moment later."""
    service.revoke(session, principal, account_id, environment_id, key_id)


def _shown_once(key: ApiKey, secret: str) -> CreatedApiKey:
    return CreatedApiKey(**ApiKeyView.model_validate(key).model_dump(by_alias=False), secret=secret)
