"""One path, two readers: what the edge judges must be what the engine gets, or nothing."""

from __future__ import annotations

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import MINE, World

CONFUSING = [
    "//deployments",
    "/deployments/",
    "/deployments//",
    "/DEPLOYMENTS",
    "/Deployments",
    "/%64eployments",
    "/deployments%2f",
    "/deployments%00",
    "/./deployments",
    "/x/../deployments",
    "/deployments/..",
    "/deployments/.",
    "/deployments/%2e%2e",
    "/v5/deployments",
    "/v1/deployments",
    "/V2/deployments",
    "/v2/v3/deployments",
    "/v4//deployments",
    "//v4/deployments",
    "/v4/../deployments",
    "/v2deployments",
    "/v2/",
    "/deployments;x=1",
    "/deployments%3fx",
    "/query/",
    "//query",
    "/%71uery",
    "/QUERY",
    "/v2/query/",
    "/v2//query",
    "/ui/../deployments",
    "/ui/%2e%2e/deployments",
    "/ui//deployments",
    "/ui/./x",
    "/ui/..;/query",
    "/ui/state/%2e%2e/%2e%2e/deployments",
    "/ui/state/..%2f..%2fdeployments",
    "/ui/state/x%2f..%2f..%2f..%2fdeployments",
    "/ui/state/x%5c..%5c..%5cdeployments",
    "/ui/state/%2E/x",
    "/ui/state/x%00",
    "/ui/state/x%zz",
    "/ui/state/x%2",
    "/ui/state/x\\y",
    "/ui/state/x/",
    "/ui/state//x",
    "/ui%2fstate/x",
    "/%75i/state/x",
    "/ui/st%61te/x",
    "/deployments\\x",
    "\\deployments",
    "/deployments/a%2fb",
    "/deployments/a%5cb",
    "/constructor",
    "/__proto__",
    "/hasOwnProperty/x",
    "/internal/../deployments",
    "/health#x",
    "/toString",
]


@pytest.mark.parametrize("role", ["full", "member:viewer"])
@pytest.mark.parametrize("path", CONFUSING)
def test_admin_knows_only_exact_paths(world: World, role: str, path: str) -> None:
    before = world.stack.engines[world.host()[:27]].requests
    answer = ask(world.port("admin"), path, host=world.host(), token=world.tokens[role])
    if path == "/health#x":
        assert answer.status in (200, 400, 404)
        return
    assert answer.status in (400, 404), answer
    answer.assert_refusal(answer.status)
    assert world.stack.engines[world.host()[:27]].requests == before


@pytest.mark.parametrize("path", CONFUSING)
def test_a_viewer_cannot_write_through_a_confusing_path(world: World, path: str) -> None:
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        token = world.tokens["member:viewer"]
        assert ask(world.port("admin"), path, method=method, host=world.host(), token=token).status in (400, 403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/restate/awakeables/../../Greeter/greet",
        "/restate/awakeables/x/resolve/../../../../Greeter/greet",
        "/restate/awakeables/%2e%2e/resolve",
        "/restate/awakeables/x%2fresolve",
        "/restate//awakeables/x/resolve",
        "/restate/awakeables/x/resolve/",
        "/RESTATE/awakeables/x/resolve",
        "/restate/awakeables/x/resolve;y",
        "/restate/awakeables/x/RESOLVE",
        "/restate/awakeables/x/resolve%20",
        "/restate/awakeables/./resolve",
        "/restate/awakeables/x/resolve/send",
    ],
)
def test_an_awakeable_key_reaches_awakeables_only(world: World, path: str) -> None:
    answer = ask(
        world.port("ingress"), path, method="POST", host=world.host(), token=world.tokens["complete_awakeable"]
    )
    assert answer.status in (400, 403)
    answer.assert_refusal(answer.status)


@pytest.mark.parametrize(
    "target",
    [
        "/S/a%2Fb/h",
        "//S//h",
        "/S/%C3%A9/h?x=%2f&y=a+b",
        "/S/a;b=c/h",
        "/S/./h",
        "/S/x/../h",
        "/S/h?",
        "/S/h?a?b",
        "/S/key%20with/h",
    ],
)
@pytest.mark.parametrize("role", ["full", "ingress", "member:developer"])
def test_ingress_paths_arrive_as_they_were_sent(world: World, role: str, target: str) -> None:
    answer = ask(world.port("ingress"), target, method="POST", host=world.host(), token=world.tokens[role])
    assert answer.json["target"] == target


def test_a_query_string_is_not_part_of_the_path(world: World) -> None:
    answer = ask(
        world.port("admin"), "/deployments?force=/../x%2f", host=world.host(), token=world.tokens["member:viewer"]
    )
    assert answer.json["target"] == "/deployments?force=/../x%2f"


def test_the_method_is_the_method(world: World) -> None:
    headers = [("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE")]
    answer = ask(
        world.port("admin"), "/deployments/d", host=world.host(), token=world.tokens["member:viewer"], headers=headers
    )
    assert answer.json["method"] == "GET"
    for method in ("get", "TRACE", "CONNECT", "PROPFIND", "X"):
        refused = ask(
            world.port("admin"), "/deployments", method=method, host=world.host(), token=world.tokens["member:viewer"]
        )
        assert refused.status in (400, 404, 405)


def test_an_absolute_target_is_judged_by_its_path(world: World) -> None:
    target = f"http://{world.host()}/deployments"
    answer = ask(world.port("admin"), target, host=world.host(), token=world.tokens["member:viewer"])
    assert answer.status == 404 or answer.json["target"] == "/deployments"
    refused = ask(world.port("admin"), f"http://{world.host()}/metrics", host=world.host(), token=world.tokens["full"])
    refused.assert_refusal(404)


def test_an_absolute_target_cannot_name_another_environment(world: World) -> None:
    target = f"http://{world.host(2)}/S/h"
    answer = ask(world.port("ingress"), target, host=world.host(MINE), token=world.tokens["full"])
    answer.assert_refusal(403)


def test_very_long_targets_are_refused_in_json(world: World) -> None:
    ask(world.port("ingress"), "/" + "a" * 20_000, host=world.host(), token=world.tokens["full"]).assert_refusal(414)
