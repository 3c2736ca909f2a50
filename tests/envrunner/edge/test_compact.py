"""The fixed columns of nginx's table: what gate.js reads by position."""

from __future__ import annotations

from typing import Any

import pytest

from envrunner.edge import compact

LABEL, DIGEST = "0" * 26 + "1", "d" * 43
KEY: dict[str, Any] = {"kind": "api_key", "keyId": "key_1", "label": LABEL, "role": "full", "expiresAt": None}
USER: dict[str, Any] = {"kind": "user", "userId": "usr_1", "expiresAt": "2030-01-01T00:00:00Z"}
ROUTE: dict[str, Any] = {
    "accountId": "acc_1", "status": "ON", "ingressPort": 8100, "adminPort": 8101, "requestsPerSecond": 5000,
    "requestSizeLimitBytes": 33_554_432,
}  # fmt: skip


def test_columns() -> None:
    assert dict(compact.principal(DIGEST, KEY)) == {DIGEST: f"f{LABEL}9999999999key_1"}
    assert dict(compact.principal(DIGEST, USER)) == {DIGEST: "u1893456000usr_1"}
    assert dict(compact.member("usr_1/acc_1", {"role": "viewer"})) == {"usr_1/acc_1": "v", "usr_1/acc_1+": None}
    pairs = dict(compact.route(LABEL, ROUTE, 17))
    columns = "1081000810100050000033554432" + "0000017" + "00000000000acc_1"
    assert pairs == {LABEL: columns, ":8100": LABEL, ":8101": LABEL}


def test_deletions() -> None:
    assert list(compact.principal(DIGEST, None)) == [(DIGEST, None), (f"~{DIGEST}", None)]
    assert list(compact.member("a/b", None)) == [("a/b", None), ("a/b+", None)]
    assert list(compact.route(LABEL, None, 0)) == [(LABEL, None)]
    assert list(compact.digest_key(None)) == [(".key", None)]


@pytest.mark.parametrize(
    "change",
    [
        {"role": "root"}, {"role": None}, {"kind": "robot"}, {"label": "x"}, {"label": LABEL + "0"}, {"keyId": "a\tb"},
        {"keyId": ""}, {"expiresAt": "tomorrow"}, {"expiresAt": 5}, {"kind": None},
    ],
)  # fmt: skip
def test_what_is_not_understood_lets_nobody_in(change: dict[str, Any]) -> None:
    assert list(compact.principal(DIGEST, {**KEY, **change})) == [(DIGEST, None)]


@pytest.mark.parametrize("value", [{"role": "emperor"}, {}, {"role": None}])
def test_unknown_member_roles_let_nobody_in(value: dict[str, Any]) -> None:
    assert list(compact.member("a/b", value)) == [("a/b", None), ("a/b+", None)]


@pytest.mark.parametrize("key", ["", "x", DIGEST + "=", DIGEST[:-1] + "\n", ".key", ":8100", DIGEST[:-1] + "é"])
def test_foreign_keys_never_reach_the_table(key: str) -> None:
    assert list(compact.principal(key, KEY)) == []
    assert list(compact.route(key, ROUTE, 1)) == []
    assert list(compact.member(key, {"role": "owner"})) == []


def test_numbers_stay_in_their_columns() -> None:
    extreme = {
        **ROUTE,
        "requestsPerSecond": 10**12,
        "requestSizeLimitBytes": 10**15,
        "ingressPort": 10**6,
        "adminPort": None,
    }
    row = dict(compact.route(LABEL, extreme, 9_999_999))[LABEL]
    assert row == "1" + "00000" * 2 + "9999999" + "9999999999" + "9999999" + "00000000000acc_1"
    nothing = {**ROUTE, "requestsPerSecond": None, "requestSizeLimitBytes": None, "status": "ODD"}
    assert dict(compact.route(LABEL, nothing, 1))[LABEL] == "x081000810100000000033554432" + "000000100000000000acc_1"
    assert next(compact.route(LABEL, {**ROUTE, "accountId": "a b"}, 1)) == (LABEL, None)


def test_expiry_is_in_whole_seconds_of_any_offset() -> None:
    for text in ("2030-01-01T00:00:00.9Z", "2030-01-01T01:00:00+01:00"):
        assert dict(compact.principal(DIGEST, {**USER, "expiresAt": text}))[DIGEST] == "u1893456000usr_1"
    ancient = {**USER, "expiresAt": "1960-01-01T00:00:00Z"}
    assert dict(compact.principal(DIGEST, ancient))[DIGEST] == "u0000000000usr_1"


def test_what_is_not_understood_of_a_route_is_no_limit_and_no_switch() -> None:
    odd = {"accountId": "a", "status": "ON", "requestsInFlight": "x", "querySeconds": -1, "readOnly": None}
    assert (dict(compact.route(LABEL, odd, 1))[LABEL] or "")[35:] == "000000" + "0000" + "0" + "a"
    extreme = {"accountId": "a", "status": "ON", "requestsInFlight": 10**9, "querySeconds": 10**9, "readOnly": True}
    assert (dict(compact.route(LABEL, extreme, 1))[LABEL] or "")[35:] == "999999" + "9999" + "1" + "a"
