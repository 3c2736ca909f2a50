"""The two programs that may ask for access. Both are public clients (RFC 6749 §2.1): they have no secret to keep."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

# There is one thing to ask for: to act in the user's name, as far as their roles reach. Whatever a client names, it
# gets and is told this (RFC 6749 §3.3).
SCOPE = "cloud"
GRANT_TYPES = ("authorization_code", DEVICE_CODE_GRANT_TYPE)
LOOPBACK_RULE = "It must be http://localhost:PORT/callback or http://127.0.0.1:PORT/callback on your own machine."
MAX_REDIRECT_LENGTH = 300


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """`hosts`: where on the loopback interface it listens for the answer, on any port (RFC 8252 §7.3)."""

    client_id: str
    name: str
    pkce_required: bool
    hosts: frozenset[str]

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """There is none: a request names it."""

    def get_allowed_scope(self, _scope: str | None) -> str:
        return SCOPE

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it is, character by character, `http://HOST:PORT/callback`."""
        try:
            url = urlsplit(redirect_uri)
            port = url.port
        except ValueError:
            return False
        allowed = {f"http://{host}:{port}/callback" for host in self.hosts} if port else set()
        return redirect_uri in allowed

    def check_client_secret(self, _client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return bool(method == "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANT_TYPES


# The stock CLI sends no `code_challenge` in any version, so it cannot be demanded of it.
_ALL = (
    Client("restate-cli", "Restate CLI", pkce_required=False, hosts=frozenset({"localhost", "127.0.0.1"})),
    Client("rcloud", "rcloud", pkce_required=True, hosts=frozenset({"localhost", "127.0.0.1", "[::1]"})),
)
CLIENTS = {client.client_id: client for client in _ALL}


def find(client_id: str | None) -> Client | None:
    return CLIENTS.get(client_id or "")
