from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from controlplane.core.schema import Schema, UtcTime

MOST = 500


def _printable(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)


Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, AfterValidator(_printable)]


class EngineCall(Schema):
    """docs/wire.md: `status` is null when the edge saw no end of the call."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    at: UtcTime
    environment_id: Annotated[str, StringConstraints(pattern=r"^env_[0-9a-z]{27}$")]
    actor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    kind: Literal["api_key", "user", "workload"]
    credential: Word | None = None
    digest: str | None = Field(default=None, max_length=43)
    address: Annotated[Text, Field(max_length=64)] | None = None
    user_agent: Annotated[Text, Field(max_length=200)] | None = None
    method: Word
    path: Annotated[Text, Field(max_length=400)]
    mode: Word | None = None
    status: int | None = Field(default=None, ge=100, le=599)


class EngineCalls(Schema):
    items: list[EngineCall] = Field(max_length=MOST)
