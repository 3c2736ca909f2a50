"""What somebody hears when their second factors change, so that they notice a change that was not theirs."""

from sqlalchemy.orm import Session

from controlplane.core import clock, request_context
from controlplane.mail import service as mail
from controlplane.users.models import User

TOTP_ADDED = "An authenticator app was added"
TOTP_REMOVED = "The authenticator app was removed"
PASSKEY_ADDED = "A passkey was added"
PASSKEY_REMOVED = "A passkey was removed"
CODES_RENEWED = "New recovery codes were made"
CODE_USED = "A recovery code was used to sign in"
RESET = "All second factors were removed by an operator"


def send(session: Session, user: User, what: str, name: str | None = None) -> None:
    """Mail of the change with this commit; `name` is the passkey's."""
    _mail(session, user, "second_factor_changed", {"what": what, "name": name})


def warn(session: Session, user: User, tries: int) -> None:
    """Mail that somebody came through the first step and failed `tries` times at the second."""
    _mail(session, user, "second_factor_failed", {"tries": tries})


def _mail(session: Session, user: User, template: str, values: dict[str, object]) -> None:
    common = {"email": user.email, "at": clock.now(), "address": request_context.address.get()}
    mail.send(session, user.email, template, values | common, template)
