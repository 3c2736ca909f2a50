"""No token but the right one is let in: every claim altered, every way to sign it oneself, every form it may take."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.controlplane.workload_identity.conftest import Team
from tests.support.identity_provider_thread import In
from tests.support.workload_issuer import GITHUB, encode, key_named

# Everything a rule can hold a token to; all of it is pinned here.
ALL = {name: value for name, value in GITHUB.items() if isinstance(value, str)}
MADE_UP = {
    "sub": "repo:acme/shop:ref:refs/heads/dev",
    "repository": "acme/shop-evil",
    "ref": "refs/heads/main-evil",
    "environment": "productio",
}


@pytest.fixture
def strict(founded: Callable[[str], Team]) -> Team:
    team = founded("ada")
    team.trusts(conditions=ALL)
    return team


def refused(team: Team, token: str, audience: str | None = None) -> str:
    """The description; and nobody was let in, which the team can see."""
    answer = team.exchange(token, audience)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
    assert "access_token" not in answer.json()
    assert team.listed()["lastExchangedAt"] is None
    description: str = answer.json()["error_description"]
    return description


def test_the_right_one_is_let_in(strict: Team) -> None:
    assert strict.let_in()


@pytest.mark.parametrize("claim", ALL)
@pytest.mark.parametrize("how", ["other", "case", "longer", "shorter", "blank", "absent", "list", "number", "null"])
def test_every_altered_claim_is_refused_and_the_team_sees_which(strict: Team, claim: str, how: str) -> None:
    value = ALL[claim]
    altered: dict[str, Any] = {
        "other": MADE_UP.get(claim, "evil"),
        "case": value.swapcase() + ("" if value.swapcase() != value else "x"),
        "longer": value + "/",
        "shorter": value[:-1],
        "blank": f" {value}",
        "list": [value],
        "number": 7,
    }
    claims = strict.issuer.claims(strict.audience)
    if how == "absent":
        del claims[claim]
    else:
        claims[claim] = altered.get(how)
    said = refused(strict, strict.issuer.signed(claims))
    assert "No workload identity rule" in said
    # Whoever asked learns nothing of the rule; those who may see it do.
    assert len(value) < 3 or value not in said
    assert strict.listed()["lastRefusal"].startswith((f"{claim} is", f"The token has no claim {claim!r}"))


@pytest.mark.parametrize(
    "audience",
    ["https://elsewhere.example", "", "{aud}/", "{aud}x", None, [], ["{aud}", "https://elsewhere.example"], {"a": 1}],
)
def test_a_token_for_somebody_else_is_refused(team: Team, audience: Any) -> None:
    text = json.dumps(audience).replace("{aud}", team.audience)
    refused(team, team.issuer.signed(team.issuer.claims("x") | {"aud": json.loads(text)}))
    assert "aud is" in team.listed()["lastRefusal"]


def test_an_audience_in_a_list_of_one_is_the_same(team: Team) -> None:
    claims = team.issuer.claims(team.audience) | {"aud": [team.audience]}
    assert team.exchange(team.issuer.signed(claims)).status_code == 200


@pytest.mark.parametrize(
    ("named", "why"),
    [("{iss}/", "slash"), ("{iss}.evil.example", "look-alike"), ("https://token.actions.githubusercontent.com", "real"),
     ("http://127.0.0.1:1", "elsewhere"), ("{ISS}", "case")],
)  # fmt: skip
def test_an_issuer_is_compared_character_by_character(team: Team, named: str, why: str) -> None:
    assert why
    name = named.format(iss=team.issuer.url, ISS=team.issuer.url.replace("http", "HTTP"))
    before = team.issuer.discoveries
    refused(team, team.issuer.signed(team.issuer.claims(team.audience, iss=name)))
    # Only issuers that a rule names are ever asked.
    assert team.issuer.discoveries == before


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ({"exp": In(-61)}, "expired"),
        ({"iat": In(-7300), "exp": In(-3700)}, "expired"),
        ({"iat": In(62), "nbf": None}, "not valid yet"),
        ({"nbf": In(62)}, "not valid yet"),
        ({"iat": In(-3662), "exp": In(3600)}, "60 minutes old"),
        ({"exp": None}, "'exp'"),
        ({"iat": None}, "'iat'"),
        ({"exp": "2999-01-01"}, "'exp'"),
        ({"exp": True}, "'exp'"),
        ({"exp": 10**400}, "'exp'"),
        ({"nbf": "now"}, "'nbf'"),
    ],
)
def test_times_that_are_wrong_are_told(team: Team, times: dict[str, Any], word: str) -> None:
    moments = {name: value for name, value in times.items() if isinstance(value, In)}
    claims = team.issuer.claims(team.audience, **moments)
    claims |= {name: value for name, value in times.items() if name not in moments}
    claims = {name: value for name, value in claims.items() if value is not None}
    assert word in refused(team, team.issuer.signed(claims))


def forged(team: Team, header: dict[str, Any], sign: Callable[[bytes], bytes], text: str | None = None) -> str:
    claims = text or json.dumps(team.issuer.claims(team.audience))
    start = f"{encode(json.dumps(header).encode())}.{encode(claims.encode())}"
    return f"{start}.{encode(sign(start.encode()))}"


def pem() -> bytes:
    key = key_named("rsa-1")
    assert isinstance(key, RSAKey)
    return key.as_pem(private=False)


def swapped(team: Team) -> str:
    good, other = (team.issuer.token(team.audience, ref=ref).split(".") for ref in ("refs/heads/main", "refs/heads/x"))
    return ".".join([other[0], good[1], other[2]])


FORGERIES: dict[str, Callable[[Team], str]] = {
    "another key, same kid": lambda team: forged(team, {"alg": "ES256", "kid": "rsa-1"}, lambda _: b"\1" * 64),
    "a key of the attacker's": lambda team: team.issuer.signed(team.issuer.claims(team.audience), "rsa-evil"),
    "the attacker's key under the published kid": lambda team: team.issuer.signed(
        team.issuer.claims(team.audience), "rsa-evil", kid="rsa-1"
    ),
    "no kid": lambda team: team.issuer.signed(team.issuer.claims(team.audience), "rsa-evil", kid=None),
    "kid as a number": lambda team: forged(team, {"alg": "RS256", "kid": 1}, lambda _: b"x"),
    "kid as a path": lambda team: forged(team, {"alg": "HS256", "kid": "../../dev/null"}, lambda _: b""),
    "kid as SQL": lambda team: forged(team, {"alg": "RS256", "kid": "' or '1'='1"}, lambda _: b"x"),
    "none": lambda team: forged(team, {"alg": "none"}, lambda _: b"x"),
    "None": lambda team: forged(team, {"alg": "nOnE", "kid": "rsa-1"}, lambda _: b"x"),
    "no algorithm": lambda team: forged(team, {"kid": "rsa-1"}, lambda _: b"x"),
    "an algorithm that is no text": lambda team: forged(team, {"alg": ["RS256"], "kid": "rsa-1"}, lambda _: b"x"),
    "HS256 with the public key": lambda team: forged(
        team, {"alg": "HS256", "kid": "rsa-1"}, lambda data: hmac.digest(pem(), data, "sha256")
    ),
    "HS512 with the public key": lambda team: forged(
        team, {"alg": "HS512", "kid": "rsa-1"}, lambda data: hmac.digest(pem(), data, "sha512")
    ),
    "a key in its header": lambda team: team.issuer.signed(
        team.issuer.claims(team.audience), "rsa-evil", jwk=key_named("rsa-evil").as_dict(private=False)
    ),
    "an address of keys in its header": lambda team: team.issuer.signed(
        team.issuer.claims(team.audience), "rsa-evil", jku=f"{team.issuer.url}/evil", x5u=f"{team.issuer.url}/evil"
    ),
    "something critical": lambda team: forged(team, {"alg": "RS256", "kid": "rsa-1", "crit": ["exp"]}, lambda _: b"x"),
    "a logout token": lambda team: team.issuer.signed(team.issuer.claims(team.audience), typ="logout+jwt"),
    "no signature": lambda team: team.issuer.token(team.audience).rpartition(".")[0] + ".",
    "two parts": lambda team: team.issuer.token(team.audience).rpartition(".")[0],
    "four parts": lambda team: team.issuer.token(team.audience) + ".x",
    "padding": lambda team: team.issuer.token(team.audience) + "==",
    "a line feed": lambda team: team.issuer.token(team.audience) + "\n",
    "a claim changed behind its signature": swapped,
    "a claim twice": lambda team: team.issuer.signed(
        json.dumps(team.issuer.claims(team.audience)).replace("{", '{"repository": "evil/x", ', 1).encode()
    ),
    "a header twice": lambda team: ".".join(
        [encode(b'{"alg":"none","alg":"RS256","kid":"rsa-1"}'), *team.issuer.token(team.audience).split(".")[1:]]
    ),
    "no JSON": lambda team: team.issuer.signed(b"hello"),
    "no object": lambda team: team.issuer.signed([team.issuer.claims(team.audience)]),
    "no UTF-8": lambda team: team.issuer.signed(b'{"iss": "\xff"}'),
    "deeply nested": lambda team: team.issuer.signed(b"[" * 3000),
    "no issuer": lambda team: team.issuer.signed({**team.issuer.claims(team.audience), "iss": None}),
    "huge": lambda team: team.issuer.token(team.audience, padding="x" * 9000),
    "nothing of the kind": lambda _: "hello",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_refused(team: Team, forgery: str) -> None:
    refused(team, FORGERIES[forgery](team))


@pytest.mark.parametrize("kid", ["rsa-1", "ec-1", "ed-1"])
def test_an_issuer_may_sign_as_is_usual(team: Team, kid: str) -> None:
    team.issuer.kids = ["rsa-1", "ec-1", "ed-1"]
    assert team.exchange(team.issuer.token(team.audience, kid)).status_code == 200


def test_a_token_is_taken_once_however_its_signature_is_written(team: Team) -> None:
    token = team.issuer.token(team.audience)
    assert team.exchange(token).status_code == 200
    again = team.exchange(token)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    assert "exchanged already" in again.json()["error_description"]
    assert "exchanged before" in team.listed()["lastRefusal"]


def test_another_teams_rule_is_of_no_use(founded: Callable[[str], Team]) -> None:
    """Neither with its own tokens at ours, nor with ours at its own: a token is for one environment."""
    ada, eve = founded("ada"), founded("eve")
    ada.trusts()
    eve.trusts(conditions={"repository": "evil/shop", "repository_id": "666"}, role="full")
    evil = {"repository": "evil/shop", "repository_id": "666", "sub": "repo:evil/shop:ref:refs/heads/main"}
    for audience in (ada.audience, eve.audience):
        refused(ada, eve.issuer.token(audience, **evil), ada.environment_id)
        refused(ada, eve.issuer.token(audience, **evil), ada.rule["ruleId"])
    refused(eve, ada.issuer.token(ada.audience), eve.environment_id)
    # What eve gets for hers opens her environment and not ada's.
    job = eve.as_job(eve.let_in(**evil) if eve.rule["role"] == "developer" else "")
    assert job.get(ada.path).status_code == 401


def test_whether_an_environment_or_a_rule_exists_is_not_told(team: Team, founded: Callable[[str], Team]) -> None:
    bare = founded("bob")
    token = team.issuer.token(team.audience, ref="refs/heads/x")
    missing = "env_" + "0" * 27
    told = {
        team.exchange(token, audience).json()["error_description"].replace(audience, "it")
        for audience in (team.environment_id, team.rule["ruleId"], bare.environment_id, missing, "wir_" + "0" * 27)
    }
    assert len(told) == 1
