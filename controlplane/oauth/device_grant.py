"""The device grant (RFC 8628): a program shows a code, a person approves it elsewhere, the program asks until then."""

import secrets
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

from controlplane.core import clock, request_context, tokens
from controlplane.login import throttle
from controlplane.oauth import granted, repository, user_codes
from controlplane.oauth.errors import TooManyOpenRequests
from controlplane.oauth.models import DeviceRequest
from controlplane.oauth.requests import Asked
from controlplane.settings import settings
from controlplane.users.models import User

# Who has approved waits for the rest of an interval: not for the five seconds that RFC 8628 takes when nobody says.
LIFE_SECONDS, INTERVAL_SECONDS = 15 * 60, 2
# A program's timer and the way here are not exact.
_TOLERANCE = timedelta(seconds=1)


class DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = ("none",)
    EXPIRES_IN, INTERVAL = LIFE_SECONDS, INTERVAL_SECONDS

    def create_endpoint_response(self, request: Asked) -> tuple[int, Any, Any]:
        """Raises `TooManyOpenRequests`."""
        self.user_agent = request.user_agent
        answer: tuple[int, Any, Any] = super().create_endpoint_response(request)
        return answer

    def generate_user_code(self) -> str:
        return user_codes.new()

    def generate_device_code(self) -> str:
        return secrets.token_urlsafe(32)

    def get_verification_uri(self) -> str:
        return f"{settings().console_url}/device"

    def save_device_credential(self, client_id: str, _scope: str | None, data: dict[str, Any]) -> None:
        session, now, address = self.server.session, clock.now(), request_context.address.get()
        network = throttle.network()
        count, first_expires = repository.open_requests(session, network, now)
        if count >= settings().waiting_devices_per_address and first_expires is not None:
            raise TooManyOpenRequests(int((first_expires - now).total_seconds()) + 1)
        row = DeviceRequest(
            device_digest=tokens.digest(data["device_code"]),
            user_code_digest=user_codes.digest(data["user_code"]),
            client_id=client_id,
            user_agent=self.user_agent[:200] if self.user_agent else None,
            address=address,
            network=network,
            requested_at=now,
            expires_at=now + timedelta(seconds=LIFE_SECONDS),
        )
        session.add(row)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def query_device_credential(self, device_code: str) -> DeviceRequest:
        """Another client's code is as unknown as none."""
        row = repository.device_locked(self.server.session, tokens.digest(device_code))
        if row is None or row.client_id != self.request.payload.client_id:
            raise InvalidGrantError("No such 'device_code' was issued to this program.")
        if row.redeemed_at is not None:
            raise InvalidGrantError("This 'device_code' has been used. Log in again.")
        self.request.credential = row
        return row

    def query_user_grant(self, _user_code: str) -> tuple[User | None, bool] | None:
        row: DeviceRequest = self.request.credential
        if row.decision is None:
            return None
        if row.decision == "denied":
            return None, False
        user = repository.living_session(self.server.session, row.session_id, clock.now())
        if user is None:
            raise InvalidGrantError("Whoever approved has signed out since. Log in again.")
        return user, True

    def should_slow_down(self, credential: DeviceRequest) -> bool:
        before, credential.polled_at = credential.polled_at, clock.now()
        rhythm = timedelta(seconds=INTERVAL_SECONDS) - _TOLERANCE
        return before is not None and credential.polled_at < before + rhythm

    def generate_token(self, user: User, **_: Any) -> dict[str, Any]:  # noqa: ANN401
        row: DeviceRequest = self.request.credential
        row.redeemed_at = clock.now()
        admitted = granted.admit(self.server.session, user, row.session_id or "", self.client, row.user_agent)
        return granted.shown(admitted)
