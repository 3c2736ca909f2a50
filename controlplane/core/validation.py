"""What pydantic found wrong, in words that name the fields. The values sent are never repeated."""

from collections.abc import Sequence
from typing import Any

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
    "string_unicode": "must be valid Unicode text",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} character(s)",
    "string_too_long": "must have at most {max_length} characters",
    "datetime_parsing": "must be a time such as 2027-01-31T12:00:00Z",
    "datetime_from_date_parsing": "must be a time such as 2027-01-31T12:00:00Z",
    "timezone_aware": "must name its offset from UTC, as in 2027-01-31T12:00:00Z",
}


def named(faults: Sequence[Any]) -> list[dict[str, str]]:
    """`[{"field", "message"}]`, in the order found; the body as a whole is the field `body`."""
    return [{"field": _field(fault["loc"]), "message": _message(fault)} for fault in faults]


def sentence(faults: Sequence[dict[str, str]]) -> str:
    """All of it for a person to read."""
    return " ".join(_full_stop(f"`{fault['field']}` {_joined(fault['message'])}") for fault in faults[:5])


def _field(location: Sequence[Any]) -> str:
    inner = [str(part) for part in location[1:]]
    return ".".join(inner) if inner else str(location[0])


def _message(fault: dict[str, Any]) -> str:
    if fault["type"] == "value_error":
        # A rule of ours: its text goes out as it is.
        return str(fault["ctx"]["error"])
    known = _WORDS.get(fault["type"])
    return known.format(**fault.get("ctx", {})) if known else str(fault["msg"])


def _joined(message: str) -> str:
    return message if message.startswith(("is ", "must ")) else f"is not acceptable: {message}"


def _full_stop(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
