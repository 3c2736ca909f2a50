"""JSON shapes of signing up and in."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from controlplane.auth import Permission, Role
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


class LinkToken(Schema):
    """The `token` of a link in a mail."""

    token: str = Field(max_length=100, examples=["2fWk…"])


class OwnAddress(Schema):
    email: Email


class NewPassword(Schema):
    token: str = Field(max_length=100, examples=["2fWk…"])
    password: Password = Field(examples=["correct horse battery"])

    @field_validator("password")
    @classmethod
    def _strong_enough(cls, password: str) -> str:
        return passwords.checked(password, "")


class PasswordChange(Schema):
    current_password: Password | None = Field(
        default=None, description="left out by who has none yet", examples=["correct horse battery"]
    )
    password: Password = Field(examples=["another horse battery"])

    @field_validator("password")
    @classmethod
    def _strong_enough(cls, password: str) -> str:
        return passwords.checked(password, "")


class UserChange(Schema):
    name: PersonName | None = Field(description="null: none", examples=["Ada Lovelace"])


class VerificationSentView(Schema):
    """A mail is under way; open its link to go on. Whether the address was free is told to nobody but its owner."""

    status: Literal["verification_sent"] = "verification_sent"
    email: str = Field(examples=["ada@example.com"])


class MailSentView(Schema):
    """The same whether anybody has the address: what there is to say is in the mail."""


class SessionView(Schema):
    session_id: str = Field(examples=["ses_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    kind: Literal["browser", "program"]
    client: str | None = Field(description="the program, of kind `program`", examples=["restate-cli"])
    method: str = Field(description="how you proved who you are", examples=["password"])
    user_agent: str | None
    address: str | None = Field(description="the network address it began at")
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    current: bool = Field(description="the one this request was made with")


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
        default=False, description="the account requires one, you have none: until you enrol, the role gives no right"
    )
    permissions: list[Permission] = Field(description="what you may do there, in alphabetical order")


class MeView(Schema):
    user: UserView
    accounts: list[MembershipView]
