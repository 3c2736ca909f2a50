from pydantic import Field

from controlplane.core.schema import Schema


class Ask(Schema):
    """docs/wire.md: `route` is the call's method and path without a version, `body` its body as it came."""

    environment_id: str = Field(max_length=40)
    route: str = Field(max_length=400)
    body: str = Field(max_length=2_000_000)


class Verdict(Schema):
    """`message` says why not, in words for whoever made the call."""

    admitted: bool
    message: str | None = None
