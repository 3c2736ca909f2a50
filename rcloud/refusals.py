"""What the API refused, as a `Failure`: its sentence, what to do, its request id, and the exit code of its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rcloud.errors import Conflict, Failure, NotFound, NotLoggedIn, Unreachable

if TYPE_CHECKING:
    import httpx2

_KINDS: dict[int, type[Failure]] = {
    401: NotLoggedIn,
    404: NotFound,
    409: Conflict,
    502: Unreachable,
    503: Unreachable,
    504: Unreachable,
}
_ADVICE = {
    "email_not_verified": "Follow the link in the mail, or ask for another one on the sign-in page.",
    "permission_denied": "See your role with `rcloud whoami`; an owner or admin of the account can change it.",
    "person_required": "Do it in the browser: rcloud open",
    "recent_sign_in_required": "Do it in the browser right after signing in: rcloud open security",
    "second_factor_enrolment_required": "Enrol a second factor in the browser: rcloud open security",
    "request_in_progress": "Run the command again in a moment.",
}


def failure(answer: httpx2.Response, url: str) -> Failure:
    """For an answer that is no success."""
    body = fields(answer)
    if not isinstance(body.get("message"), str):
        return _foreign(answer, url)
    code = str(body.get("code", ""))
    kind = _KINDS.get(answer.status_code, Failure)
    return kind(body["message"], _advice(answer, code, url), code=code, request_id=answer.headers.get("x-request-id"))


def fields(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty where there is none."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {}


def not_a_plane(url: str) -> Failure:
    """Something answers there in a language of its own."""
    return Failure(
        f"What answers at {url} is not a plane of this kind.",
        f"Check the address in a browser: {url}/healthz says that a plane is up. Choose another one with --url.",
    )


def unreachable(url: str, reason: str) -> Unreachable:
    """Nothing answers there."""
    return Unreachable(
        f"The plane at {url} cannot be reached: {reason}.",
        f"Check with: curl {url}/healthz — on its host, `script/up` starts it. Another plane: --url or RCLOUD_URL.",
    )


def _advice(answer: httpx2.Response, code: str, url: str) -> str | None:
    if answer.status_code == 401:
        return f"Log in again: rcloud login --url {url}"
    if answer.status_code == 429:
        return f"Try again in {answer.headers.get('retry-after', 'some')} seconds."
    return _ADVICE.get(code)


def _foreign(answer: httpx2.Response, url: str) -> Failure:
    if answer.status_code in (502, 503, 504):
        return unreachable(url, f"what stands before it says {answer.status_code}")
    return not_a_plane(url)
