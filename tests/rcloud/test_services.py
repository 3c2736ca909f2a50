"""Tunnels, preflight and outbound additions, as a plane's answers make them look."""

from __future__ import annotations

import json
import shlex

import pytest

from rcloud.additions import parsed
from rcloud.text import size
from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import InProcess, Rcloud
from tests.support.waiting import until

PATH = "/accounts/acc_1/environments/env_1"
DEFAULTS = {"networks": [], "plainHttp": False, "grantableNetworks": ["10.0.0.0/8"]}
HOSTILE = "\x1b]0;owned\x07 [red]x"


@pytest.fixture
def there(server: Scripted) -> Scripted:
    """An account with an environment."""
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))
    return server


def tunnel(name: str = "laptop", connections: int = 2, requests: int = 7) -> dict[str, object]:
    return {
        "name": name, "connections": connections, "since": "2026-01-01T00:00:00Z", "openRequests": 1,
        "goneAt": None if connections else "2026-01-02T00:00:00Z", "requests": requests, "errors": 3,
        "bytesToService": 512, "bytesFromService": 3 * 1024 * 1024, "lastFailure": HOSTILE,
        "lastFailureAt": "2026-01-01T01:00:00Z",
    }  # fmt: skip


def policy(*networks: str, hosts: tuple[str, ...] = ()) -> Answer:
    body = {"networks": [*networks], "hosts": [*hosts], "defaults": DEFAULTS, "updatedBy": None, "updatedAt": None}
    return Answer(body=body)


def sent(server: Scripted, path: str, method: str) -> list[dict[str, object]]:
    return [json.loads(one.body) for one in server.to(path) if one.method == method]


def test_tunnels_are_shown_with_what_they_carry(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {PATH}/tunnels", Answer(body={"items": [tunnel(), tunnel("old", 0)]}))
    lines = signed_in.run("tunnels", "list", "dev").stdout.splitlines()
    assert "connected" in lines[1]
    assert "gone since 2026-01-02 00:00Z" in lines[2]
    assert all(word in lines[1] for word in (" 7 ", " 3 ", "512 B", "3.0 MiB", "2026-01-01 01:00Z \\x1b]0;owned"))
    shown = signed_in.run("tunnels", "list", "dev", "-o", "json").json
    assert [one["name"] for one in shown["items"]] == ["laptop", "old"]
    there.answers[f"GET /api/v1{PATH}/tunnels"] = [Answer(body={"items": []})]
    assert "rcloud tunnels command dev" in signed_in.run("tunnels", "list", "dev").stderr


def test_whoever_watches_sees_every_change_and_no_outage(rcloud: InProcess, signed_in: Rcloud, there: Scripted) -> None:
    quiet = [Answer(body={"items": [tunnel(requests=7)]})] * 2
    away = [Answer(503, {"code": "x", "message": "The plane rests."})] * 4
    there.on(f"GET {PATH}/tunnels", *quiet, *away, Answer(body={"items": [tunnel(requests=8)]}))
    child = Rcloud(rcloud.home).spawn("tunnels", "list", "dev", "--watch", "-o", "json")
    child.expect(r'\{"items".*"requests": 7.*\}\r\n')
    child.expect(r"The plane rests\. Trying on\.")
    child.expect(r'\{"items".*"requests": 8.*\}\r\n')
    assert '"requests": 7' not in child.before
    child.sendintr()
    until(lambda: not child.isalive())
    assert child.exitstatus == 130


def test_the_commands_to_run_beside_a_service(signed_in: Rcloud, there: Scripted) -> None:
    done = signed_in.run("tunnels", "command", "dev", "--name", "my-pc", "--port", "3000")
    assert [line for line in done.stdout.splitlines() if not line.startswith("#")] == [
        "rcloud env use env_1",
        "restate cloud env tunnel --tunnel-name my-pc",
        "restate deployments register --tunnel-name my-pc http://localhost:3000",
        "restate cloud env tunnel --tunnel-name my-pc --local-port 3000",
        "restate deployments register tunnel://…  # the address that the tunnel shows",
    ]
    assert signed_in.run("tunnels", "command", "dev", "-o", "json").json["use"] == "rcloud env use env_1"
    done = signed_in.run("tunnels", "command", "dev", "--port", "3000", "--background")
    assert [line for line in done.stdout.splitlines() if line.startswith("script")] == [
        "script -qec 'exec restate cloud env tunnel --tunnel-name laptop >/dev/null' /dev/null",
        "script -qec 'exec restate cloud env tunnel --tunnel-name laptop --local-port 3000 >/dev/null' /dev/null",
    ]
    hostile = signed_in.run(
        "tunnels", "command", "dev", "--name", "a'; touch x; '", "--background"
    ).stdout.splitlines()[2]
    inner = shlex.split(hostile)[2]
    assert shlex.split(inner) == [
        "exec",
        *["restate", "cloud", "env", "tunnel", "--tunnel-name"],
        "a'; touch x; '",
        ">/dev/null",
    ]
    hostile = signed_in.run("tunnels", "command", "dev", "--name", "a; rm -rf x").stdout.splitlines()[2]
    assert shlex.split(hostile)[-1] == "a; rm -rf x"


CHECKS = [{"name": "dns", "ok": True, "message": "It resolves."}, {"name": "tls", "ok": False, "message": "Expired."}]
PASSED = {"ok": True, "checks": CHECKS[:1]}


def test_a_failed_check_is_marked_and_is_the_exit_code(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {PATH}/preflight", Answer(body={"ok": False, "checks": CHECKS}))
    shown = signed_in.attempt("preflight", "dev", "https://x.example")
    rows = [line.split(maxsplit=2) for line in shown.stdout.splitlines()[1:]]
    assert (shown.status, rows) == (1, [["✓", "dns", "It resolves."], ["✗", "tls", "Expired."]])
    assert "not ready" in shown.stderr
    document = signed_in.attempt("preflight", "dev", "https://x.example", "-o", "json")
    assert (document.status, document.json["checks"]) == (1, CHECKS)


FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:greeter:7"


@pytest.mark.parametrize(
    ("given", "asked", "advice"),
    [
        ("https://x.example", {"uri": "https://x.example"}, "register https://x.example"),
        (
            "--tunnel-name laptop --use-http1.1 http://localhost:9080",
            {"uri": "http://localhost:9080", "tunnelName": "laptop", "useHttp11": True},
            "register --tunnel-name laptop --use-http1.1 http://localhost:9080",
        ),
        (
            f"{FUNCTION} --assume-role-arn arn:role",
            {"arn": FUNCTION, "assumeRoleArn": "arn:role"},
            f"register --assume-role-arn arn:role {FUNCTION}",
        ),
    ],
)
def test_a_service_that_passes_is_registered_with_the_same_options(
    signed_in: Rcloud, there: Scripted, given: str, asked: dict[str, object], advice: str
) -> None:
    there.on(f"POST {PATH}/preflight", Answer(body=PASSED))
    done = signed_in.run("preflight", "dev", *given.split())
    assert sent(there, f"{PATH}/preflight", "POST") == [asked]
    assert advice in done.stderr


def test_outbound_additions_are_added_taken_back_and_replaced(signed_in: Rcloud, there: Scripted) -> None:
    path = f"{PATH}/outbound-policy"
    there.on(f"GET {path}", policy("10.20.0.0/16", hosts=("db.corp.example",)))
    there.on(f"PUT {path}", policy("10.20.0.0/16"))
    shown = signed_in.run("outbound", "show", "dev").stdout
    assert all(word in shown for word in ("10.20.0.0/16", "db.corp.example", "10.0.0.0/8"))
    signed_in.run("outbound", "allow", "dev", "10.1.2.3", "*.Corp.example.", "fd00::/8", "10.20.0.0/16")
    signed_in.run("outbound", "withdraw", "dev", "DB.corp.example")
    signed_in.run("outbound", "set", "dev", "--yes")
    signed_in.run("outbound", "set", "dev", "10.20.0.0/16", "db.corp.example", "10.9.0.0/16", "-o", "json")
    assert sent(there, path, "PUT") == [
        {"networks": ["10.1.2.3/32", "10.20.0.0/16", "fd00::/8"], "hosts": ["*.corp.example", "db.corp.example"]},
        {"networks": ["10.20.0.0/16"], "hosts": []},
        {"networks": [], "hosts": []},
        {"networks": ["10.20.0.0/16", "10.9.0.0/16"], "hosts": ["db.corp.example"]},
    ]


def test_nothing_is_taken_back_unasked_or_that_was_not_there(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {PATH}/outbound-policy", policy("10.20.0.0/16"))
    assert signed_in.attempt("outbound", "withdraw", "dev", "10.21.0.0/16").status == 5
    unasked = signed_in.attempt("outbound", "set", "dev", "10.21.0.0/16")
    assert (unasked.status, "10.20.0.0/16" in unasked.stderr) == (2, True)
    assert sent(there, f"{PATH}/outbound-policy", "PUT") == []


def test_what_only_an_operator_may_allow_is_said_in_the_planes_words(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {PATH}/outbound-policy", policy())
    refused = Answer(403, {"code": "operator_must_allow", "message": "Only operators may allow 192.0.2.0/24."})
    there.on(f"PUT {PATH}/outbound-policy", refused)
    done = signed_in.attempt("outbound", "allow", "dev", "192.0.2.0/24")
    assert (done.status, "Only operators may allow 192.0.2.0/24." in done.stderr) == (1, True)


def test_networks_are_told_from_names() -> None:
    found = parsed(["10.0.0.0/8", "::1", "1.2.3.4", "10.0.0.1/8", "a.example", "1.a.example", "*.b.example"])
    assert found.networks == {"10.0.0.0/8", "::1/128", "1.2.3.4/32", "10.0.0.1/8"}
    assert found.hosts == {"a.example", "1.a.example", "*.b.example"}


def test_bytes_in_few_letters() -> None:
    counts = (0, 1023, 1024, 1536, 20 * 1024**2, 5 * 1024**3, 3 * 1024**5)
    assert [size(count) for count in counts] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.5 KiB",
        "20.0 MiB",
        "5.0 GiB",
        "3072.0 TiB",
    ]
