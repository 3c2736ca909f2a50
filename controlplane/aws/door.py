"""The only way to AWS: boto3 is imported here and nowhere else.

The credentials are the process's own (boto3's usual places); what AWS or boto3 say about them stays here.
"""

import logging
from dataclasses import dataclass
from typing import Any

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from controlplane.settings import settings

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1}, parameter_validation=False)
# STS says so of whoever may not; every other refusal is about the plane's own credentials or about AWS itself.
_REFUSED = {"AccessDenied", "AccessDeniedException"}
_MOST_BYTES = 1024 * 1024
_OF_FUNCTIONS = {
    "AccessDeniedException": (
        "The role may not invoke the function. Give it lambda:InvokeFunction on this very version or alias."
    ),
    "ResourceNotFoundException": "There is no such function, version or alias in this region and account.",
}
_log = structlog.get_logger()
# Its own log would name where credentials were looked for.
logging.getLogger("botocore").setLevel(logging.WARNING)


class AssumeRefused(Exception):
    """The role's trust policy does not let this plane in that way, or there is no such role."""


class InvokeRefused(Exception):
    """The text is a sentence."""


class PlaneTrouble(Exception):
    """This plane's own way to AWS does not work; the text is a sentence that a tenant may read."""


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True)
class Invoked:
    """`failed`: the function raised an error."""

    payload: bytes
    failed: bool


class AwsDoor:
    """STS with the plane's identity, and Lambda with an assumed one."""

    def assume(self, role_arn: str, external_id: str | None, tags: dict[str, str]) -> Credentials:
        """Raises `AssumeRefused`, `PlaneTrouble`."""
        asked: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": "restate-preflight"}
        asked |= {"ExternalId": external_id} if external_id is not None else {}
        asked |= {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
        try:
            sts = boto3.Session().client("sts", region_name=settings().aws_region, config=_CONFIG)
            found = sts.assume_role(**asked)["Credentials"]
        except ClientError as error:
            if _code(error) in _REFUSED:
                raise AssumeRefused from error
            raise _trouble(_code(error)) from error
        except BotoCoreError as error:
            raise _trouble(type(error).__name__) from error
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def invoke(self, credentials: Credentials, region: str, function_arn: str, event: bytes) -> Invoked:
        """Raises `InvokeRefused`, `PlaneTrouble`."""
        try:
            client = boto3.Session().client(
                "lambda",
                region_name=region,
                config=_CONFIG,
                aws_access_key_id=credentials.access_key_id,
                aws_secret_access_key=credentials.secret_access_key,
                aws_session_token=credentials.session_token,
            )
            answer = client.invoke(FunctionName=function_arn, Payload=event)
            return Invoked(answer["Payload"].read(_MOST_BYTES), "FunctionError" in answer)
        except ClientError as error:
            known = _OF_FUNCTIONS.get(
                _code(error), "AWS Lambda refused the call. Try again; look at the function there."
            )
            raise InvokeRefused(known) from error
        except BotoCoreError as error:
            raise _trouble(type(error).__name__) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _trouble(what: str) -> PlaneTrouble:
    _log.warning("aws_unusable", what=what)
    return PlaneTrouble(
        "This plane's own access to AWS does not work at the moment. Ask its operator, who finds it in the log."
    )
