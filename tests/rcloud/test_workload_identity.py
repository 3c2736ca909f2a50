"""`rcloud workload-identity` and `rcloud ci`: what they send, what they print, and where a job's token comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import InProcess, Rcloud

ENV = "env_" + "1" * 27
RULES = "/accounts/acc_1/environments/env_1/workload-identity-rules"
RULE: Mapping[str, object] = {
    "ruleId": "wir_1", "name": "deploy", "provider": "github", "issuer": "https://issuer.example", "minutes": 15,
    "audience": "https://plane.example/environments/env_1", "conditions": {"repository": "acme/shop"}, "role": "admin",
    "warnings": ["It is known by its name only."], "void": False, "lastExchangedAt": None, "lastRefusedAt": None,
    "lastRefusal": None,
}  # fmt: skip
EXCHANGED = {
    "access_token": "a.b.c", "expires_in": 900, "token_type": "Bearer", "environment_id": ENV,
    "ingress_url": "http://127.0.0.1:8100", "admin_url": "http://127.0.0.1:8101",
}  # fmt: skip
LINES = [
    "RESTATE_INGRESS_URL=http://127.0.0.1:8100",
    "RESTATE_ADMIN_URL=http://127.0.0.1:8101",
    "RESTATE_AUTH_TOKEN=a.b.c",
]


@pytest.fixture
def there(server: Scripted) -> Scripted:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))
    server.on(f"GET {RULES}", page(RULE))
    return server


def in_job(tmp_path: Path, server: Scripted, **settings: str) -> Rcloud:
    """A job: nobody has logged in there."""
    return InProcess(tmp_path, {"RCLOUD_URL": server.url, **settings})


def test_a_rule_is_created_with_its_conditions(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {RULES}", Answer(201, RULE))
    conditions = ["-c", "repository=acme/shop", "-c", "sub=repo:acme/shop:ref=x"]
    done = signed_in.run(
        "workload-identity", "create", "dev", "deploy", "--provider", "github", *conditions, "--role", "admin"
    )
    assert done.stdout == f"{RULE['audience']}\n"
    assert "Warning: It is known by its name only." in done.stderr
    sent = json.loads(next(one for one in there.to(RULES) if one.method == "POST").body)
    assert sent == {
        "name": "deploy", "provider": "github", "role": "admin", "minutes": 15,
        "conditions": {"repository": "acme/shop", "sub": "repo:acme/shop:ref=x"},
    }  # fmt: skip


def test_a_condition_names_a_claim(signed_in: Rcloud, there: Scripted) -> None:
    done = signed_in.attempt("workload-identity", "create", "dev", "deploy", "-c", "main", "--role", "admin")
    assert done.status == 2
    assert "CLAIM=VALUE" in done.stderr


def test_rules_are_listed_vouched_for_and_deleted(signed_in: Rcloud, there: Scripted) -> None:
    assert "repository=acme/shop" in signed_in.run("workload-identity", "list", "dev").stdout
    assert signed_in.run("workload-identity", "list", "dev", "-o", "json").json["items"] == [RULE]
    there.on(f"PUT {RULES}/wir_1", Answer(body=RULE))
    signed_in.run("workload-identity", "vouch", "dev", "deploy")
    kept = {"name", "provider", "issuer", "audience", "conditions", "role", "minutes"}
    assert json.loads(there.to(f"{RULES}/wir_1")[0].body) == {name: RULE[name] for name in kept}
    there.on(f"DELETE {RULES}/wir_1", Answer(204, ""))
    assert "Deleted wir_1" in signed_in.run("workload-identity", "delete", "dev", "wir_1", "--yes").stderr
    assert signed_in.attempt("workload-identity", "delete", "dev", "nothing", "--yes").status == 5


def test_a_job_of_gitlab_has_its_token_already(tmp_path: Path, server: Scripted) -> None:
    server.on("POST //oauth2/token", Answer(body=EXCHANGED))
    job = in_job(tmp_path, server, RESTATE_ID_TOKEN="x.y.z")
    assert job.run("ci", "exchange", ENV).stdout == "a.b.c\n"
    assert parse_qs(server.to("//oauth2/token")[0].body)["subject_token"] == ["x.y.z"]
    assert job.run("ci", "exchange", ENV, "-o", "env").stdout.splitlines() == LINES
    assert job.run("ci", "exchange", ENV, "-o", "json").json == EXCHANGED


def test_a_job_of_github_asks_for_its_token_and_hides_what_it_gets(tmp_path: Path, server: Scripted) -> None:
    server.on("GET //idtoken", Answer(body={"value": "x.y.z"}))
    server.on("POST //oauth2/token", Answer(body=EXCHANGED))
    file = tmp_path / "github_env"
    asked = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/idtoken?api-version=2"}
    job = in_job(tmp_path, server, ACTIONS_ID_TOKEN_REQUEST_TOKEN="secret", GITHUB_ENV=str(file), **asked)
    assert job.run("ci", "exchange", ENV, "-o", "github").stdout == "::add-mask::a.b.c\n"
    assert file.read_text().splitlines() == LINES
    [request] = server.to("//idtoken")
    assert request.query == {"api-version": ["2"], "audience": [f"{server.url}/environments/{ENV}"]}
    assert request.headers["authorization"] == "Bearer secret"


def test_a_refusal_is_told_in_the_planes_words(tmp_path: Path, server: Scripted) -> None:
    refusal = {"error": "invalid_request", "error_description": "No rule lets this token in."}
    server.on("POST //oauth2/token", Answer(400, refusal))
    done = in_job(tmp_path, server, RESTATE_ID_TOKEN="x.y.z").attempt("ci", "exchange", ENV)
    assert done.status == 1
    assert "No rule lets this token in." in done.stderr


def test_an_issuer_that_does_not_answer_right_now_is_asked_again(tmp_path: Path, server: Scripted) -> None:
    refusal = {"error": "temporarily_unavailable", "error_description": "Its issuer does not answer."}
    busy = Answer(503, refusal, {"retry-after": "1"})
    server.on("POST //oauth2/token", busy, Answer(body=EXCHANGED))
    job = in_job(tmp_path, server, RESTATE_ID_TOKEN="x.y.z")
    assert job.run("ci", "exchange", ENV).stdout == "a.b.c\n"
    server.answers["POST /oauth2/token"] = [Answer(503, refusal, {"retry-after": "60"})]
    done = job.attempt("ci", "exchange", ENV)
    assert "Its issuer does not answer." in done.stderr
    assert "have to agree" not in done.stderr
    assert "again in a while" in done.stderr


def test_a_claim_is_named_once(signed_in: Rcloud, there: Scripted) -> None:
    """Else the last would count, and whoever reads the command sees the first."""
    conditions = ["-c", "ref=refs/heads/main", "-c", "ref=refs/heads/*"]
    done = signed_in.attempt("workload-identity", "create", "dev", "deploy", *conditions, "--role", "admin")
    assert (done.status, "ref twice" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "settings", "word"),
    [
        ([ENV], {}, "id-token: write"),
        (["wir_1"], {"RESTATE_ID_TOKEN": "x.y.z"}, "--audience"),
        ([ENV, "-o", "github"], {"RESTATE_ID_TOKEN": "x.y.z"}, "GITHUB_ENV"),
    ],
)
def test_what_a_job_lacks_is_said(
    tmp_path: Path, server: Scripted, arguments: list[str], settings: dict[str, str], word: str
) -> None:
    server.on("POST //oauth2/token", Answer(body=EXCHANGED))
    done = in_job(tmp_path, server, **settings).attempt("ci", "exchange", *arguments)
    assert done.status == 2
    assert word in done.stderr
    # The platform's token can be exchanged once only.
    assert server.to("//oauth2/token") == []
