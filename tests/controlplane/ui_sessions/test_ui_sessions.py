"""A person's way into the engine's own UI: the code, what it becomes, and all that ends it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from controlplane.auth import Role
from controlplane.core import clock, tokens
from controlplane.core.database import transaction
from controlplane.core.ids import label
from controlplane.edge_log.models import EdgeChange
from controlplane.login.models import AccessToken
from controlplane.settings import settings
from controlplane.ui_sessions.models import UiCode
from controlplane.ui_sessions.tasks import forget_ui_codes
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp
from tests.support.waiting import until

Later = Callable[[timedelta], None]


@dataclass
class Place:
    """An environment, its people, and the edge that they come to."""

    owner: Person
    viewer: Person
    account_id: str
    environment_id: str
    node: Node

    @property
    def path(self) -> str:
        return f"/accounts/{self.account_id}/environments/{self.environment_id}"

    def opens(self, person: Person) -> str:
        """The code that the person's browser is sent off with."""
        answer = person.post(f"{self.path}/ui-sessions")
        assert answer.status_code == 201, answer.text
        return code_of(answer.json()["url"])

    def brings(self, code: str, environment_id: str | None = None) -> dict[str, Any]:
        """What the edge hears of it."""
        body = {"environmentId": environment_id or self.environment_id, "code": code}
        answer = self.node.call("POST", "/ui-sessions", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def enters(self, person: Person) -> str:
        """The cookie, as a browser sends it."""
        found = self.brings(self.opens(person))
        assert found["message"] is None
        return f"{found['name']}={found['value']}"

    def at_the_edge(self, cookie: str) -> dict[str, Any] | None:
        """What edges were told of it last."""
        query = select(EdgeChange).where(EdgeChange.entry == tokens.digest(cookie)).order_by(EdgeChange.sequence.desc())
        with transaction() as session:
            change = session.scalars(query.limit(1)).one()
            return change.value


def code_of(url: str) -> str:
    return urlsplit(url).query.removeprefix("code=")


@pytest.fixture
def place(signed_up: SignedUp, node: Node) -> Place:
    ada = signed_up("ada")
    account = ada.account()
    environment = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    return Place(ada, signed_up("vic").joins(account, Role.VIEWER), account, environment, node)


def assert_refused(found: dict[str, Any]) -> None:
    assert (found["name"], found["value"]) == (None, None)
    assert "Open the engine UI from the console again" in found["message"]


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_whoever_may_read_is_let_in_at_the_admin_port(place: Place, who: str) -> None:
    person: Person = getattr(place, who)
    url = person.post(f"{place.path}/ui-sessions").json()["url"]
    admin = place.owner.get(place.path).json()["adminBaseUrl"]
    assert url.startswith(f"{admin}/.restate-cloud/ui-session?code=")

    found = place.brings(code_of(url))

    assert found["name"] == f"rc_ui_{label(place.environment_id)}"
    entry = place.at_the_edge(f"{found['name']}={found['value']}")
    assert entry is not None
    assert (entry["kind"], entry["userId"]) == ("ui_session", person.user_id)
    assert entry["label"] == label(place.environment_id)


def test_nothing_of_it_is_kept_but_digests(place: Place, session: Session) -> None:
    code = place.opens(place.owner)
    assert session.scalars(select(UiCode.digest)).all() == [tokens.digest(code)]
    value = place.brings(code)["value"]
    assert session.scalars(select(UiCode)).all() == []
    row = session.scalars(select(AccessToken).where(AccessToken.environment_id.is_not(None))).one()
    assert value not in repr(vars(row))


def test_where_environments_have_host_names_no_neighbour_can_set_it(
    place: Place, configured: Callable[..., None]
) -> None:
    configured(loopback_mode=False, public_url="https://cloud.example.com")
    environment = place.owner.post(f"/accounts/{place.account_id}/environments", {"name": "named"}).json()
    place.environment_id = environment["environmentId"]

    assert place.brings(place.opens(place.owner))["name"] == f"__Host-rc_ui_{label(place.environment_id)}"


def test_a_code_is_good_once_for_a_minute_and_for_one_environment(place: Place, later: Later) -> None:
    other = place.owner.post(f"/accounts/{place.account_id}/environments", {"name": "other"}).json()["environmentId"]
    code = place.opens(place.owner)
    assert_refused(place.brings(code, other))
    assert place.brings(code)["message"] is None
    assert_refused(place.brings(code))
    first, second = place.opens(place.owner), place.opens(place.owner)
    assert_refused(place.brings(first))
    later(timedelta(minutes=1))
    assert_refused(place.brings(second))


def test_of_two_who_bring_a_code_at_once_one_is_let_in(committed: sessionmaker[Session], place: Place) -> None:
    assert committed
    code = place.opens(place.owner)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(place.brings, [code] * 4))
    assert sorted(one["value"] is None for one in found) == [False, True, True, True]


def test_signing_out_meets_an_edge_that_tells_of_use(committed: sessionmaker[Session], place: Place) -> None:
    """Both change tokens of one session: in one order, so that neither waits for the other."""
    cookies = [place.enters(place.owner) for _ in range(2)]
    with committed.begin() as session:
        query = select(AccessToken).where(AccessToken.digest.in_(map(tokens.digest, cookies)))
        first, second = session.scalars(query.order_by(AccessToken.token_id)).all()
        first.expires_at += timedelta(seconds=1)
    with ThreadPoolExecutor(1) as pool, committed.begin() as edge:
        edge.get(AccessToken, first.token_id, with_for_update=True)
        signed_out = pool.submit(place.owner.call, "POST", "/auth/logout")
        until(lambda: _waiting() == 1)
        edge.get(AccessToken, second.token_id, with_for_update=True)
        edge.commit()
        assert signed_out.result().status_code == 204
    assert [place.at_the_edge(cookie) for cookie in cookies] == [None, None]


def _waiting() -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with transaction() as session:
        return int(session.scalar(text(query)) or 0)


def test_another_runner_learns_nothing(place: Place) -> None:
    code = place.opens(place.owner)
    strange = Node.register(place.node.client, "strange", "far")
    body = {"environmentId": place.environment_id, "code": code}
    assert strange.call("POST", "/ui-sessions", json=body).status_code == 404
    assert place.brings(code)["message"] is None


@pytest.mark.parametrize("ending", ["signed out", "removed", "idle", "deleted"])
def test_between_code_and_cookie_the_right_may_end(place: Place, ending: str, later: Later) -> None:
    code = place.opens(place.viewer)
    if ending == "signed out":
        place.viewer.post("/auth/logout")
    elif ending == "removed":
        assert place.owner.delete(f"/accounts/{place.account_id}/members/{place.viewer.user_id}").status_code == 204
    elif ending == "idle":
        later(timedelta(hours=settings().session_idle_hours))
    else:
        place.owner.delete(place.path)
    found = place.brings(code)
    assert_refused(found)


def test_signing_out_ends_it_and_another_session_goes_on(place: Place) -> None:
    again = place.owner.logs_in()
    first, second = place.enters(place.owner), place.enters(again)
    place.owner.post("/auth/logout")
    assert place.at_the_edge(first) is None
    assert place.at_the_edge(second) is not None
    assert again.logs_in().delete("/auth/sessions").status_code == 204
    assert place.at_the_edge(second) is None


def test_it_lasts_while_it_is_used_and_no_longer(place: Place, later: Later) -> None:
    cookie = place.enters(place.owner)
    idle = timedelta(hours=settings().ui_session_idle_hours)
    entry = place.at_the_edge(cookie)
    assert entry is not None
    assert abs(datetime.fromisoformat(entry["expiresAt"]) - datetime.now(UTC) - idle) < timedelta(minutes=1)

    later(idle / 2)
    used = {"keys": {entry["tokenId"]: clock.now().isoformat(), "key_x": clock.now().isoformat()}}
    assert place.node.call("POST", "/edge/usage", json=used).status_code == 204
    longer = place.at_the_edge(cookie)
    assert longer is not None
    assert datetime.fromisoformat(longer["expiresAt"]) > datetime.fromisoformat(entry["expiresAt"]) + idle / 3

    later(2 * idle)
    late = {"keys": {entry["tokenId"]: clock.now().isoformat()}}
    assert place.node.call("POST", "/edge/usage", json=late).status_code == 204
    assert place.at_the_edge(cookie) == longer


def test_use_does_not_keep_it_beyond_a_session_that_is_over(place: Place, later: Later, session: Session) -> None:
    cookie = place.enters(place.owner)
    entry = place.at_the_edge(cookie)
    assert entry is not None
    login = session.scalars(select(AccessToken).where(AccessToken.token_id == entry["tokenId"])).one().session_id
    place.owner.delete(f"/auth/sessions/{login}")
    used = {"keys": {entry["tokenId"]: (clock.now() + timedelta(hours=1)).isoformat()}}
    assert place.node.call("POST", "/edge/usage", json=used).status_code == 204
    assert place.at_the_edge(cookie) is None


def test_an_edge_with_a_wrong_clock_gives_no_more_time(place: Place) -> None:
    cookie = place.enters(place.owner)
    entry = place.at_the_edge(cookie)
    assert entry is not None
    used = {"keys": {entry["tokenId"]: (clock.now() + timedelta(days=300)).isoformat()}}
    assert place.node.call("POST", "/edge/usage", json=used).status_code == 204
    assert place.at_the_edge(cookie) == entry


def test_a_browser_holds_few_of_them(place: Place) -> None:
    cookies = [place.enters(place.owner) for _ in range(6)]
    assert [place.at_the_edge(cookie) is not None for cookie in cookies] == [False] * 2 + [True] * 4


def test_it_is_no_credential_of_the_api(place: Place) -> None:
    cookie = place.enters(place.owner)
    for token in (cookie, cookie.partition("=")[2]):
        answer = place.owner.get("/auth/me", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    name, _, value = cookie.partition("=")
    for sent in (cookie, f"rc_session={value}", f"rc_session={name}={value}"):
        assert place.owner.client.get("/api/v1/auth/me", headers={"cookie": sent}).status_code == 401


def test_strangers_and_deleted_environments_are_refused(place: Place, signed_up: SignedUp) -> None:
    eve = signed_up("eve")
    assert eve.post(f"{place.path}/ui-sessions").status_code == 404
    place.owner.delete(place.path)
    answer = place.owner.post(f"{place.path}/ui-sessions")
    assert (answer.status_code, answer.json()["code"]) == (409, "environment_deleted")


def test_codes_that_nobody_brought_are_forgotten(place: Place, later: Later, session: Session) -> None:
    place.opens(place.owner)
    forget_ui_codes()
    assert len(session.scalars(select(UiCode)).all()) == 1
    later(timedelta(minutes=2))
    forget_ui_codes()
    assert session.scalars(select(UiCode)).all() == []


def test_the_consoles_link_leads_there(place: Place) -> None:
    client = place.owner.client
    visit = {"cookie": f"rc_session={place.owner.cookie}", "sec-fetch-dest": "document"}
    link = place.path + "/ui"
    answer = client.get(link, headers=visit, follow_redirects=False)
    assert answer.status_code == 303
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    assert place.brings(code_of(answer.headers["location"]))["message"] is None

    framed = client.get(link, headers=visit | {"sec-fetch-dest": "iframe"}, follow_redirects=False)
    assert framed.status_code == 403
    stranger = client.get(link, follow_redirects=False)
    assert (stranger.status_code, stranger.headers["location"]) == (303, f"/login?next={link}")
    nowhere = client.get(f"/accounts/{place.account_id}/environments/env_x/ui", headers=visit, follow_redirects=False)
    assert nowhere.status_code == 404


@pytest.mark.parametrize("strange", ["%00", "%0a", "%ff", "%3F", "%23", "%2e%2e", "{}%3Fx", "{}%23"])
def test_the_consoles_link_asks_for_nothing_else(place: Place, strange: str) -> None:
    """The page posts in its visitor's name: nobody's link shall say where."""
    visit = {"cookie": f"rc_session={place.owner.cookie}", "sec-fetch-dest": "document"}
    for account, environment in (
        (place.account_id, strange.format(place.environment_id)),
        (strange.format(place.account_id), place.environment_id),
    ):
        answer = place.owner.client.get(f"/accounts/{account}/environments/{environment}/ui", headers=visit)
        assert answer.status_code == 404
