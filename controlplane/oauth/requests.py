"""How Authlib's server sees a request and answers it, without a web framework on either side."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

Parameters = Mapping[str, str]


class Asked(OAuth2Request):  # type: ignore[misc]
    """The parameters of a query or a form; each occurs once."""

    def __init__(self, parameters: Parameters, user_agent: str | None = None) -> None:
        # Authlib demands TLS of every request. Whether it ends here, in front of us, or is not needed on loopback
        # is the operator's decision, made before a request gets here.
        super().__init__("POST", "https://plane.invalid/")
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.user_agent = user_agent

    @property
    def form(self) -> dict[str, str]:
        parameters: dict[str, str] = self.payload.data
        return parameters

    args = form


@dataclass
class Answer:
    """`body` is a JSON object, empty for a redirection to `location`."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None

    @classmethod
    def of(cls, status: int, body: object, headers: list[tuple[str, str]]) -> "Answer":
        named = {name.lower(): value for name, value in headers}
        return cls(status, body, named, named.get("location"))
