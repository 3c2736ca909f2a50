"""The role doctor: assumes the invoker role as the engine does, then as nobody should; and asks the function.

What AWS answers is never repeated: it names our own identity, and a tenant could learn the host's credentials' layout.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Protocol

from controlplane.aws import invoker
from controlplane.aws.door import AssumeRefused, Credentials, Invoked, InvokeRefused, PlaneTrouble
from controlplane.core.ids import new_id
from controlplane.preflight.checks import BIDIRECTIONAL, Answer, Failed, Report, manifest
from controlplane.preflight.endpoint import Caller
from controlplane.preflight.signing import DISCOVER

_POLICY = "Compare it with this environment's trust policy, or have it judged: rcloud lambda lint."


@dataclass(frozen=True)
class Function:
    arn: str
    role_arn: str | None
    environment_id: str


class Door(Protocol):
    """The way to AWS (aws.door)."""

    def assume(self, role_arn: str, external_id: str | None, tags: dict[str, str]) -> Credentials: ...

    def invoke(self, credentials: Credentials, region: str, function_arn: str, event: bytes) -> Invoked: ...


def run(function: Function, caller: Caller, door: Door, report: Report) -> None:
    """Adds what was found. Raises `Failed`."""
    region, role_arn = _names(function, report)
    try:
        credentials = _assume(function, role_arn, door, report)
        answer = _invoke(function, region, credentials, caller, door, report)
    except PlaneTrouble as error:
        raise Failed("aws", str(error)) from error
    found = manifest(answer, caller.signing_public_key, report)
    if found.get("protocolMode") == BIDIRECTIONAL:
        raise Failed("protocol_mode", "It says it is bidirectional, which Lambda is not. Use the SDK's Lambda handler.")
    report.passed("protocol_mode", "It is called in request-response mode.")


def _names(function: Function, report: Report) -> tuple[str, str]:
    try:
        region = invoker.check_function(function.arn)
        role_arn = invoker.check_role(function.role_arn)
        invoker.check_pair(function.arn, role_arn)
    except invoker.Unfit as error:
        raise Failed(error.name, str(error)) from error
    report.passed("arn", "The ARNs are well-formed.")
    return region, role_arn


def _assume(function: Function, role_arn: str, door: Door, report: Report) -> Credentials:
    """As the engine does, and then as nobody should be able to: only after the role has shown that it trusts us."""
    try:
        credentials = door.assume(role_arn, function.environment_id, {})
    except AssumeRefused as error:
        raise Failed("assume_role", f"{invoker.not_trusted(function.environment_id)} {_POLICY}") from error
    report.passed("assume_role", "This plane may assume the role for this environment (statement 1).")
    fix = f'Require "sts:ExternalId": "{function.environment_id}" under "StringEquals" in statement 1. {_POLICY}'
    _must_refuse(door, role_arn, None, "external_id_required", f"The role needs no external id. {fix}", report)
    other = new_id("env")
    _must_refuse(
        door,
        role_arn,
        other,
        "other_environments_refused",
        f"Any other environment may use the role. {fix}",
        report,
    )
    try:
        door.assume(role_arn, function.environment_id, {"restate-environment": function.environment_id})
    except AssumeRefused as error:
        raise Failed("tag_session", f"The role does not allow sts:TagSession (statement 2). {_POLICY}") from error
    report.passed("tag_session", "This plane may tag the session (statement 2).")
    return credentials


def _must_refuse(door: Door, role_arn: str, external_id: str | None, name: str, message: str, report: Report) -> None:
    try:
        door.assume(role_arn, external_id, {})
    except AssumeRefused:
        report.passed(name, "The role is refused to everybody who should not have it (statement 1).")
        return
    raise Failed(name, message)


def _invoke(
    function: Function, region: str, credentials: Credentials, caller: Caller, door: Door, report: Report
) -> Answer:
    event = {"path": DISCOVER, "httpMethod": "GET", "headers": caller.headers, "body": "", "isBase64Encoded": True}
    try:
        invoked = door.invoke(credentials, region, function.arn, json.dumps(event).encode())
    except InvokeRefused as error:
        raise Failed("invoke", str(error)) from error
    if invoked.failed:
        raise Failed("invoke", "The function ended with an error of its own. Its log in CloudWatch says which.")
    report.passed("invoke", "The role may invoke the function.")
    return _answer(invoked.payload)


def _answer(payload: bytes) -> Answer:
    """Of API Gateway's shape, as the SDKs' Lambda handlers give it. Raises `Failed`."""
    try:
        given: Any = json.loads(payload)
        headers = {str(name).lower(): str(value) for name, value in given["headers"].items()}
        body = str(given.get("body") or "")
        raw = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
        return Answer(int(given["statusCode"]), headers, raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise Failed(
            "discovery",
            "The function answers, but is no Restate endpoint: wrap your services in the SDK's Lambda handler.",
        ) from error
