"""Restrictions of API keys: what can be asked for, in which words it is refused, and what becomes of it."""

from typing import Any

import pytest

from controlplane.api_keys import restrictions as rules
from controlplane.core import tokens
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

NEW = {"description": "checkout backend", "role": "ingress"}
ALL = {
    "services": ["Greeter", "Tenant*"],
    "handlers": ["Greeter/*/greet"],
    "objectKeys": ["tenant-7-*", "auth0|7"],
    "methods": ["POST"],
    "networks": ["203.0.113.0/24", "2001:db8::/32"],
    "requestsPerSecond": 5,
    "readOnly": True,
}


@pytest.fixture
def ada(signed_up: SignedUp, node: Node) -> Person:
    assert node
    return signed_up()


@pytest.fixture
def keys(ada: Person) -> str:
    environments = f"/accounts/{ada.account()}/environments"
    env = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    return f"{environments}/{env}/api-keys"


@pytest.mark.usefixtures("committed")
def test_they_are_shown_told_to_edges_and_recorded(ada: Person, keys: str, node: Node) -> None:
    made = ada.post(keys, NEW | {"restrictions": ALL})
    assert made.status_code == 201, made.json()
    assert made.json()["restrictions"] == ALL
    assert ada.get(keys).json()["items"][0]["restrictions"] == ALL
    entry = node.call("GET", "/edge/snapshot").json()["tables"]["principals"][tokens.digest(made.json()["secret"])]
    assert (entry["kind"], entry["restrictions"]) == ("restricted_api_key", ALL)
    account = keys.split("/")[2]
    assert ada.delete(f"{keys}/{made.json()['keyId']}").status_code == 204
    for action in ("api_key.create", "api_key.revoke"):
        (event,) = ada.get(f"/accounts/{account}/audit-events?action={action}").json()["items"]
        assert event["details"]["restrictions"] == ALL


@pytest.mark.usefixtures("committed")
def test_a_key_without_any_is_what_it_always_was(ada: Person, keys: str, node: Node) -> None:
    made = ada.post(keys, NEW | {"restrictions": None}).json()
    assert made["restrictions"] is None
    entry = node.call("GET", "/edge/snapshot").json()["tables"]["principals"][tokens.digest(made["secret"])]
    assert entry["kind"] == "api_key"
    assert "restrictions" not in entry


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["203.0.113.7"], ["203.0.113.7/32"]),
        (["::ffff:203.0.113.0/120"], ["203.0.113.0/24"]),
        (["2001:DB8:0::/32"], ["2001:db8::/32"]),
    ],
)
def test_networks_are_kept_in_one_form(ada: Person, keys: str, given: list[str], kept: list[str]) -> None:
    made = ada.post(keys, NEW | {"restrictions": {"networks": given}})
    assert made.json()["restrictions"] == {"networks": kept}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, rules.NOTHING_RULE),
    ({"services": None}, rules.LIST_RULE),
    ({"services": []}, rules.LIST_RULE),
    ({"services": "Greeter"}, rules.LIST_RULE),
    ({"services": ["a", "a"]}, rules.LIST_RULE),
    ({"networks": ["10.0.0.1", "::ffff:10.0.0.1"]}, rules.LIST_RULE),
    ({"services": [f"s{number}" for number in range(21)]}, rules.LIST_RULE),
    *(({"services": [one]}, rules.SERVICE_RULE) for one in ("", "*", "a b", "a/b", "*a", "a**", "é", "a" * 101, 'a"')),
    *(({"handlers": [one]}, rules.HANDLER_RULE) for one in ("", "a", "a/", "/a", "a/b/c", "a/*", "a/b*", "a/**/b")),
    ({"handlers": ["a/b", "a/*/c"]}, rules.KIND_RULE.format("a")),
    ({"handlers": ["a/b"], "objectKeys": ["k"]}, rules.KEYED_RULE),
    *(({"objectKeys": [one]}, rules.OBJECT_KEY_RULE) for one in ("", "*", "a b", 'a"b', "a*b", "a\nb", "ä", "a" * 101)),
    *(({"methods": [one]}, rules.METHOD_RULE) for one in ("", "post", "CONNECT", "POST\n", "*")),
    *(
        ({"networks": [one]}, rules.NETWORK_RULE)
        for one in ("", "10.0.0.1/8", "10.0.0.0/33", "example.com", "fe80::1%eth0", "10.1", "::/-1")
    ),
    *(({"requestsPerSecond": one}, rules.RATE_RULE) for one in (0, -1, 1_000_001, 1.5, "5", True)),
    *(({"readOnly": one}, rules.READ_ONLY_RULE) for one in (False, 1, "true")),
]  # fmt: skip


@pytest.mark.parametrize(("restrictions", "rule"), REFUSED)
def test_what_is_not_clear_is_refused_with_the_rule(
    ada: Person, keys: str, restrictions: dict[str, Any], rule: str
) -> None:
    refused = ada.post(keys, NEW | {"restrictions": restrictions})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert rule in refused.json()["message"]
    assert ada.get(keys).json()["items"] == []


@pytest.mark.parametrize("restrictions", [[], "none", {"service": ["a"]}, {"services": ["a"], "hours": [9]}])
def test_what_is_not_known_is_refused(ada: Person, keys: str, restrictions: object) -> None:
    assert ada.post(keys, NEW | {"restrictions": restrictions}).status_code == 422
    assert ada.get(keys).json()["items"] == []


@pytest.mark.parametrize(
    "restrictions", [{"services": ["a"]}, {"handlers": ["a/b"]}, {"objectKeys": ["a"]}, {"readOnly": True}]
)
def test_a_key_that_could_do_nothing_is_refused(ada: Person, keys: str, restrictions: dict[str, Any]) -> None:
    new = NEW | {"role": "complete_awakeable"}
    refused = ada.post(keys, new | {"restrictions": restrictions})
    assert refused.status_code == 422
    assert rules.AWAKEABLE_RULE in refused.json()["message"]
    assert ada.post(keys, new | {"restrictions": {"networks": ["10.0.0.0/8"]}}).status_code == 201
