"""The only way to AWS: boto3 is imported here and nowhere else.

The credentials are the process's own (boto3's usual places) and assume the plane's role; what AWS or boto3 say about
them stays here.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from controlplane.aws import host_policy, principal
from controlplane.aws.errors import AwsPrincipalNotSet
from controlplane.settings import settings

_QUICK = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1}, parameter_validation=False)
# A function may have to start.
_PATIENT = _QUICK.merge(Config(read_timeout=10))
# STS says so of whoever may not; every other refusal is about the plane's own credentials or about AWS itself.
_REFUSED = {"AccessDenied", "AccessDeniedException"}
_MOST_BYTES = 1024 * 1024
_OF_FUNCTIONS = {
    "AccessDeniedException": (
        "The role may not invoke the function. Give it lambda:InvokeFunction on this very version or alias."
    ),
    "ResourceNotFoundException": "There is no such function, version or alias in this region and account.",
}
T = TypeVar("T")
_log = structlog.get_logger()
_lock = Lock()
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
    session_token: str | None


@dataclass(frozen=True)
class Invoked:
    """`failed`: the function raised an error."""

    payload: bytes
    failed: bool


class AwsDoor:
    """STS with the plane's identity, and Lambda with an assumed one. For one judgement; sessions are not renewed."""

    def __init__(self) -> None:
        self._planes: dict[str, Credentials] = {}

    def assume(self, role_arn: str, external_id: str | None, tags: dict[str, str]) -> Credentials:
        """Raises `AssumeRefused`, `PlaneTrouble`."""
        asked: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": "restate-preflight"}
        plane = self._as_plane(role_arn)
        asked |= {"ExternalId": external_id} if external_id is not None else {}
        asked |= {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
        try:
            return _credentials(_sts(plane).assume_role(**asked))
        except ClientError as error:
            if _code(error) in _REFUSED:
                raise AssumeRefused from error
            raise _trouble(_code(error)) from error
        except BotoCoreError as error:
            raise _trouble(type(error).__name__) from error

    def _as_plane(self, role_arn: str) -> Credentials:
        """The plane's own role, for one customer's role only. Raises `PlaneTrouble`."""
        if role_arn not in self._planes:
            try:
                asked = {"RoleSessionName": host_policy.DOCTOR_SESSION, "Policy": host_policy.doctor_session(role_arn)}
                self._planes[role_arn] = _credentials(_sts().assume_role(RoleArn=principal.own().role_arn, **asked))
            except AwsPrincipalNotSet as error:
                raise PlaneTrouble(error.message) from error
            except ClientError as error:
                raise _trouble(_code(error)) from error
            except BotoCoreError as error:
                raise _trouble(type(error).__name__) from error
        return self._planes[role_arn]

    def invoke(self, credentials: Credentials, region: str, function_arn: str, event: bytes) -> Invoked:
        """Raises `InvokeRefused`, `PlaneTrouble`."""
        try:
            client = _client("lambda", region, credentials, _PATIENT)
            answer = client.invoke(FunctionName=function_arn, Payload=event)
            return Invoked(answer["Payload"].read(_MOST_BYTES), "FunctionError" in answer)
        except ClientError as error:
            known = _OF_FUNCTIONS.get(
                _code(error), "AWS Lambda refused the call. Try again; look at the function there."
            )
            raise InvokeRefused(known) from error
        except BotoCoreError as error:
            raise _trouble(type(error).__name__) from error


class HostDoor:
    """The plane's own standing with AWS, for its operator; every method raises `PlaneTrouble`, with what AWS said."""

    def who(self) -> str:
        """The ARN of this process's identity."""
        return str(self._said(lambda: _sts().get_caller_identity()["Arn"]))

    def role(self) -> Credentials:
        """A session of the plane's role, with all that the role may."""
        role_arn = principal.own().role_arn
        asked = {"RoleArn": role_arn, "RoleSessionName": host_policy.DOCTOR_SESSION}
        return self._said(lambda: _credentials(_sts().assume_role(**asked)))

    def excess(self, credentials: Credentials | None) -> list[str]:
        """What this process's identity or a session may do beyond what it should, of what can be tried without harm."""
        region, own = settings().aws_region, principal.own().role_arn
        asked = {"RoleArn": own, "RoleSessionName": host_policy.DOCTOR_SESSION, "ExternalId": "env_" + "0" * 27}
        tries: dict[str, Callable[[], object]] = {
            "iam:ListRoles": lambda: _client("iam", region, credentials).list_roles(MaxItems=1),
            "lambda:ListFunctions": lambda: _client("lambda", region, credentials).list_functions(MaxItems=1),
            "s3:ListAllMyBuckets": lambda: _client("s3", region, credentials).list_buckets(),
        }
        if credentials is not None:
            tries["sts:AssumeRole in its own account"] = lambda: _sts(credentials).assume_role(**asked)
        return [name for name, attempt in tries.items() if self._may(attempt)]

    def _may(self, attempt: Callable[[], object]) -> bool:
        try:
            attempt()
        except ClientError as error:
            if _code(error) in _REFUSED:
                return False
            raise PlaneTrouble(_code(error)) from error
        except BotoCoreError as error:
            raise PlaneTrouble(f"{type(error).__name__}: {error}") from error
        return True

    def _said(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except ClientError as error:
            raise PlaneTrouble(_code(error)) from error
        except BotoCoreError as error:
            raise PlaneTrouble(f"{type(error).__name__}: {error}") from error


def _sts(credentials: Credentials | None = None) -> Any:  # noqa: ANN401 - boto3 has no types
    return _client("sts", settings().aws_region, credentials)


def _client(service: str, region: str, credentials: Credentials | None, config: Config = _QUICK) -> Any:  # noqa: ANN401
    used = credentials or _own()
    given = {
        "aws_access_key_id": used.access_key_id,
        "aws_secret_access_key": used.secret_access_key,
        "aws_session_token": used.session_token,
    }
    with _lock:
        return _session().client(service, region_name=region, config=config, **given)


@lru_cache
def _session() -> boto3.Session:
    """For what it has read of services' descriptions: reading takes 90 ms of CPU, which tenants could ask for."""
    return boto3.Session()


def _own() -> Credentials:
    """This process's, looked for anew each time: a file that somebody replaces counts. Raises `BotoCoreError`."""
    found = boto3.Session().get_credentials()
    if found is None:
        raise NoCredentialsError
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


def _credentials(answer: dict[str, Any]) -> Credentials:
    found = answer["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _trouble(what: str) -> PlaneTrouble:
    _log.warning("aws_unusable", what=what)
    return PlaneTrouble(
        "This plane's own access to AWS does not work at the moment. Ask its operator, who finds it in the log."
    )
