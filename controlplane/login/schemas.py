"""JSON shapes of signing up and in."""

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from controlplane.auth import Role
from controlplane.core.schema import Schema, Timestamp
from controlplane.login import passwords
from controlplane.users.schemas import Email, PersonName, UserView

Password = Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]


class NewUser(Schema):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ada@example.com", "password": "correct horse battery", "name": "Ada Lovelace"}]
        }
    )

    email: Email
    password: Password = Field(
        description=f"{passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters, not your e-mail address"
    )
    name: PersonName | None = None

    @field_validator("password")
    @classmethod
    def _strong_enough(cls, password: str, info: ValidationInfo) -> str:
        return passwords.checked(password, info.data.get("email", ""))


class Credentials(Schema):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "password": "correct horse battery"}]}
    )

    email: Email
    password: Password


class SignedInView(Schema):
    """Who you are now. The response also sets the session cookie `rc_session`."""

    user: UserView
    access_token: str = Field(description="send as `Authorization: Bearer …`; shown once", examples=["eyJhbGciOi…"])
    expires_at: Timestamp = Field(description="of the access token")


class MembershipView(Schema):
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: str = Field(examples=["demo"])
    role: Role
    second_factor_required: bool = Field(
        default=False, description="the account demands one and you have none: until you enrol, the role gives no right"
    )


class MeView(Schema):
    user: UserView
    accounts: list[MembershipView]
