"""One check after another until one fails: each is a name and a sentence."""

import json
from dataclasses import dataclass, field
from typing import Any

MANIFEST = "application/vnd.restate.endpointmanifest.v"
BIDIRECTIONAL = "BIDI_STREAM"


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    message: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_seconds: float = 0.0


class Failed(Exception):
    """The check of this name failed; the text is a sentence to act on."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.check = Check(name, ok=False, message=message)


@dataclass
class Report:
    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def passed(self, name: str, message: str) -> None:
        self.checks.append(Check(name, ok=True, message=message))


def manifest(answer: Answer, signing_public_key: str, report: Report) -> dict[str, Any]:
    """What the endpoint says of itself; adds `identity` and `discovery`. Raises `Failed`.

    No word of the answer's body is repeated: whoever chose the address might read there what they must not.
    """
    if answer.status in (401, 403):
        raise Failed("identity", _unauthorised(answer, signing_public_key))
    if 300 <= answer.status < 400:
        raise Failed("discovery", f"It redirects (HTTP status {answer.status}), and an engine follows no redirect.")
    if answer.status != 200:
        raise Failed(
            "discovery",
            f"It answered GET …/discover with HTTP status {answer.status}: no Restate endpoint is at this path. "
            "Check the path and that the SDK serves there.",
        )
    kind = answer.headers.get("content-type", "")
    try:
        found = json.loads(answer.body) if kind.startswith(MANIFEST) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("services"), list):
        raise Failed(
            "discovery",
            "Something answers there, but it is no Restate endpoint: the answer is no endpoint manifest. "
            "Check host, port and path.",
        )
    report.passed("identity", "It takes calls that this environment has signed.")
    names = [str(one.get("name"))[:100] for one in found["services"] if isinstance(one, dict)]
    report.passed("discovery", f"It serves {', '.join(names[:20]) or 'no service'}.")
    return found


def _unauthorised(answer: Answer, signing_public_key: str) -> str:
    scheme = answer.headers.get("www-authenticate", "").partition(" ")[0]
    if scheme.isalpha():
        return (
            f"It wants a login ({scheme[:20]}; HTTP status {answer.status}) and not only the engine's signature. Let "
            "calls with this environment's signature through, or register the endpoint with the header it wants."
        )
    return (
        f"It refused the call (HTTP status {answer.status}): it does not accept this environment's key. It has another "
        f"environment's key, perhaps. Give its SDK the key {signing_public_key}."
    )
