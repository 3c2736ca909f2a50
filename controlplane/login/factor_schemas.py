"""JSON shapes of the second step of signing in, and of signing in with a passkey alone."""

from typing import Annotated, Literal

from pydantic import Field

from controlplane.core.schema import Schema
from controlplane.second_factors.schemas import Code, Credential, PasskeyOptions

Challenge = Annotated[str, Field(min_length=1, max_length=200, examples=["2Vh5…"])]


class PendingChallenge(Schema):
    challenge: Challenge = Field(description="of the refusal `second_factor_required`")


class SecondFactorAnswer(Schema):
    """`code` for `totp` and `recovery_code`, `credential` for `passkey`."""

    challenge: Challenge
    method: Literal["totp", "recovery_code", "passkey"] = Field(examples=["totp"])
    code: Code | None = Field(default=None, examples=["123456"])
    credential: Credential | None = Field(default=None, examples=[None])


class PasskeyLoginOptions(PasskeyOptions):
    challenge: Challenge = Field(description="of this attempt; send it back with the credential")


class PasskeyLogin(Schema):
    challenge: Challenge
    credential: Credential
