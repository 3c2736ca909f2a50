"""Times as people write them in a query: RFC 3339, or so long ago (`15m`)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from controlplane.core import clock

RULE = "It is a time such as 2027-01-31T12:00:00Z, or how long ago: a whole number and s, m, h or d, such as 15m."
_AGO = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")
# `+` arrives as a blank where a client did not encode it.
_BLANK_OFFSET = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def moment(text: object) -> datetime:
    """The time in UTC. Raises `ValueError` with the rule as its text."""
    try:
        time = _time(str(text))
    except (ValueError, OverflowError) as error:
        raise ValueError(RULE) from error
    if time is None or not 1 < time.year < 9999:
        raise ValueError(RULE)
    return time


def _time(text: str) -> datetime | None:
    if found := _AGO.fullmatch(text):
        return clock.now() - timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    text = _BLANK_OFFSET.sub("+", text)
    time = datetime.fromisoformat(text) if _RFC3339.match(text) else None
    return time.astimezone(UTC) if time and time.tzinfo else None


Moment = Annotated[
    datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "examples": ["15m", "2027-01-31T12:00:00Z"]})
]
