"""Odd values everywhere in the control plane's API: each is refused in words, or taken; none is our fault."""
# ruff: noqa: E501 - lists of oddities read best as tables

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cast import port
from tests.support.raw import Answer, ask
from tests.support.tenants import Environment

pytestmark = pytest.mark.system

ODD_IDS = (
    "x", "0", "-1", "%00", "%0a", "%2e%2e", "%2F", "%25", "*", "'", '"', "null", "a" * 300, "a" * 5000, quote("ünïcödé"), quote("𝕏"),
    "%ff%fe", "env_", "env_" + "0" * 27, "env_" + "z" * 26, "acc_%00", "key_x.y", "a;b", "a,b", "%20", "{environment_id}",
)  # fmt: skip
ODD_QUERIES = (
    "limit=0", "limit=-1", "limit=101", "limit=1e9", "limit=99999999999999999999", "limit=", "limit=a", "limit=1&limit=2", "after=%00",
    "after=x", "after=" + "a" * 65, "after=%ff", "action=%00", "actor=%00", "actor=" + "x" * 33, "purge=maybe", "unknown=1", "&&&", "=",
)  # fmt: skip


class _OrNothing(dict[str, str]):
    """The own identifiers; everything else in a path names nothing."""

    def __missing__(self, _name: str) -> str:
        return "nothing"


@pytest.fixture(scope="module")
def home(environment: Callable[[], Environment]) -> Environment:
    """Of a user whom no other test asks for: so many odd user codes let nobody in for a while."""
    return environment()


def paths(api_url: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = httpx2.get(f"{api_url}/api/v1/openapi.json", timeout=60).json()["paths"]
    return found


def well_refused(answer: Answer) -> bool:
    """A status of the client's fault, in the shape that every refusal has."""
    body = json.loads(answer.body)
    return 400 <= answer.status < 500 and {"code", "message"} <= set(body) and "x-request-id" in answer.headers


def test_odd_identifiers(home: Environment) -> None:
    """Every identifier in every place of every path, and so that each operation of a path gets its share of them."""
    where, token = port(home.owner.api_url), home.owner.token

    def wrong(verb: str, path: str, body: dict[str, str] | None) -> str | None:
        answer = ask(where, verb.upper(), path, token, body)
        return None if well_refused(answer) else f"{verb} {path[:150]}: {answer}"

    requests = list(odd_requests(paths(home.owner.api_url), home))
    assert len(requests) > len(ODD_IDS) * 50
    # While one request waits for the database another is made.
    with ThreadPoolExecutor(4) as pool:
        assert [found for found in pool.map(wrong, *zip(*requests, strict=True)) if found] == []


def odd_requests(
    templates: dict[str, dict[str, Any]], home: Environment
) -> Iterator[tuple[str, str, dict[str, str] | None]]:
    """Verb, path and body."""
    own = {"accountId": home.account_id, "environmentId": home.environment_id}
    for template, verbs in templates.items():
        names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
        for name in names:
            for odd, (verb, said) in zip(ODD_IDS, cycle(verbs.items()), strict=False):
                path = template.format_map({**dict.fromkeys(names, "x"), **own, name: odd})
                yield verb, path, {} if "requestBody" in said else None


def test_odd_queries(home: Environment) -> None:
    where, token = port(home.owner.api_url), home.owner.token
    own = _OrNothing(accountId=home.account_id, environmentId=home.environment_id)
    wrong = []
    for template, verbs in paths(home.owner.api_url).items():
        if "get" not in verbs or "{keyId}" in template:
            continue
        for odd in ODD_QUERIES:
            answer = ask(where, "GET", f"{template.format_map(own)}?{odd}", token)
            if answer.status >= 500:
                wrong.append(f"{template}?{odd}: {answer}")
    assert wrong == []


def test_odd_headers(home: Environment) -> None:
    where, token = port(home.owner.api_url), home.owner.token
    wrong = []
    for headers in (
        {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 256}, {"Idempotency-Key": "\x01"}, {"Idempotency-Key": "ü"}, {"Cookie": "rc_session="},
        {"Cookie": "rc_session=%00"}, {"Cookie": "a" * 4000}, {"Accept": "application/xml"}, {"Accept-Encoding": "br;q=x"}, {"Host": "evil"},
        {"X-Forwarded-For": "x" * 500}, {"X-Request-Id": "\x01"}, {"User-Agent": "x" * 5000}, {"Content-Encoding": "gzip"}, {"Expect": "x"},
        {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Range": "bytes=0-1"}, {"Upgrade": "h2c"}, {"Transfer-Encoding": "x"},
    ):  # fmt: skip
        answer = ask(where, "POST", "/api/v1/accounts", token, {"name": "--"}, headers)
        if not 400 <= answer.status < 500:
            wrong.append(f"{headers}: {answer}")
    assert wrong == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("email", "password", "name", "region", "description", "role", "expiresAt", "environmentId")
_bodies = st.dictionaries(
    st.sampled_from(FIELDS), _json | st.sampled_from(["dev", "full", "9999-12-31T23:59:59-23:59"]), max_size=4
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_bodies | _json)
def test_odd_bodies(body: Any, home: Environment) -> None:
    where, token = port(home.owner.api_url), home.owner.token
    own = _OrNothing(accountId=home.account_id, environmentId=home.environment_id)
    # Nothing that this makes may run an engine: names are refused, so that only the rest is tried.
    if isinstance(body, dict) and "name" in body:
        body = {**body, "name": [body["name"]]}
    for template, verbs in paths_with_bodies(home.owner.api_url):
        for verb in verbs:
            answer = ask(where, verb.upper(), template.format_map(own), token, body)
            assert answer.status < 500, f"{verb} {template} {body!r}: {answer}"
            if answer.status == 201 and "api-keys" in template:
                key = json.loads(answer.body)["keyId"]
                home.owner.call("DELETE", f"{home.path}/api-keys/{key}")


def paths_with_bodies(api_url: str) -> list[tuple[str, list[str]]]:
    if api_url not in _known:
        found = {p: [v for v, said in verbs.items() if "requestBody" in said] for p, verbs in paths(api_url).items()}
        _known[api_url] = [(path, verbs) for path, verbs in found.items() if verbs and "auth" not in path]
    return _known[api_url]


_known: dict[str, list[tuple[str, list[str]]]] = {}
