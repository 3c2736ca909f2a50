"""Identity keys, as a plane's answers make them look."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

PATH = "/accounts/acc_1/environments/env_1/identity-keys"
AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def there(server: Scripted) -> Scripted:
    """An account with an environment."""
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))
    return server


def key(state: str) -> dict[str, Any]:
    times = {"createdAt": AT, "activatedAt": None, "retiredAt": None, "destroyedAt": None}
    return {"identityKeyId": f"idk_{state}", "publicKey": f"publickeyv1_{state}", "state": state, **times}


def checked(accepted: bool | None) -> Answer:
    verdicts = [
        {"accepted": one, "message": "Give its SDK the key.", "checkedAt": AT, "acceptedAt": None}
        for one in (True, accepted)
    ]
    accepts = {"current": verdicts[0], "next": verdicts[1], "previous": None}
    item = {"deploymentId": "dp_1", "uri": "https://service.example.com/", "accepts": accepts, "checkedAt": AT}
    return Answer(body={"items": [{**item, "lastAcceptedKey": "publickeyv1_current", "lastAcceptedAt": AT}]})


def test_the_next_key_alone_is_on_stdout(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {PATH}", Answer(201, key("next")))
    there.on(f"GET {PATH}", page(key("current"), key("next")))
    made = signed_in.run("identity-keys", "next", "dev")
    assert made.stdout == "publickeyv1_next\n"
    assert "rcloud identity-keys check" in made.stderr
    lines = signed_in.run("identity-keys", "list", "dev").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["current", "next"]


@pytest.mark.parametrize(("accepted", "mark", "code"), [(True, "✓", 0), (False, "✗", 1), (None, "?", 1)])
def test_a_check_says_who_does_not_accept(
    signed_in: Rcloud, there: Scripted, accepted: bool | None, mark: str, code: int
) -> None:
    there.on(f"POST {PATH}/check", checked(accepted))
    done = signed_in.attempt("identity-keys", "check", "dev")
    assert done.status == code, done.stderr
    assert mark in done.stdout.splitlines()[1].split("✓", 1)[1]
    assert there.to(f"{PATH}/check")[0].method == "POST"


def test_a_switch_is_followed_and_forced_only_when_meant(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {PATH}/switch", Answer(202, {"operationId": "op_1", "signingPublicKey": "publickeyv1_next"}))
    steps = [{"name": "restart_engine", "status": "SUCCEEDED", "startedAt": AT, "endedAt": AT}]
    operation = {"operationId": "op_1", "status": "SUCCEEDED", "steps": steps, "error": None}
    there.on("GET /operations/op_1", Answer(body=operation))
    assert "signs with publickeyv1_next" in signed_in.run("identity-keys", "switch", "dev").stderr
    assert signed_in.attempt("identity-keys", "switch", "dev", "--force").status == 2, "nobody can be asked"
    signed_in.run("identity-keys", "switch", "dev", "--force", "--yes")
    assert [json.loads(one.body) for one in there.to(f"{PATH}/switch")] == [{"force": False}, {"force": True}]


def test_the_end_is_asked_about(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {PATH}/finish", Answer(body=key("destroyed")))
    assert signed_in.attempt("identity-keys", "finish", "dev").status == 2
    assert there.to(f"{PATH}/finish") == []
    assert signed_in.run("identity-keys", "finish", "dev", "--yes", "-o", "json").json["state"] == "destroyed"


def test_the_next_key_is_deleted_by_id_or_by_itself(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {PATH}", page(key("current"), key("next")))
    there.on(f"DELETE {PATH}/idk_next", Answer(204))
    for name in ("idk_next", "publickeyv1_next"):
        signed_in.run("identity-keys", "delete", "dev", name)
    assert "no identity key idk_0" in signed_in.attempt("identity-keys", "delete", "dev", "idk_0").stderr
