"""An app, a passkey and recovery codes: enrolled, used to sign in, removed."""

from __future__ import annotations

from collections.abc import Iterator

from tests.controlplane.audit.story import Story
from tests.controlplane.second_factors.factors import (
    App,
    creation_options,
    first_step,
    log_in_alone,
    prove,
)
from tests.support.authenticator import Authenticator


def tell(story: Story) -> Iterator[tuple[str, list[str]]]:
    grace = story.signs_up("grace")
    app = App(story.asked(grace, "POST", "/auth/totp")["secret"])
    yield "startTotp", ["totp.start"]
    story.asked(grace, "POST", "/auth/totp/confirm", {"code": app.code()})
    yield "confirmTotp", ["totp.enable"]
    story.asked(grace, "POST", "/auth/recovery-codes")
    yield "renewRecoveryCodes", ["recovery_codes.renew"]
    challenge = first_step(grace)["challenge"]
    story.secrets.append(challenge)
    yield "logIn, half", ["auth.challenge"]
    prove(story.client, challenge, "totp", "000000")
    yield "proveSecondFactor, wrong", ["auth.second_factor_failed"]
    prove(story.client, challenge, "totp", app.code(1))
    yield "proveSecondFactor", ["auth.login"]
    device = Authenticator()
    body = {"name": "Laptop", "credential": device.create(creation_options(grace))}
    passkey = story.asked(grace, "POST", "/auth/passkeys", body)["passkey"]["passkeyId"]
    yield "addPasskey", ["passkey.add"]
    story.asked(grace, "PATCH", f"/auth/passkeys/{passkey}", {"name": "Phone"})
    yield "renamePasskey", ["passkey.rename"]
    log_in_alone(story.client, device)
    yield "logInWithPasskey", ["auth.login"]
    story.asked(grace, "DELETE", f"/auth/passkeys/{passkey}")
    yield "removePasskey", ["passkey.remove"]
    story.asked(grace, "DELETE", "/auth/totp")
    yield "removeTotp", ["totp.disable"]
