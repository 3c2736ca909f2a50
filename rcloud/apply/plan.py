"""The difference between what is wanted and what is there, as changes in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rcloud import additions, restrictions
from rcloud.additions import Additions
from rcloud.api import Api, at
from rcloud.apply.wanted import Environment, Key, Wanted
from rcloud.errors import Conflict, Usage
from rcloud.lookup import Lookup

Thing = dict[str, Any]
Kind = Literal["account", "environment", "key", "outbound", "member", "invitation"]


@dataclass(frozen=True)
class Change:
    """`name` is a name, a key's description, a network or an e-mail address; `found` is what is there now."""

    action: Literal["create", "change", "delete"]
    kind: Kind
    name: str
    detail: str = ""
    environment: str | None = None
    found: Thing = field(default_factory=dict)
    key: Key | None = None

    def shown(self) -> dict[str, str | None]:
        return {
            "action": self.action,
            "kind": self.kind,
            "environment": self.environment,
            "name": self.name,
            "detail": self.detail,
        }


@dataclass
class Present:
    """What is there. `account` is empty when it is yet to be created; `me` is who asks."""

    account: Thing
    environments: list[Thing]
    keys: dict[str, list[Thing]]
    members: list[Thing]
    invitations: list[Thing]
    me: str
    outbound: dict[str, Additions] = field(default_factory=dict)


def present(api: Api, find: Lookup, wanted: Wanted) -> Present:
    """Reads only what the file speaks of. Raises `Failure`."""
    me = api.get(at("auth", "me"))["user"]["email"]
    named = [one for one in find.accounts if wanted.account in (one["accountId"], one["name"])]
    if not named:
        return Present({}, [], {}, [], [], me)
    if len(named) > 1:
        raise Usage(f"Several accounts are called {wanted.account!r}.", "Write the account's id into the file.")
    account = named[0]
    path = ("accounts", account["accountId"])
    living = [one for one in find.environments(account) if one["status"] != "DELETED"]
    speaks_of = {one.name for one in wanted.environments or () if one.keys is not None}
    reaches = {one.name for one in wanted.environments or () if one.outbound is not None}
    return Present(
        account=account,
        environments=living,
        keys={one["name"]: find.keys(one) for one in living if one["name"] in speaks_of},
        members=[] if wanted.members is None else api.all(at(*path, "members")),
        invitations=[] if wanted.members is None else api.all(at(*path, "invitations")),
        me=me,
        outbound={one["name"]: _outbound_of(api, find, one) for one in living if one["name"] in reaches},
    )


def _outbound_of(api: Api, find: Lookup, environment: Thing) -> Additions:
    return additions.of(api.get(f"{find.path(environment)}/outbound-policy"))


def changes(wanted: Wanted, there: Present, *, prune: bool) -> list[Change]:
    """Raises `Conflict` for what no change can bring about."""
    found = [] if there.account else [Change("create", "account", wanted.account)]
    for environment in wanted.environments or ():
        found += [*_environment(environment, there, prune), *_outbound(environment, there, prune)]
    if prune and wanted.environments is not None:
        named = {one.name for one in wanted.environments}
        gone = [one for one in there.environments if one["name"] not in named]
        found += [Change("delete", "environment", one["name"], "restorable for some days", found=one) for one in gone]
    if wanted.members is not None:
        found += _people(wanted.members, there, prune)
    return found


def _environment(wanted: Environment, there: Present, prune: bool) -> Iterator[Change]:
    if wanted.name not in {one["name"] for one in there.environments}:
        yield Change("create", "environment", wanted.name, wanted.region or "")
    keys = {one["description"]: one for one in there.keys.get(wanted.name, [])}
    for key in wanted.keys or ():
        if key.description not in keys:
            yield Change("create", "key", key.description, _described(key), wanted.name, key=key)
        else:
            _check_same(key, keys[key.description], wanted.name)
    if prune and wanted.keys is not None:
        named = {key.description for key in wanted.keys}
        gone = [one for one in there.keys.get(wanted.name, []) if one["description"] not in named]
        yield from (Change("delete", "key", one["description"], one["role"], wanted.name, one) for one in gone)


def _described(key: Key) -> str:
    parts = [key.role, restrictions.shown({"restrictions": key.restrictions})]
    return ", ".join(filter(None, [*parts, f"expires in {key.expires_in}" if key.expires_in else None]))


def _check_same(key: Key, found: Thing, environment: str) -> None:
    """Raises `Conflict`: neither changes as long as a key lives."""
    hint = "Give the new key another description, or revoke the old one: rcloud keys revoke"
    if found["role"] != key.role:
        raise Conflict(
            f"API key {key.description!r} of {environment} is {found['role']}, not {key.role}. "
            "A key's role never changes.",
            hint,
        )
    if not restrictions.same(found.get("restrictions") or {}, key.restrictions):
        now, meant = restrictions.shown(found), restrictions.shown({"restrictions": key.restrictions})
        raise Conflict(
            f"API key {key.description!r} of {environment} is restricted to {now or 'nothing less than its role'}, "
            f"not to {meant or 'nothing less than its role'}. A key's restrictions never change.",
            hint,
        )


def _outbound(wanted: Environment, there: Present, prune: bool) -> Iterator[Change]:
    if wanted.outbound is None:
        return
    now = there.outbound.get(wanted.name, Additions())
    for one in sorted((wanted.outbound - now).all):
        yield Change("create", "outbound", one, "may be reached", wanted.name)
    if prune:
        gone = sorted((now - wanted.outbound).all)
        yield from (Change("delete", "outbound", one, "no longer allowed", wanted.name) for one in gone)


def _people(wanted: Mapping[str, str], there: Present, prune: bool) -> Iterator[Change]:
    members = {one["email"]: one for one in there.members}
    invited = {one["email"]: one for one in there.invitations if one["status"] == "pending"}
    for email, role in wanted.items():
        now = members.get(email) or invited.get(email)
        kind: Kind = "member" if email in members else "invitation"
        if email == there.me and not now:
            continue
        if now is None:
            yield Change("create", kind, email, role)
        elif now["role"] != role:
            yield Change("change", kind, email, role, found=now)
    if prune:
        gone = {email: one for email, one in {**invited, **members}.items() if email not in {*wanted, there.me}}
        for email, one in gone.items():
            yield Change("delete", "member" if email in members else "invitation", email, one["role"], found=one)
