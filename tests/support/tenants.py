"""The plane as its users see it: people who signed up, their environments, and calls with their keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from tests.support.waiting import until

TIMEOUT = httpx2.Timeout(60.0)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    """Somebody who signed up. ``call`` is the control plane's API in this person's name."""

    api_url: str
    email: str
    token: str

    def call(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One call of ``/api/v1`` + ``path``; ``request`` as for ``httpx2.request``."""
        headers = {"authorization": f"Bearer {self.token}"}
        return _request(method, f"{self.api_url}/api/v1{path}", headers=headers, **request)

    def created(self, path: str, **body: Any) -> dict[str, Any]:
        """POST that must succeed; its JSON."""
        answer = self.call("POST", path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        result: dict[str, Any] = answer.json()
        return result

    def again(self) -> Person:
        """The same person with a sign-in of this moment."""
        body = {"email": self.email, "password": PASSWORD}
        answer = _request("POST", f"{self.api_url}/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return Person(self.api_url, self.email, answer.json()["accessToken"])


def sign_up(api_url: str, email: str | None = None) -> Person:
    email = email or f"u{uuid4().hex}@example.com"
    answer = _request("POST", f"{api_url}/api/v1/auth/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return Person(api_url, email, answer.json()["accessToken"])


@dataclass(frozen=True)
class Environment:
    """One environment of ``owner``, reached through the edge at the URLs that the control plane names."""

    owner: Person
    account_id: str
    account_name: str
    environment_id: str
    name: str
    ingress_url: str
    admin_url: str
    signing_public_key: str

    @property
    def label(self) -> str:
        """The first label of its host names."""
        return self.environment_id.removeprefix("env_")

    @property
    def path(self) -> str:
        """Of its resource below ``/api/v1``."""
        return f"/accounts/{self.account_id}/environments/{self.environment_id}"

    def api_key(self, role: str = "full") -> str:
        """The secret of a new API key, once the edge knows it."""
        secret: str = self.owner.created(f"{self.path}/api-keys", description="test", role=role)["secret"]
        until(lambda: self.using(secret).admin("GET", "/health").status_code != 401)
        return secret

    def using(self, token: str | None) -> Caller:
        """A caller that sends ``token``, or none."""
        return Caller(self, token)


def create_environment(owner: Person, name: str = "dev", account_name: str | None = None) -> Environment:
    """A new account with one environment in it, ready for calls."""
    account = owner.created("/accounts", name=account_name or f"a{uuid4().hex[:20]}")
    path = f"/accounts/{account['accountId']}/environments"
    created = owner.created(path, name=name)

    def active() -> dict[str, Any] | None:
        seen: dict[str, Any] = owner.call("GET", f"{path}/{created['environmentId']}").json()
        assert seen["status"] != "FAILED", seen["statusReason"]
        return seen if seen["status"] == "ACTIVE" else None

    ready = until(active, 60)
    environment = Environment(
        owner,
        account["accountId"],
        account["name"],
        ready["environmentId"],
        name,
        ready["ingressBaseUrl"].rstrip("/"),
        ready["adminBaseUrl"].rstrip("/"),
        ready["signingPublicKey"],
    )
    until(lambda: environment.using(owner.token).admin("GET", "/health").status_code == 200)
    return environment


@dataclass(frozen=True)
class Caller:
    """Calls to one environment with one token, through the edge."""

    environment: Environment
    token: str | None

    def ingress(self, method: str, path: str, **request: Any) -> httpx2.Response:
        return self._send(method, self.environment.ingress_url + path, request)

    def admin(self, method: str, path: str, **request: Any) -> httpx2.Response:
        return self._send(method, self.environment.admin_url + path, request)

    def invoke(self, path: str, body: Any = None, **headers: str) -> Any:
        """The decoded JSON answer of a handler that must succeed; header names with ``_`` for ``-``."""
        answer = self.post(path, body, **headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """POST of a JSON body, or of none, to the ingress."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return self.ingress("POST", path, headers=named)
        named["content-type"] = "application/json"
        return self.ingress("POST", path, headers=named, content=json.dumps(body))

    def send(self, path: str, body: Any = None, **headers: str) -> str:
        """The invocation id of a one-way call that must be accepted."""
        answer = self.post(path, body, **headers)
        assert answer.status_code == 202, f"{path}: {answer.status_code} {answer.text}"
        invocation_id: str = answer.json()["invocationId"]
        return invocation_id

    def register(self, url: str) -> httpx2.Response:
        return self.admin("POST", "/deployments", json={"uri": url})

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query on the engine; columns that are NULL are absent."""
        answer = self.admin("POST", "/query", json={"query": query}, headers={"accept": "application/json"})
        assert answer.status_code == 200, f"{query}: {answer.status_code} {answer.text}"
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def status_of(self, invocation_id: str) -> str | None:
        """Of an invocation as the engine sees it, such as ``running``, ``scheduled``, ``suspended``, ``completed``."""
        rows = self.sql(f"select status from sys_invocation where id = '{invocation_id}'")
        return rows[0]["status"] if rows else None

    def wait_for_failure(self, invocation_id: str) -> str:
        """The last failure of an invocation, once an attempt has failed."""
        query = f"select last_failure from sys_invocation where id = '{invocation_id}' and last_failure is not null"
        failure: str = until(lambda: self.sql(query), 60)[0]["last_failure"]
        return failure

    def _send(self, method: str, url: str, request: dict[str, Any]) -> httpx2.Response:
        headers = dict(request.pop("headers", {}))
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        return _request(method, url, headers=headers, **request)


def _request(method: str, url: str, **request: Any) -> httpx2.Response:
    # All of this is plain HTTP on loopback, and reading the machine's CA certificates costs more than the call.
    return httpx2.request(method, url, timeout=TIMEOUT, verify=False, **request)
