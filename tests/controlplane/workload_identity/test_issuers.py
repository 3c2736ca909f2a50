"""Issuers as they are met: turning their keys, lying, slow, away; and what that costs others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from controlplane.core.errors import Busy
from controlplane.workload_identity import issuers
from tests.controlplane.people import SignedUp
from tests.controlplane.workload_identity.conftest import Team
from tests.support import workload_issuer
from tests.support.waiting import until
from tests.support.workload_issuer import Issuer, key_named

Later = Callable[[timedelta], None]


def test_keys_are_remembered(team: Team) -> None:
    for _ in range(3):
        assert team.let_in()
    # Once when the rule was made, once for the first job.
    assert team.issuer.discoveries == 2


def test_a_new_key_is_found_and_an_old_one_goes(team: Team, later: Later) -> None:
    assert team.let_in()
    team.issuer.kids = ["ec-2"]
    later(issuers.PAUSE + timedelta(seconds=1))
    assert team.exchange(team.issuer.token(team.audience, "ec-2")).status_code == 200
    assert team.exchange(team.issuer.token(team.audience, "rsa-1")).status_code == 400


def test_invented_key_ids_make_nobody_ask_often(team: Team, later: Later) -> None:
    assert team.let_in()
    before = team.issuer.discoveries
    later(issuers.PAUSE + timedelta(seconds=1))
    claims = team.issuer.claims(team.audience)
    for number in range(5):
        assert team.exchange(team.issuer.signed(claims, "rsa-1", kid=f"invented-{number}")).status_code == 400
    assert team.issuer.discoveries == before + 1
    assert team.let_in()


def test_an_issuer_that_is_away_is_no_obstacle_for_a_day(team: Team, later: Later) -> None:
    assert team.let_in()
    team.issuer.answer = lambda: PlainTextResponse("away", 503)
    later(timedelta(hours=2))
    assert team.exchange(fresh(team, 2)).status_code == 200
    later(timedelta(hours=25))
    answer = team.exchange(fresh(team, 25))
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "5"
    team.owner = team.owner.logs_in()
    assert "503" in team.listed()["lastRefusal"]


def fresh(team: Team, hours: int) -> str:
    claims = team.issuer.claims(team.audience)
    return team.issuer.signed(claims | {name: claims[name] + hours * 3600 for name in ("iat", "nbf", "exp")})


LIES: dict[str, tuple[dict[str, Any], Callable[[], Response] | None, str]] = {
    "another issuer": ({"issuer": "https://evil.example"}, None, "equal"),
    "with a slash": ({"issuer": "{url}/"}, None, "equal"),
    "no keys' address": ({"jwks_uri": None}, None, "jwks_uri"),
    "keys inside the network": ({"jwks_uri": "http://10.0.0.1/keys"}, None, "public"),
    "keys in a file": ({"jwks_uri": "file:///etc/passwd"}, None, "file"),
    "no JSON": ({}, lambda: PlainTextResponse("<html>"), "not JSON"),
    "no object": ({}, lambda: JSONResponse([1]), "equal"),
    "a redirect": ({}, lambda: Response(status_code=302, headers={"location": "http://10.0.0.1/"}), "302"),
    "no end": ({}, lambda: PlainTextResponse("x" * (2 * 1024 * 1024)), "bytes"),
    "keys without keys": ({"jwks_uri": "{url}/.well-known/openid-configuration"}, None, "no key"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_issuer_that_lies_is_not_trusted(founded: Callable[[str], Team], lie: str) -> None:
    team = founded("ada")
    document, answer, word = LIES[lie]
    url = team.issuer.url
    team.issuer.document = {k: v.format(url=url) if isinstance(v, str) else v for k, v in document.items()}
    team.issuer.answer = answer
    refused = team.owner.post(team.rules, team.body())
    assert (refused.status_code, refused.json()["code"]) == (400, "issuer_unusable")
    assert word in refused.json()["message"]


@pytest.mark.parametrize(
    "named",
    ["ftp://issuer.example", "issuer.example", "https://u:p@issuer.example", "https://issuer.example?a", "https://",
     "https://issuer.example#a", "http://169.254.169.254", "https://10.0.0.1", "https://[::1]", "http://localhost:1"],
)  # fmt: skip
def test_what_cannot_be_an_issuer(team: Team, named: str) -> None:
    refused = team.owner.post(team.rules, team.body(name="other", issuer=named))
    assert (refused.status_code, refused.json()["code"]) == (400, "issuer_unusable")


def test_symmetric_and_weak_keys_are_no_keys(team: Team) -> None:
    weak = key_named("rsa-1").as_dict(private=False) | {"n": "AQAB" * 40}
    keys = [{"kty": "oct", "k": "c2VjcmV0", "kid": "oct-1"}, weak, {"kty": "RSA"}, "nonsense"]
    team.issuer.document = {"jwks_uri": f"{team.issuer.url}/.well-known/openid-configuration", "keys": keys}
    refused = team.owner.post(team.rules, team.body(name="other"))
    assert "publishes no key" in refused.json()["message"]


def test_a_slow_issuer_holds_up_nobody_else(founded: Callable[[str], Team]) -> None:
    """Few wait for it, the others are told to come again; whose keys are known is not held up at all."""
    ada = founded("ada")
    ada.trusts()
    asked, release = threading.Event(), threading.Event()
    with workload_issuer.running() as slow, ThreadPoolExecutor() as jobs:
        eve = founded("eve")
        eve.issuer = slow
        eve.trusts()

        def stuck() -> None:
            asked.set()
            release.wait(20)

        slow.before = stuck
        first = jobs.submit(issuers.key, slow.url, "rsa-1", tenant=eve.account_id)
        assert asked.wait(20)
        waiting = [jobs.submit(issuers.key, slow.url, "rsa-1", tenant=eve.account_id) for _ in range(6)]
        # Half of the places are one account's at most: the rest is turned away at once, and ada is not held up.
        until(lambda: sum(one.done() for one in waiting) == 3)
        assert ada.let_in()
        release.set()
        assert first.result(20) is not None
        outcomes = [one.exception(20) for one in waiting]
    assert sum(isinstance(one, Busy) for one in outcomes) == 3
    assert slow.discoveries == 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "_MOST", 3)
    for number in range(10):
        issuers._remembered(f"https://{number}.example")
    assert list(issuers._known) == [f"https://{number}.example" for number in (7, 8, 9)]


def test_only_those_who_may_make_rules_make_the_plane_call(team: Team, signed_up: SignedUp, issuer: Issuer) -> None:
    before = issuer.discoveries
    eve = signed_up("eve")
    assert eve.post(team.rules, team.body(name="other")).status_code == 404
    assert issuer.discoveries == before
