"""Times of the RPC are numbers of which nobody said the unit."""

from datetime import UTC, datetime

# Seconds until the year 5138; the same time in milliseconds begins in 1973, in nanoseconds in 1970.
_SECONDS_BELOW, _MILLISECONDS_BELOW = 1e11, 1e14


def read(number: float | None) -> datetime | None:
    """Unix time in seconds, milliseconds or nanoseconds, whichever gives a time of ours."""
    if number is None:
        return None
    unit = 1 if number < _SECONDS_BELOW else 1e3 if number < _MILLISECONDS_BELOW else 1e9
    return datetime.fromtimestamp(number / unit, UTC)
