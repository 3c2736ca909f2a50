"""The token with which a CI platform says whose job this is: asked of GitHub Actions, or handed over in a variable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rcloud.errors import Failure, Unreachable, Usage
from rcloud.lazy import lazy

if TYPE_CHECKING:
    import httpx2
else:
    httpx2 = lazy("httpx2")

_URL, _TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
VARIABLE = "RESTATE_ID_TOKEN"
_TIMEOUT_SECONDS = 30.0


def id_token(audience: str, variable: str) -> str:
    """From the variable where it is set (GitLab's `id_tokens`), else from GitHub. Raises `Failure`."""
    if given := os.environ.get(variable, "").strip():
        return given
    url, secret = os.environ.get(_URL), os.environ.get(_TOKEN)
    if not url or not secret:
        raise Usage(
            "Nothing here says whose job this is.",
            "In GitHub Actions, give the job `permissions: id-token: write`. In GitLab, declare "
            f"`id_tokens: {variable}: aud: {audience}`. Elsewhere, put your platform's token into {variable}.",
        )
    return _asked_of_github(url, secret, audience)


def _asked_of_github(url: str, secret: str, audience: str) -> str:
    try:
        with httpx2.Client(timeout=_TIMEOUT_SECONDS) as client:
            asked = httpx2.URL(url).copy_merge_params({"audience": audience})
            answer = client.get(asked, headers={"authorization": f"Bearer {secret}"})
            value = answer.json()["value"] if answer.is_success else None
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise Unreachable(f"GitHub gave no token: {error}.", "Run the job again.") from error
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, str):
        raise Failure(f"GitHub gave no token (HTTP status {answer.status_code}).", "Run the job again.")
    return value
