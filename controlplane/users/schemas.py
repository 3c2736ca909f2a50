"""JSON shapes of people."""

from typing import Annotated

import email_validator
from pydantic import AfterValidator, Field

from controlplane.core.schema import Schema, Timestamp, printable

# This plane lives inside companies, whose people have addresses like `ada@corp.local`.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def normalized_email(text: str) -> str:
    """Lower case, Unicode NFC (RFC 5321, 6531); domains no public DNS knows (`x.internal`) are fine.

    Raises `ValueError`.
    """
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError as error:
        raise ValueError(f"This is not an e-mail address: {error}") from error


Email = Annotated[
    str, Field(max_length=254, examples=["ada@example.com"]), AfterValidator(normalized_email), Field(max_length=254)
]
PersonName = Annotated[str, Field(max_length=100, examples=["Ada Lovelace"]), AfterValidator(printable)]


class UserView(Schema):
    user_id: str = Field(examples=["usr_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    email: str = Field(examples=["ada@example.com"])
    name: str | None = Field(examples=["Ada Lovelace"])
    created_at: Timestamp
    has_password: bool
    operator: bool = Field(description="runs this plane")
