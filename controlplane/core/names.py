"""The one rule for names of accounts and environments, and its one text."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_LENGTH = 39
PATTERN = r"^[a-z0-9](-?[a-z0-9])*$"
RULE = (
    "A name consists of lower-case letters, digits and single hyphens, starts and ends with a letter or digit, "
    f"and has at most {MAX_LENGTH} characters."
)
_VALID = re.compile(r"[a-z0-9](-?[a-z0-9])*")


def checked(name: str) -> str:
    """The name itself. Raises `ValueError` with the rule as its text."""
    if len(name) > MAX_LENGTH or not _VALID.fullmatch(name):
        raise ValueError(RULE)
    return name


Name = Annotated[
    str,
    AfterValidator(checked),
    Field(description=RULE, json_schema_extra={"pattern": PATTERN, "maxLength": MAX_LENGTH}, examples=["dev"]),
]
