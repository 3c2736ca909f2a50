"""One's address, password, name and sessions."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import update

from controlplane.users.models import User
from tests.controlplane.audit.story import Story
from tests.controlplane.login.mailed import token
from tests.controlplane.people import PASSWORD, Person

NEW = "quite another horse"


def tell(story: Story) -> Iterator[tuple[str, list[str]]]:
    liz = story.signs_up("liz")
    story.session.execute(update(User).where(User.user_id == liz.user_id).values(verified_at=None))
    story.session.expire_all()
    story.asked(liz, "POST", "/auth/verify-email/resend", {"email": liz.email})
    yield "resendVerification", ["user.ask_verification"]
    story.asked(liz, "POST", "/auth/verify-email", {"token": _secret(story, liz, "verify_email")})
    yield "verifyEmail", ["user.verify_email", "auth.login"]
    story.asked(liz, "PATCH", "/auth/me", {"name": "Liz"})
    yield "changeMe", ["user.rename"]
    story.asked(liz, "POST", "/auth/password/change", {"currentPassword": PASSWORD, "password": NEW})
    story.secrets.append(NEW)
    yield "changePassword", ["user.change_password"]
    story.asked(liz, "POST", "/auth/password/forgot", {"email": liz.email})
    yield "forgotPassword", ["user.ask_password_reset"]
    reset = {"token": _secret(story, liz, "password_reset"), "password": PASSWORD}
    story.asked(liz, "POST", "/auth/password/reset", reset)
    yield "resetPassword", ["user.reset_password"]
    liz, other = liz.logs_in(), liz.logs_in()
    story.rows()
    session_id = other.get("/auth/sessions").json()["items"][0]["sessionId"]
    story.asked(liz, "DELETE", f"/auth/sessions/{session_id}")
    yield "endSession", ["session.end"]
    story.asked(liz, "DELETE", "/auth/sessions")
    yield "endOtherSessions", ["session.end_others"]


def _secret(story: Story, person: Person, kind: str) -> str:
    story.secrets.append(token(story.session, person.email, kind))
    return story.secrets[-1]
