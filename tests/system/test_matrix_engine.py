"""Every route of an engine for everybody, through the edge, against the rules of `rules_engine`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import pytest

from tests.support.asking import all_at_once
from tests.support.cast import EVERYBODY, INSIDERS, Cast, port
from tests.support.crowd import BROWSERS, CROWD, browsers
from tests.support.raw import Answer, ask
from tests.support.waiting import until
from tests.system import rules_engine as rules

pytestmark = pytest.mark.system

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
VERSIONS = ("/v2", "/v3", "/v4")
SERVED_ONCE = {"/", "/ui", "/ui/", "/ui/index.html"}
SQL = {"query": "SELECT 1"}
# Nothing of these may be reached by anybody: they belong to the engine's cluster, or to no release that was read.
CLOSED = (
    "/metadata/x", "/metrics", "/debug/pprof/heap", "/restate.cluster_ctrl.ClusterCtrlSvc/GetClusterConfiguration",
    "/v1/deployments", "/v5/deployments", "/v2/v3/deployments", "/deployments/x/y", "/cluster", "/internal",
    "/services/x/state/y", "/invocations", "/DEPLOYMENTS", "/Health", "/query/invocations", "/internal/services/x",
)  # fmt: skip
INGRESS = {
    "/restate/health": "GET", "/svc/handler": "POST", "/obj/key/handler": "POST", "/svc/handler/send": "POST",
    "/greeter/mine-1/greet": "POST", "/greeter/mine-1/greet/send": "POST",
    "/restate/call/svc/handler": "POST", "/restate/send/svc/handler": "POST", "/restate/scope/s/call/svc/h": "POST",
    "/restate/invocation/inv_1/attach": "GET", "/restate/invocation/inv_1/output": "GET",
    "/restate/attach/inv_1": "GET", "/restate/output/inv_1": "GET", "/restate/lookup": "POST",
    "/restate/workflow/w/k/attach": "GET", "/restate/workflow/w/k/output": "GET",
    "/restate/awakeables/prom_1x/resolve": "POST", "/restate/awakeables/prom_1x/reject": "POST",
    "/restate/a/prom_1x/resolve": "POST", "/restate/a/prom_1x/reject": "POST",
}  # fmt: skip
ALL = (*EVERYBODY, *CROWD, *BROWSERS)


class Asked(NamedTuple):
    method: str
    template: str
    version: str = ""

    @property
    def path(self) -> str:
        return self.version + rules.filled(self.template)


@pytest.fixture(scope="module")
def tokens(cast: Cast, crowd: dict[str, str]) -> dict[str, str | None]:
    return cast.tokens | crowd | browsers(cast)


@pytest.fixture
def frozen(cast: Cast) -> Iterator[None]:
    """The own environment is read-only meanwhile."""
    for read_only in (True, False):
        assert cast.own.owner.call("PATCH", cast.own.path, json={"readOnly": read_only}).status_code == 200
        change = ("DELETE", "/deployments/dp_nothing", cast.tokens["owner member"])
        until(lambda: (ask(port(cast.own.admin_url), *change).status == 403) == read_only)  # noqa: B023
        if read_only:
            yield


def listed() -> Iterator[Asked]:
    for route in rules.ALL:
        method, template = route.split(" ")
        yield from (Asked(verb, template) for verb in ((method, "HEAD") if method == "GET" else (method,)))


@cache
def requests(name: str) -> tuple[Asked, ...]:
    """All that there is, unversioned and at one of the versions; what there is not, by one method or two.

    Which ones, is another from principal to principal: all of them together meet them all.
    """
    turn, there = ALL.index(name), list(listed())
    found = there + [
        Asked(method, template, VERSIONS[(turn + n) % len(VERSIONS)])
        for n, (method, template, _) in enumerate(there)
        if template not in SERVED_ONCE
    ]
    for n, template in enumerate(dict.fromkeys(one.template for one in there)):
        found += [Asked(METHODS[(turn + n + step) % len(METHODS)], template) for step in (0, 4)]
    closed = [Asked(method, path) for path in CLOSED for method in ("GET", "POST", "DELETE")]
    return tuple(dict.fromkeys((*found, *closed[turn % 2 :: 2])))


def told(answer: Answer, method: str) -> str | None:
    """The edge's own refusal; null for an answer of the engine's. To HEAD it is told by its length alone."""
    texts = rules.REFUSALS.get(answer.status, ())
    if method != "HEAD":
        return next((text for text in texts if answer.message.startswith(text)), None)
    length = int(answer.headers.get("content-length", -1))
    whole = {text: len(json.dumps({"message": text, "restate_code": None}, separators=(",", ":"))) for text in texts}
    return next((text for text in texts if length == whole[text]), None)


def wrong(asked: Asked, answer: Answer, refusal: str | None) -> str | None:
    """What is not as it should be."""
    said = told(answer, asked.method)
    # TRACE is refused by nginx before anything else.
    if asked.method == "TRACE":
        right = answer.status == 405
    elif asked.method == "HEAD" and refusal is not None:
        right = answer.status in (401, 403, 404) and not answer.body
    elif refusal == rules.UNKNOWN:
        right = said in rules.REFUSALS[401]
    else:
        # What the engine cannot read it calls a fault of its own.
        right = said == refusal and (refusal is not None or answer.status < 500 or b'"source":"ingress"' in answer.body)
    return None if right else f"{asked.method} {asked.path}: {answer}, should be {refusal or 'the engine'}"


def test_every_route_of_the_engine_has_a_rule(cast: Cast) -> None:
    document = json.loads(ask(port(cast.own.admin_url), "GET", "/openapi", cast.tokens["full key"]).body)
    found = {f"{verb.upper()} {path}" for path, verbs in document["paths"].items() for verb in verbs}
    assert found == set(rules.ADMIN)


@pytest.mark.parametrize("name", ALL)
def test_admin(name: str, cast: Cast, tokens: dict[str, str | None]) -> None:
    where = port(cast.own.admin_url)
    answers = at_once(where, tokens[name], requests(name))
    found = [
        wrong(one, answer, rules.on_admin(name, one.method, one.template))
        for one, answer in zip(requests(name), answers, strict=True)
    ]
    assert [one for one in found if one] == []


def at_once(where: int, token: str | None, asked: Iterable[Asked]) -> list[Answer]:
    return all_at_once(lambda one: knock(where, one, token), asked)


def knock(where: int, asked: Asked, credential: str | None, host: str | None = None) -> Answer:
    """With a bearer token, or as a page of the engine's own UI with its cookie."""
    what = (where, asked.method, asked.path)
    if credential is None or not credential.startswith("rc_ui_"):
        return ask(*what, credential, body_of(asked), host=host)
    own = {"Cookie": credential, "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host or f'127.0.0.1:{where}'}"}
    return ask(*what, body=body_of(asked), headers=own, host=host)


def body_of(asked: Asked) -> object:
    return SQL if (asked.method, asked.template) == ("POST", "/query") else None


def content(answer: Answer) -> tuple[int, object]:
    """What is told: an engine does not keep to an order of names."""
    is_json = answer.headers.get("content-type") == "application/json" and answer.body
    return answer.status, json.loads(answer.body) if is_json else answer.body


@pytest.mark.parametrize("name", [name for name in ALL if rules.on_admin(name, "GET", "/version") is None])
def test_who_may_look_sees_what_the_owner_sees(name: str, cast: Cast, tokens: dict[str, str | None]) -> None:
    """Nothing is deployed there, so there is nothing to mask."""
    where = port(cast.own.admin_url)
    looks = [one for one in listed() if rules.on_admin(name, one.method, one.template) is None]
    looks = [one for one in looks if rules.effect(one.method, one.template) == rules.LOOKS and one.method != "HEAD"]
    theirs, owners = (at_once(where, tokens[one], looks) for one in (name, "owner member"))
    assert [content(one) for one in theirs] == [content(one) for one in owners]
    assert looks


def test_nobody_changes_a_read_only_environment(cast: Cast, tokens: dict[str, str | None], frozen: None) -> None:
    """And nothing else is refused that was not before."""
    where, found = port(cast.own.admin_url), []
    for name in (one for one in ALL if rules.on_admin(one, "GET", "/version") is None):
        asked = [*listed(), *(one._replace(version="/v3") for one in listed() if one.template not in SERVED_ONCE)]
        answers = at_once(where, tokens[name], asked)
        for one, answer in zip(asked, answers, strict=True):
            refusal = rules.on_admin(name, one.method, one.template, frozen=True)
            found.append(wrong(one, answer, refusal))
            if refusal == rules.READ_ONLY:
                assert f"rcloud env read-only {cast.own.environment_id} off" in answer.message
    assert [one for one in found if one] == []


@pytest.mark.parametrize("name", ALL)
def test_ingress(name: str, cast: Cast, tokens: dict[str, str | None]) -> None:
    asked = [Asked(method, path) for path, usual in INGRESS.items() for method in {usual, "GET", "POST", "PUT"}]
    where = port(cast.own.ingress_url)
    answers = all_at_once(lambda one: knock(where, one, tokens[name]), asked)
    refusals = [rules.on_ingress(name, one.method, one.template) for one in asked]
    found = [wrong(*one) for one in zip(asked, answers, refusals, strict=True)]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("name", ALL)
def test_the_shared_ports_decide_as_the_environments_own(
    name: str, tokens: dict[str, str | None], shared: dict[str, int], host: str
) -> None:
    admin, ingress = Asked("GET", "/version"), Asked("GET", "/restate/health")
    answers = [knock(shared["admin"], admin, tokens[name], host), knock(shared["ingress"], ingress, tokens[name], host)]
    assert wrong(admin, answers[0], rules.on_admin(name, "GET", "/version")) is None
    assert wrong(ingress, answers[1], rules.on_ingress(name, "GET", "/restate/health")) is None


@pytest.mark.parametrize("name", ["anonymous", "garbage", *INSIDERS, *CROWD, *BROWSERS])
def test_nobody_gets_anything_at_another_tenants_environment(
    name: str, cast: Cast, tokens: dict[str, str | None]
) -> None:
    for url, path in ((cast.other.admin_url, "/deployments"), (cast.other.ingress_url, "/restate/health")):
        assert knock(port(url), Asked("GET", path), tokens[name]).status in (401, 403)
