"""JSON shapes of second factors. What WebAuthn defines is passed on as it is (level 3, §5.1)."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from controlplane.core.schema import Schema, Timestamp, printable

PasskeyName = Annotated[str, Field(max_length=100, examples=["Laptop"]), AfterValidator(printable)]
Credential = Annotated[
    dict[str, Any],
    Field(
        description="`PublicKeyCredential.toJSON()` of what the browser gave",
        examples=[{"id": "…", "rawId": "…", "type": "public-key", "response": {"clientDataJSON": "…"}}],
    ),
]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["123456"])]
RecoveryCodes = Annotated[
    list[str], Field(description="each signs in once; shown in this response only", examples=[["k3v9x-2mq7r"]])
]


class PasskeyView(Schema):
    passkey_id: str = Field(examples=["psk_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: PasskeyName
    created_at: Timestamp
    last_used_at: Timestamp | None


class SecondFactorsView(Schema):
    totp: bool = Field(description="whether an authenticator app is set up")
    passkeys: list[PasskeyView]
    recovery_codes_left: int


class TotpSetup(Schema):
    """Shown in this response only."""

    secret: str = Field(description="base32, for typing", examples=["JBSWY3DPEHPK3PXP"])
    uri: str = Field(description="the same as `otpauth://…`, with all an app needs")
    qr_svg: str = Field(description="`uri` as a QR code, an SVG document")


class TotpCode(Schema):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "123456"}]})

    code: Code


class RecoveryCodesView(Schema):
    recovery_codes: RecoveryCodes


class EnrolledView(Schema):
    recovery_codes: RecoveryCodes | None = Field(description="null while codes of an earlier set are left")


class PasskeyOptions(Schema):
    public_key: dict[str, Any] = Field(description="for `PublicKeyCredential.parse…OptionsFromJSON` in a browser")


class NewPasskey(Schema):
    name: PasskeyName
    credential: Credential


class PasskeyChange(Schema):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Laptop"}]})

    name: PasskeyName


class AddedPasskey(Schema):
    passkey: PasskeyView
    recovery_codes: RecoveryCodes | None = Field(description="null while codes of an earlier set are left")
