"""The engine's own UI at the edge: what a browser's cookie opens, for whom, and from whose pages."""

from __future__ import annotations

import base64
import hashlib
import http.client
import queue
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.stack import Stack, digest, label
from tests.envrunner.waiting import until

ANN, VIC, EVE = "usr_ann", "usr_vic", "usr_eve"
CODE = "7" * 49
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


def admin(stack: Stack, number: int = 1) -> int:
    return stack.ports_from + 2 * number + 1


def visit(
    stack: Stack, cookie: str, path: str = "/deployments", *, method: str = "GET", site: str | None = "same-origin",
    origin: str | None = "own", number: int = 1, token: str | None = None, body: bytes = b"",
) -> Answer:  # fmt: skip
    """As a page of the engine UI asks; ``origin`` goes along with what is no GET or HEAD."""
    host = f"127.0.0.1:{admin(stack, number)}"
    headers = [("Cookie", cookie)]
    if site is not None:
        headers.append(("Sec-Fetch-Site", site))
    if method not in ("GET", "HEAD") and origin is not None:
        headers.append(("Origin", f"http://{host}" if origin == "own" else origin))
    return ask(admin(stack, number), path, method=method, host=host, token=token, headers=headers, body=body)


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
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat() if ending == "expired" else "2999-01-01T00:00:00Z"
    cookie = team.add_ui_session(1, user, ending, soon)
    team.wait_applied()
    connection = http.client.HTTPConnection("127.0.0.1", admin(team), timeout=30)
    connection.request("GET", "/ui/stream", headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    response = connection.getresponse()
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


def test_nobody_frames_it_and_no_engine_sets_cookies(team: Stack, cookie: str) -> None:
    answer = visit(team, cookie, "/ui/")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    team.engines[label(1)].canned["/ui/tossing"] = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: " + cookie.encode() + b"\r\nSet-Cookie: a=b\r\nClear-Site-Data: *\r\n"
        b"Content-Length: 2\r\n\r\nok"
    )
    tossed = visit(team, cookie, "/ui/tossing")
    assert tossed.status == 200
    assert {"set-cookie", "clear-site-data"}.isdisjoint(tossed.headers)


@pytest.fixture
def code(team: Stack) -> Callable[[int], str]:
    """Make the plane's double give a session of Ann's for it, in an environment."""

    def make(number: int) -> str:
        pair = team.add_ui_session(number, ANN, "given")
        name, _, value = pair.partition("=")
        team.plane.codes[(f"env_{label(number)}", CODE)] = {"name": name, "value": value, "message": None}
        return pair

    return make


def bring(stack: Stack, *, method: str = "GET", number: int = 1, **headers: str) -> Answer:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return ask(admin(stack, number), f"/.restate-cloud/ui-session?code={CODE}", method=method, headers=named)


def test_a_code_becomes_a_cookie_once(team: Stack, code: Callable[[int], str]) -> None:
    pair = code(1)
    answer = bring(team, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")
    assert answer.status == 200
    assert answer.headers["set-cookie"] == f"{pair}; Path=/; HttpOnly; SameSite=Strict"
    assert answer.headers["cache-control"] == "no-store"
    assert b"url=/ui/" in answer.body
    assert CODE.encode() not in answer.body
    assert visit(team, pair).status == 200

    again = bring(team)
    again.assert_refusal(403)
    assert "set-cookie" not in again.headers


def test_a_code_opens_no_other_environment(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    bring(team, number=2).assert_refusal(403)
    assert bring(team).status == 200


def test_a_code_is_not_used_up_by_what_is_no_visit(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    assert bring(team, method="HEAD").status == 400
    bring(team, method="POST").assert_refusal(400)
    bring(team, Sec_Fetch_Dest="iframe", Sec_Fetch_Mode="navigate").assert_refusal(400)
    bring(team, Sec_Fetch_Mode="no-cors").assert_refusal(400)
    bring(team, Sec_Purpose="prefetch").assert_refusal(400)
    for wrong in ("", "?code=", "?code=a%20b", f"?code={CODE}0", "?code=" + "7" * 9000):
        ask(admin(team), f"/.restate-cloud/ui-session{wrong}").assert_refusal(400)
    assert bring(team).status == 200


def test_the_way_of_a_code_is_on_admin_ports_only(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    ask(admin(team) - 1, f"/.restate-cloud/ui-session?code={CODE}").assert_refusal(401)
    ask(team.admin, f"/.restate-cloud/ui-session?code={CODE}", host="nobody.example.com").assert_refusal(404)
    ask(admin(team), "/.edge/ui-sessions", method="POST", body=b"{}").assert_refusal(404)
    assert bring(team).status == 200


def test_only_scripts_of_the_engines_own_page_run(cookie: str, edge: Stack) -> None:
    scripts = ["one();\n", "« two »"]
    page = (
        f"<html><script>{scripts[0]}</script><script async src='/ui/assets/x.js'></script><SCRIPT>upper()</SCRIPT>"
        f"<script type='module' async>{scripts[1]}</script></html>"
    ).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    edge.engines[label(1)].canned["/ui/"] = head % len(page) + page
    until(lambda: "'sha256-" in visit(edge, cookie, "/ui/").headers["content-security-policy"])
    for path in ("/ui/", "/ui/state/My%2FKey?x=1", "/ui"):
        directives = visit(edge, cookie, path).headers["content-security-policy"].split("; ")
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
        assert f"script-src 'self' 'sha256-{digests[0]}' 'sha256-{digests[1]}'" in directives
        assert "default-src 'none'" in directives
        assert "frame-ancestors 'none'" in directives
    api = visit(edge, cookie, "/deployments").headers["content-security-policy"]
    assert "script-src 'self';" in api


def test_what_a_caller_sends_is_no_part_of_the_page_that_is_asked_for(cookie: str, edge: Stack) -> None:
    """Else one could have one's own script's digest put into the policy of others."""
    engine = edge.engines[label(2)]
    engine.canned["/ui/evil"] = b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n<script>evil()</script>   "
    other = edge.add_ui_session(2, ANN)
    edge.wait_applied()
    policy = visit(edge, other, "/ui/evil?<script>evil()</script>", number=2).headers["content-security-policy"]
    assert "sha256" not in policy
