from pydantic import Field

from controlplane.core.schema import Schema


class Ask(Schema):
    """docs/wire.md: `route` is the call's method and path without a version, `body` its body as it came."""

    environment_id: str = Field(max_length=40)
    route: str = Field(max_length=400)
    body: str = Field(max_length=2_000_000)


class Bound(Schema):
    """An engine that has `most` of them gets no more, and the caller the `message`."""

    most: int
    message: str


class Verdict(Schema):
    """`message` says why not, in words for whoever made the call. What only the engine knows, the edge counts there."""

    admitted: bool
    message: str | None = None
    subscriptions: Bound | None = None
    reaches_further: bool = Field(
        default=False, description="the engine's host must have the environment's spec anew before the call goes on"
    )
