"""Base of every JSON shape: camelCase on the wire, snake_case inside, unknown fields refused."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def rfc3339(value: datetime) -> str:
    """A UTC time as the wire has it, in milliseconds: `2026-01-01T00:00:00.000Z`."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


TIME_RULE = "A time is RFC 3339 text with an offset, before the year 9999; for example 2027-01-31T12:00:00Z."


def _text(value: object) -> object:
    # A number would do for pydantic, which guesses whether it means seconds or milliseconds.
    if not isinstance(value, str):
        raise ValueError(TIME_RULE)  # noqa: TRY004 - pydantic renders this kind only
    return value


def _in_utc(value: datetime) -> datetime:
    """Raises `ValueError` also for what PostgreSQL stores but no Python can read in every time zone."""
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(TIME_RULE) from error
    if value.year >= 9999:
        raise ValueError(TIME_RULE)
    return value


def printable(text: str) -> str:
    """NFC without surrounding blanks. Raises `ValueError` for nothing left, control or invisible characters."""
    text = unicodedata.normalize("NFC", text.strip())
    if not text or any(unicodedata.category(character).startswith("C") for character in text):
        raise ValueError("It has at least one character, and no control or invisible characters.")
    return text


UtcTime = Annotated[AwareDatetime, BeforeValidator(_text), AfterValidator(_in_utc)]
Timestamp = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json-unless-none")]


class Schema(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        extra="forbid",
        serialize_by_alias=True,
    )
