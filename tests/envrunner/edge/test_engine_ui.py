"""The engine's own UI at the edge: what a browser's cookie opens, for whom, and from whose pages."""

from __future__ import annotations

import http.client
import queue
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.stack import Stack, digest, label
from tests.envrunner.edge.ui import ANN, admin, visit

VIC, EVE = "usr_vic", "usr_eve"
QUERY = b'{"query": "SELECT 1"}'


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(1)
        stack.add_environment(2)
        stack.add_environment(3, readOnly=True)
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def team(edge: Stack) -> Stack:
    edge.add_member(ANN, "owner")
    edge.add_member(VIC, "viewer")
    return edge


@pytest.fixture
def cookie(team: Stack) -> str:
    found = team.add_ui_session(1, ANN)
    team.wait_applied()
    return found


def test_a_cookie_opens_the_ui_with_its_owners_role_and_reaches_no_engine(team: Stack, cookie: str) -> None:
    viewers = team.add_ui_session(1, VIC, "others")
    team.wait_applied()
    for path in ("/ui/", "/deployments", "/services/Greeter/openapi"):
        for one in (cookie, viewers):
            assert visit(team, f"a=b; {one}; rc_session=s3cret", path).status == 200
    assert "cookie" not in visit(team, f"a=b; {cookie}", "/version").seen
    assert visit(team, viewers, "/query", method="POST", body=QUERY).status == 200
    assert visit(team, cookie, "/deployments/dp_1", method="DELETE").status == 200
    visit(team, viewers, "/deployments/dp_1", method="DELETE").assert_refusal(403)


def test_a_read_only_environment_is_so_in_its_ui(team: Stack) -> None:
    cookie = team.add_ui_session(3, ANN)
    team.wait_applied()
    assert visit(team, cookie, number=3).status == 200
    refused = visit(team, cookie, "/deployments/dp_1", method="DELETE", number=3)
    refused.assert_refusal(403)
    assert "read-only" in refused.json["message"]


@pytest.mark.parametrize("site", ["same-site", "cross-site", "none"])
def test_other_pages_cause_nothing_with_it(team: Stack, cookie: str, site: str) -> None:
    before = team.engines[label(1)].requests
    for method, path in [("POST", "/query"), ("DELETE", "/deployments/dp_1"), ("PATCH", "/invocations/inv_1/kill")]:
        for origin in ("own", f"http://127.0.0.1:{admin(team, 2)}", "null", None):
            visit(team, cookie, path, method=method, site=site, origin=origin, body=QUERY).assert_refusal(403)
    visit(team, cookie, "/deployments", site=site).assert_refusal(403)
    assert team.engines[label(1)].requests == before


def test_what_is_typed_or_bookmarked_shows_the_ui_and_nothing_else(team: Stack, cookie: str) -> None:
    assert visit(team, cookie, "/ui/", site="none").status == 200
    assert visit(team, cookie, "/ui/overview", site="none", method="HEAD").status == 200
    for path in ("/services", "/openapi"):
        visit(team, cookie, path, site="none").assert_refusal(403)


@pytest.mark.parametrize(
    "origin", ["https://127.0.0.1:{port}", "http://127.0.0.1:{other}", "http://localhost:{port}", "null"]
)
def test_a_change_names_its_own_origin(team: Stack, cookie: str, origin: str) -> None:
    named = origin.format(port=admin(team), other=admin(team, 2))
    for site in ("same-origin", None):
        visit(team, cookie, "/deployments/dp_1", method="DELETE", origin=named, site=site).assert_refusal(403)
        visit(team, cookie, "/deployments/dp_1", method="DELETE", origin=None, site=site).assert_refusal(403)


def test_it_opens_one_admin_port_only(team: Stack, cookie: str) -> None:
    visit(team, cookie, number=2).assert_refusal(401)
    value = cookie.partition("=")[2]
    visit(team, f"rc_ui_{label(2)}={value}", number=2).assert_refusal(401)
    for path in ("/Greeter/greet", "/restate/health"):
        ask(admin(team) - 1, path, headers=[("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")]).assert_refusal(401)
    shared = ask(team.admin, "/deployments", host=team.host(2), headers=[("Cookie", cookie)])
    shared.assert_refusal(401)


def test_under_a_host_name_it_opens_its_own(team: Stack) -> None:
    cookie = team.add_ui_session(1, ANN, "secure", prefix="__Host-")
    team.wait_applied()
    host = f"{team.host(1)}:9070"
    own = [("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")]
    assert ask(team.admin, "/deployments", host=host, headers=own).status == 200
    for origin, status in ((f"https://{host}", 200), (f"http://{host}", 403), (f"https://{team.host(2)}:9070", 403)):
        changed = ask(team.admin, "/deployments/dp_1", method="DELETE", host=host, headers=[*own, ("Origin", origin)])
        assert changed.status == status
    # Every browser that keeps such cookies says where a request comes from.
    ask(team.admin, "/deployments", host=host, headers=[("Cookie", cookie)]).assert_refusal(403)
    # A neighbouring name can set a cookie without the prefix: its value is worth nothing then.
    unprefixed = cookie.removeprefix("__Host-")
    ask(team.admin, "/deployments", host=host, headers=[("Cookie", unprefixed), *own[1:]]).assert_refusal(401)


def test_cookies_that_a_neighbour_put_beside_it_change_nothing(team: Stack, cookie: str) -> None:
    name = cookie.partition("=")[0]
    eves = team.add_ui_session(2, EVE, "eve")
    team.add_member(EVE, "owner")
    team.wait_applied()
    for before in (f"{name}=tossed; {name}=", eves, f"{name}={eves.partition('=')[2]}"):
        answer = visit(team, f"{before}; {cookie}", "/deployments/dp_1", method="DELETE")
        assert answer.status == 200
    many = "; ".join(f"{name}=junk{n}" for n in range(50))
    visit(team, f"{many}; {cookie}").assert_refusal(401)


def test_it_is_no_bearer_token_and_no_bearer_token_is_a_cookie(team: Stack, cookie: str) -> None:
    for token in (cookie, cookie.partition("=")[2]):
        ask(admin(team), "/deployments", token=token).assert_refusal(401)
    token = team.add_member(ANN, "owner")
    team.wait_applied()
    visit(team, f"rc_ui_{label(1)}={token}").assert_refusal(401)


def test_who_sends_an_authorization_is_judged_by_that(team: Stack, cookie: str) -> None:
    key = team.add_key(1, "ingress")
    team.wait_applied()
    visit(team, cookie, token=key).assert_refusal(403)
    visit(team, cookie, token="wrong").assert_refusal(401)
    full = team.add_key(1, "full")
    team.wait_applied()
    assert (
        visit(team, cookie, "/deployments/dp_1", method="DELETE", token=full, site="cross-site", origin="null").status
        == 200
    )


def test_without_one_the_ui_says_where_to_go(team: Stack) -> None:
    for path in ("/", "/ui/", "/ui/overview"):
        answer = ask(admin(team), path)
        answer.assert_refusal(401)
        assert "console" in answer.json["message"]
    assert "Authorization" in ask(admin(team), "/deployments").json["message"]


@pytest.mark.parametrize("ending", ["expired", "revoked", "removed", "demoted"])
def test_it_ends_with_its_right_and_ends_what_is_under_way(team: Stack, ending: str) -> None:
    user = f"usr_{ending}"
    team.add_member(user, "owner")
    for seconds in (2, 4, 8, 16, 32):
        soon = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        cookie = team.add_ui_session(1, user, ending, soon if ending == "expired" else "2999-01-01T00:00:00Z")
        team.wait_applied()
        connection = http.client.HTTPConnection("127.0.0.1", admin(team), timeout=40)
        connection.request("GET", "/ui/stream", headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
        response = connection.getresponse()
        # On a busy machine it may have expired by then.
        if response.status != 401:
            break
    assert response.status == 200
    team.engines[label(1)].to_send.put(b"first")
    assert response.read1() == b"first"

    if ending == "revoked":
        team.plane.change("principals", digest(cookie), None)
    elif ending == "removed":
        team.plane.change("members", f"{user}/acc_1", None)
    elif ending == "demoted":
        team.plane.change("members", f"{user}/acc_1", {"role": "viewer"})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()
    team.engines[label(1)].to_send = queue.Queue()
    after = {"expired": 401, "revoked": 401, "removed": 403, "demoted": 200}
    assert visit(team, cookie).status == after[ending]


def test_changes_are_recorded_as_its_owners_and_its_use_is_told(team: Stack, cookie: str) -> None:
    assert visit(team, cookie, "/invocations/inv_7/kill", method="PATCH").status == 200
    path = "/invocations/inv_7/kill"
    team.wait_until(lambda: any(item["path"] == path and item.get("status") for item in team.plane.recorded))
    line = next(item for item in team.plane.recorded if item["path"] == path)
    assert (line["kind"], line["actor"], line["digest"]) == ("user", ANN, digest(cookie))
    team.wait_until(lambda: f"tok_{ANN}" in team.plane.usage)
