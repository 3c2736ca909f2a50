"""Names and ids to things: `ACCOUNT` is a name or `acc_…`, `ENV` is a name, `env_…` or `ACCOUNT/ENV`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from rcloud import state
from rcloud.api import Api, at
from rcloud.errors import NotFound, Usage

Thing = dict[str, Any]


class Lookup:
    """`account` is the account named for this command, if one is."""

    def __init__(self, api: Api, account: str | None) -> None:
        self._api = api
        self._named = account

    @cached_property
    def accounts(self) -> list[Thing]:
        """All of mine."""
        return self._api.all(at("accounts"))

    def account(self, given: str | None = None) -> Thing:
        """The one named here, by --account or RCLOUD_ACCOUNT, chosen with `accounts use`, or the only one.

        Raises `NotFound`, `Usage` when there are several and none is chosen.
        """
        named = given or self._named
        if named:
            return _one(self.accounts, named, "accountId", "account", "rcloud accounts list")
        if chosen := self._chosen():
            return chosen
        if not self.accounts:
            raise NotFound("You have no account yet.", "Create one: rcloud accounts create NAME")
        if len(self.accounts) > 1:
            names = ", ".join(sorted(account["name"] for account in self.accounts))
            raise Usage(
                f"You are in several accounts: {names}.", "Add --account NAME, or choose one: rcloud accounts use NAME"
            )
        return self.accounts[0]

    def environment(self, given: str) -> Thing:
        """By name or id; a deleted one too, as long as it can be restored. Raises `NotFound`, `Usage`."""
        account, _, name = given.rpartition("/")
        if not name.startswith("env_"):
            found = self._api.get(_environments(self.account(account or None)), name=name)["items"]
            return _one(found, name, "environmentId", "environment", _ENVS)
        # An id is enough. It says nothing about the account, so every one of mine is looked at.
        looked_at = [self.account(account or None)] if account or self._named else self.accounts
        for each in looked_at:
            with suppress(NotFound):
                one: Thing = self._api.get(_environments(each, name))
                return one
        return _one([], name, "environmentId", "environment", _ENVS)

    def environments(self, account: Thing) -> list[Thing]:
        """All of an account, the deleted ones too."""
        return self._api.all(_environments(account))

    def keys(self, environment: Thing) -> list[Thing]:
        """The environment's API keys."""
        return self._api.all(f"{self.path(environment)}/api-keys")

    def key(self, environment: Thing, given: str) -> Thing:
        """An API key by id or description."""
        listing = f"rcloud keys list {environment['name']}"
        return _one(self.keys(environment), given, "keyId", "API key", listing, "description")

    def member(self, account: Thing, given: str) -> Thing:
        """A member by id or e-mail address."""
        members = self._api.all(at("accounts", account["accountId"], "members"))
        return _one(members, _address(given), "userId", "member", "rcloud members list", "email")

    def invitation(self, account: Thing, given: str) -> Thing:
        """An invitation of an account by id or e-mail address."""
        sent = self._api.all(at("accounts", account["accountId"], "invitations"))
        return _one(sent, _address(given), "invitationId", "invitation", "rcloud members invitations", "email")

    def invitation_to_me(self, given: str) -> Thing:
        """By id or by the account's name or id."""
        mine = self._api.all(at("invitations"))
        matching = [one for one in mine if one["accountId"] == given]
        listing = "rcloud invitations list"
        return matching[0] if matching else _one(mine, given, "invitationId", "invitation", listing, "accountName")

    @staticmethod
    def path(environment: Thing) -> str:
        """Of its resource."""
        return at("accounts", environment["accountId"], "environments", environment["environmentId"])

    def _chosen(self) -> Thing | None:
        chosen = state.default_account(self._api.url)
        return next((account for account in self.accounts if account["accountId"] == chosen), None)


_ENVS = "rcloud env list --deleted"


def _environments(account: Thing, *more: str) -> str:
    return at("accounts", account["accountId"], "environments", *more)


def _one(things: Sequence[Thing], given: str, key: str, kind: str, listing: str, name: str = "name") -> Thing:
    found = [thing for thing in things if thing[key] == given] or [thing for thing in things if thing[name] == given]
    if not found:
        raise NotFound(f"There is no {kind} {given!r}, or you have no access to it.", f"See what there is: {listing}")
    if len(found) > 1:
        ids = ", ".join(thing[key] for thing in found)
        raise Usage(f"Several are called {given!r}.", f"Say which one by its id: {ids}")
    return found[0]


def _address(given: str) -> str:
    return given.lower() if "@" in given else given
