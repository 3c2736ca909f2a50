"""A STAND-IN for AWS: an STS that really enforces trust policies, and a Lambda that runs a handler on this machine.

As AWS does, it decides AssumeRole, with external id and session tags, by the role's trust policy (statements,
principals, conditions, refusals first), by what the caller itself is permitted and by the policy of the caller's
session; and assumed credentials invoke what the role permits. Unlike AWS it checks no signatures, and a condition that
it does not know is an error of the test.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import httpx2

from tests.support.iam import permits, trusts

_INVOCATIONS = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


class Refused(Exception):
    """An answer of AWS with this code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Role:
    """`permissions`: its policy; null where the role's own right to call AWS is no matter of the test."""

    trust: Mapping[str, Any]
    may_invoke: set[str] = field(default_factory=set)
    permissions: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Caller:
    """Who signed: a user, or a role's session with the session's own policy. `arn` is the user's or the role's."""

    arn: str
    session: str = ""
    policies: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """As AWS names it in its answers."""
        if ":role/" not in self.arn:
            return self.arn
        session = self.session or "i-0123456789abcdef0"
        return self.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + f"/{session}"


@dataclass
class AwsDouble:
    """`identities`: who calls, by access key id; `functions`: the URL that takes a function's events, by ARN.

    `permissions`: what identities are permitted, by ARN. `broken`: the code with which STS refuses everybody.
    """

    url: str
    identities: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    broken: str = ""
    lasts: timedelta = timedelta(hours=1)
    roles: dict[str, Role] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    _sessions: dict[str, str] = field(default_factory=dict)
    _callers: dict[str, Caller] = field(default_factory=dict)

    def environment(self, access_key_id: str) -> dict[str, str]:
        """The variables with which an engine or a plane takes this for AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-nobody",
            "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def caller(self, access_key_id: str) -> Caller:
        """Raises `Refused`."""
        found = self._callers.get(access_key_id)
        if found is None and access_key_id in self.identities:
            arn = self.identities[access_key_id]
            found = Caller(arn, policies=(self.permissions[arn],) if arn in self.permissions else ())
        if found is None or self.broken:
            code = self.broken or "InvalidClientTokenId"
            raise Refused(403, code, "The security token included in the request is invalid.")
        return found

    def do(self, access_key_id: str, action: str) -> str:
        """Anything else that is asked: an empty answer for whom it is permitted. Raises `Refused`."""
        caller = self.caller(access_key_id)
        self.calls.append({"action": action, "caller": caller.arn, "session": caller.session})
        if action == "GetCallerIdentity":
            account = caller.arn.split(":")[4]
            return _answer(action, f"<Arn>{escape(caller.name)}</Arn><Account>{account}</Account>")
        if not all(permits(one, action, "*", {}) for one in caller.policies):
            raise Refused(403, "AccessDenied", f"User: {caller.name} is not authorized to perform: {action}")
        return _answer(action, "")

    def assume(self, access_key_id: str, form: Mapping[str, str]) -> str:
        """The answer's XML. Raises `Refused`."""
        caller = self.caller(access_key_id)
        asked = {"role": form["RoleArn"], "external_id": form.get("ExternalId"), "session": form["RoleSessionName"]}
        tags = {name: value for name, value in form.items() if name.startswith("Tags.")}
        self.calls.append({"action": "AssumeRole", "caller": caller.arn, "by": caller.session, "tags": tags, **asked})
        role = self.roles.get(form["RoleArn"])
        for action in ("sts:AssumeRole", *(["sts:TagSession"] if tags else [])):
            if role is None or not _admitted(role, action, caller, form):
                said = f"User: {caller.name} is not authorized to perform: {action} on resource: {form['RoleArn']}"
                raise Refused(403, "AccessDenied", said)
        assert role is not None
        token, key = secrets.token_urlsafe(12), f"ASIA{secrets.token_hex(8).upper()}"
        policies = [role.permissions, json.loads(form["Policy"]) if "Policy" in form else None]
        self._sessions[token] = form["RoleArn"]
        self._callers[key] = Caller(
            form["RoleArn"], form["RoleSessionName"], tuple(one for one in policies if one is not None)
        )
        return _assumed(form["RoleArn"], key, token, self.lasts)

    def invoke(self, token: str | None, function_arn: str, event: bytes) -> tuple[bytes, bool]:
        """The handler's answer, and whether it raised an error. Raises `Refused`."""
        role_arn = self._sessions.get(token or "")
        if role_arn is None:
            raise Refused(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        self.calls.append({"action": "Invoke", "role": role_arn, "function": function_arn, "event": json.loads(event)})
        if function_arn not in self.roles[role_arn].may_invoke:
            raise Refused(403, "AccessDeniedException", f"User: {role_arn} is not authorized: lambda:InvokeFunction")
        if function_arn not in self.functions:
            raise Refused(404, "ResourceNotFoundException", f"Function not found: {function_arn}")
        answer = httpx2.post(self.functions[function_arn], content=event, timeout=30)
        return answer.content, answer.status_code != 200


def _admitted(role: Role, action: str, caller: Caller, form: Mapping[str, str]) -> bool:
    context = {
        "sts:ExternalId": form.get("ExternalId"),
        "sts:RoleSessionName": form["RoleSessionName"],
        "aws:PrincipalArn": caller.arn,
        "aws:userid": f"AROA0000000000000000:{caller.session}",
        "aws:ResourceAccount": form["RoleArn"].split(":")[4],
    }
    own = all(permits(one, action, form["RoleArn"], context) for one in caller.policies)
    return own and trusts(role.trust, action, caller.arn, context)


def _answer(action: str, result: str) -> str:
    return f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"


def _assumed(role_arn: str, key: str, token: str, lasts: timedelta) -> str:
    expires = (datetime.now(UTC) + lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>assumed</SecretAccessKey>
<SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{escape(role_arn)}</Arn></AssumedRoleUser>
</AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: AwsDouble

    def do_GET(self) -> None:
        """Of S3 and of Lambda's management: only whether somebody may."""
        action = "s3:ListAllMyBuckets" if self.path.split("?")[0] == "/" else "lambda:ListFunctions"
        try:
            self.double.do(self._signer(), action)
            self._send(200, b"{}" if action.startswith("lambda") else b"<ListAllMyBucketsResult/>", "text/xml", {})
        except Refused as error:
            self._refuse(error, sts=action.startswith("s3"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        function = _INVOCATIONS.fullmatch(unquote(self.path))
        try:
            if function is not None:
                answer, failed = self.double.invoke(self.headers.get("x-amz-security-token"), function[1], body)
                self._send(200, answer, "application/json", {"X-Amz-Function-Error": "Unhandled"} if failed else {})
            else:
                self._send(200, self._assume(body), "text/xml", {})
        except Refused as error:
            self._refuse(error, sts=function is None)

    def _assume(self, body: bytes) -> bytes:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form["Action"] == "AssumeRole":
            return self.double.assume(self._signer(), form).encode()
        return self.double.do(self._signer(), form["Action"]).encode()

    def _signer(self) -> str:
        signed = re.search(r"Credential=([^/]+)/", self.headers.get("authorization", ""))
        return signed[1] if signed else ""

    def _refuse(self, error: Refused, *, sts: bool) -> None:
        if sts:
            said = f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message>{escape(str(error))}</Message></Error>"
            self._send(error.status, f"<ErrorResponse>{said}</ErrorResponse>".encode(), "text/xml", {})
        else:
            body = json.dumps({"Message": str(error)}).encode()
            self._send(error.status, body, "application/json", {"x-amzn-ErrorType": error.code})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was ended in the middle is what tests do."""


OWN_ACCOUNT = "654654156625"
OWN_ROLE = f"arn:aws:iam::{OWN_ACCOUNT}:role/RestateCloud"
HOST = f"arn:aws:iam::{OWN_ACCOUNT}:user/host"
HOST_KEY = "AKIAHOSTHOSTHOSTHOST"


def plane_settings(double: AwsDouble) -> dict[str, str]:
    """The variables with which a whole plane has an identity there; its own account is set up elsewhere."""
    double.identities[HOST_KEY] = HOST
    return {
        **double.environment(HOST_KEY),
        "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN": OWN_ROLE,
        "CONTROLPLANE_AWS_REGION": "eu-central-1",
        "ENVRUNNER_AWS_STS_ENDPOINT_URL": double.url,
        "ENVRUNNER_AWS_LAMBDA_ENDPOINT_URL": double.url,
    }


@contextmanager
def aws_double() -> Iterator[AwsDouble]:
    """Running on a loopback port."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    double = AwsDouble(f"http://127.0.0.1:{server.server_address[1]}")
    handler.double = double  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield double
    server.shutdown()
    server.server_close()
