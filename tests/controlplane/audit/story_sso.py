"""Providers of the plane and of an account, a domain from its claim to its end, and an identity that is given up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from controlplane.core import clock
from controlplane.sso.models import Identity
from tests.controlplane.audit.story import Story
from tests.controlplane.people import Person

Steps = Iterator[tuple[str, list[str]]]
_DOMAIN = "example.com"


def tell(story: Story) -> Steps:
    olga, ann = story.signs_up("olga"), story.signs_up("ann")
    story.session.execute(text('UPDATE "user" SET operator = (user_id = :id)'), {"id": olga.user_id})
    story.session.expire_all()
    account = f"/accounts/{ann.account('proving')}"
    story.rows()
    yield from _connections(story, olga, "/sso-providers", "Provider", "provider")
    yield from _runner(story, olga)
    yield from _connections(story, ann, f"{account}/sso-connections", "Connection", "connectionId")
    yield from _domain(story, ann, account)
    yield from _identity(story, olga)


def _connections(story: Story, by: Person, path: str, what: str, key: str) -> Steps:
    made = story.asked(by, "POST", path, _provider(story))
    yield f"createSso{what}", ["sso_connection.create"]
    one = f"{path}/{made[key]}"
    story.asked(by, "PATCH", one, {"name": "Renamed"})
    yield f"changeSso{what}", ["sso_connection.update"]
    story.asked(by, "DELETE", one)
    yield f"deleteSso{what}", ["sso_connection.delete"]


def _runner(story: Story, olga: Person) -> Steps:
    story.asked(olga, "PATCH", "/runners/local", {"draining": True})
    yield "updateRunner", ["runner.update"]
    story.asked(olga, "PATCH", "/runners/local", {"draining": False})
    yield "updateRunner, again", ["runner.update"]


def _domain(story: Story, ann: Person, account: str) -> Steps:
    claimed = story.asked(ann, "POST", f"{account}/domains", {"domain": _DOMAIN})
    yield "claimDomain", ["domain.claim"]
    one = f"{account}/domains/{_DOMAIN}"
    story.name_server.records[claimed["recordName"]] = [claimed["recordValue"]]
    story.asked(ann, "POST", f"{one}/verify")
    yield "verifyDomain", ["domain.verify"]
    story.asked(ann, "PATCH", one, {"joinMode": "suggest"})
    yield "changeDomain", ["domain.update"]
    joe = story.signs_up("joe")
    story.asked(joe, "POST", f"{account}/join")
    yield "joinAccount", ["member.join"]
    story.asked(ann, "DELETE", one)
    yield "deleteDomain", ["domain.delete"]


def _identity(story: Story, olga: Person) -> Steps:
    made = story.asked(olga, "POST", "/sso-providers", _provider(story))
    yield "createSsoProvider, again", ["sso_connection.create"]
    row = Identity(
        identity_id="idn_1",
        connection_id=made["connectionId"],
        subject="olga",
        user_id=olga.user_id,
        email=olga.email,
        created_at=clock.now(),
    )
    story.session.add(row)
    story.session.flush()
    story.asked(olga, "DELETE", "/auth/identities/idn_1")
    yield "deleteIdentity", ["identity.unlink"]


def _provider(story: Story) -> dict[str, Any]:
    story.secrets.append("known to the provider and to us")
    return {
        "kind": "oidc",
        "name": "Corp Login",
        "issuer": story.rogue.issuer,
        "clientId": "the-plane",
        "clientSecret": story.secrets[-1],
    }
