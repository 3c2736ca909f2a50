"""The node's only way to AWS: boto3 is imported here and nowhere else in this half.

Credentials are this process's own, from boto3's usual places. They are looked for anew each minute and after every
refusal, so that a file that somebody replaces counts soon.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from envrunner.aws import policy
from envrunner.settings import Settings

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
# Longer than this no session lasts that another session has made ("role chaining").
LASTS = timedelta(hours=1)
_KEEP_SECONDS = 60.0
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException"})


class AwsTrouble(Exception):
    """A sentence for the operator."""


@dataclass(frozen=True)
class Credentials:
    """Of one engine's session."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime


class Door:
    """STS with the node's identity. Not for concurrent use."""

    def __init__(self, given: Settings) -> None:
        assert given.aws_role_arn is not None  # noqa: S101 - nobody opens it otherwise
        self._given = given
        self._role_arn = given.aws_role_arn
        # Making one costs more than asking it a hundred times.
        self._sts: Any = None
        self._made_at = 0.0

    def who(self) -> str:
        """The ARN of the node's own identity. Raises `AwsTrouble`."""
        return str(self._said(lambda sts: sts.get_caller_identity())["Arn"])

    def session(self, environment_id: str) -> Credentials:
        """For one engine. Raises `AwsTrouble`."""
        found = self._said(
            lambda sts: sts.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=environment_id,
                Policy=policy.of(environment_id),
                DurationSeconds=int(LASTS.total_seconds()),
            )
        )["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], found["Expiration"])

    def _said(self, ask: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = ask(self._client())
        except ClientError as error:
            self._sts = None
            raise AwsTrouble(
                _explained(str(error.response.get("Error", {}).get("Code", "")), self._role_arn)
            ) from error
        except BotoCoreError as error:
            self._sts = None
            raise AwsTrouble(
                f"AWS cannot be asked with this node's credentials ({type(error).__name__}: {error})"
            ) from error
        return answer

    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        if self._sts is None or time.monotonic() - self._made_at > _KEEP_SECONDS:
            endpoint, region = self._given.aws_sts_endpoint_url or None, self._given.aws_region
            self._sts = boto3.Session().client("sts", region_name=region, endpoint_url=endpoint, config=_CONFIG)
            self._made_at = time.monotonic()
        return self._sts


def _explained(code: str, role_arn: str) -> str:
    if code in _REFUSED:
        return (
            f"AWS refuses this node the role {role_arn}. Compare the role's trust policy and what the node's identity "
            "may do with `controlplane aws host-policy`."
        )
    return f"AWS does not take this node's credentials ({code}). Renew them."
