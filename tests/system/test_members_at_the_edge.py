"""What a member may do at an environment's own addresses follows their role, a moment after it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import services
from tests.support.plane import Plane
from tests.support.tenants import Caller, Environment, Person, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system

READ, WRITE = ("GET", "/deployments"), ("POST", "/deployments")


@dataclass(frozen=True)
class Membership:
    """Somebody in another person's account, by their own access token."""

    owner: Person
    person: Person
    user_id: str
    environment: Environment

    @property
    def path(self) -> str:
        return f"/accounts/{self.environment.account_id}/members/{self.user_id}"

    @property
    def caller(self) -> Caller:
        return self.environment.using(self.person.token)

    def admin(self, call: tuple[str, str]) -> int:
        method, path = call
        return self.caller.admin(method, path, json={} if method == "POST" else None).status_code

    def ingress(self) -> int:
        """404 is the engine's: there is no such service."""
        return self.caller.ingress("POST", "/NoService/call", json={}).status_code

    def role(self, role: str) -> None:
        answer = self.owner.call("PATCH", self.path, json={"role": role})
        assert answer.status_code == 200, answer.text

    def invited(self, role: str) -> None:
        path = f"/accounts/{self.environment.account_id}/invitations"
        made = self.owner.created(path, email=self.person.email, role=role)
        self.person.created("/invitations/accept", invitationId=made["invitationId"])


@pytest.fixture
def membership(plane: Plane, environment: Callable[..., Environment]) -> Membership:
    """A developer who came by invitation; the edge knows them."""
    home, person = environment(), sign_up(plane.api_url)
    user_id = person.call("GET", "/auth/me").json()["user"]["userId"]
    made = Membership(home.owner, person, user_id, home)
    made.invited("developer")
    until(lambda: made.admin(READ) == 200)
    return made


def test_a_role_reaches_the_edge(membership: Membership) -> None:
    # 422 is the engine's: the body names no deployment.
    assert (membership.admin(WRITE), membership.ingress()) == (422, 404)
    membership.role("viewer")
    until(lambda: membership.admin(WRITE) == 403)
    assert (membership.admin(READ), membership.ingress()) == (200, 403)
    membership.role("admin")
    until(lambda: membership.admin(WRITE) == 422)
    assert (membership.admin(READ), membership.ingress()) == (200, 404)


def test_a_viewer_sees_which_headers_are_sent_and_not_their_values(membership: Membership, tmp_path: Path) -> None:
    home, secret = membership.environment, "Bearer topsecret"
    paths = [f"{version}/deployments" for version in ("", "/v2", "/v3")]
    with services.typescript(tmp_path, [home.signing_public_key]) as service:
        made = membership.caller.admin(
            "POST", "/deployments", json={"uri": service.url, "additional_headers": {"authorization": secret}}
        )
    assert made.status_code == 201, made.text
    paths += [f"{path}/{made.json()['id']}" for path in paths]
    assert all(secret in membership.caller.admin("GET", path).text for path in paths)
    membership.role("viewer")
    until(lambda: membership.admin(WRITE) == 403)
    for path in paths:
        shown = membership.caller.admin("GET", path, headers={"accept-encoding": "gzip, br, zstd"})
        assert (shown.status_code, "content-encoding" in shown.headers) == (200, False)
        assert '"additional_headers":{"authorization":"***"}' in shown.text
        assert "topsecret" not in shown.text
    assert "topsecret" not in str(membership.caller.sql("SELECT * FROM sys_deployment"))


@pytest.mark.parametrize("way", ["removed", "leaves"])
def test_a_membership_that_ends_ends_at_the_edge(membership: Membership, way: str) -> None:
    """The access token stays valid: it opens nothing here any more, and everything once they are back."""
    by = membership.owner if way == "removed" else membership.person
    assert by.call("DELETE", membership.path).status_code == 204
    until(lambda: membership.admin(READ) == 403)
    assert (membership.admin(WRITE), membership.ingress()) == (403, 403)
    assert membership.person.call("GET", "/auth/me").status_code == 200
    membership.invited("viewer")
    until(lambda: membership.admin(READ) == 200)
    assert (membership.admin(WRITE), membership.ingress()) == (403, 403)


def test_a_deleted_account_ends_at_the_edge(membership: Membership, plane: Plane) -> None:
    """Nothing of it is left to call, and its members' tokens go on working elsewhere."""
    home, owner = membership.environment, membership.owner
    assert owner.call("DELETE", f"/accounts/{home.account_id}").json()["code"] == "environments_left"
    assert owner.call("DELETE", f"{home.path}?purge=true").status_code == 202
    until(lambda: owner.call("GET", home.path).status_code == 404)
    assert owner.call("DELETE", f"/accounts/{home.account_id}").status_code == 204
    for person in (owner, membership.person):
        assert person.call("GET", f"/accounts/{home.account_id}").status_code == 404
        assert person.call("GET", "/auth/me").json()["accounts"] == []


def test_a_member_elsewhere_stays_out_whatever_they_try(membership: Membership, plane: Plane) -> None:
    """An owner of an account of their own, with every identifier of this one at hand."""
    home, eve = membership.environment, sign_up(plane.api_url)
    own = eve.created("/accounts", name="own")["accountId"]
    theirs, user_id = home.account_id, eve.call("GET", "/auth/me").json()["user"]["userId"]
    invited = membership.owner.created(f"/accounts/{theirs}/invitations", email="x@example.com", role="owner")
    attempts = [
        ("POST", f"/accounts/{theirs}/invitations", {"email": eve.email, "role": "owner"}),
        ("POST", f"/accounts/{theirs}/invitations/{invited['invitationId']}/resend", None),
        ("POST", f"/accounts/{own}/invitations/{invited['invitationId']}/resend", None),
        ("POST", "/invitations/accept", {"invitationId": invited["invitationId"]}),
        ("PATCH", f"/accounts/{theirs}/members/{user_id}", {"role": "owner"}),
        ("PATCH", f"/accounts/{own}/members/{membership.user_id}", {"role": "viewer"}),
        ("DELETE", f"/accounts/{own}/members/{membership.user_id}", None),
        ("DELETE", membership.path, None),
        ("POST", f"/accounts/{theirs}/transfer", {"userId": user_id}),
        ("POST", f"/accounts/{theirs}/join", None),
        ("PATCH", f"/accounts/{theirs}", {"name": "stolen"}),
        ("DELETE", f"/accounts/{theirs}", None),
    ]
    answers = {f"{method} {path}": eve.call(method, path, json=body).status_code for method, path, body in attempts}
    assert set(answers.values()) == {404}, answers
    outside = home.using(eve.token)
    assert outside.admin("GET", "/deployments").status_code == 403
    assert outside.ingress("POST", "/NoService/call").status_code == 403
    shared = outside.admin("GET", "/deployments", headers={"host": f"{home.label}.env.local.restate.localhost"})
    assert shared.status_code == 403
    assert membership.admin(READ) == 200
