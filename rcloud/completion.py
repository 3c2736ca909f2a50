"""Names for shell completion: asked of the plane, soon or not at all, and never an error on somebody's prompt."""

from __future__ import annotations

import re
from collections.abc import Callable

import typer

from rcloud.api import Api
from rcloud.errors import Failure
from rcloud.lookup import Lookup
from rcloud.settings import Flags, Target

_PATIENCE_SECONDS = 1.0
# Shells evaluate what completion prints: nothing is offered that could be more than a word.
_WORD = re.compile(r"[\w/-]+", re.ASCII)


def accounts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of my accounts."""
    return _offered(ctx, incomplete, lambda find: [account["name"] for account in find.accounts])


def environments(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the account's environments; after `ACCOUNT/` those of that account."""
    account, slash, _ = incomplete.rpartition("/")

    def names(find: Lookup) -> list[str]:
        return [account + slash + one["name"] for one in find.environments(find.account(account or None))]

    return _offered(ctx, incomplete, names)


def keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Ids of the environment's API keys."""
    named = str(ctx.params.get("env"))
    return _offered(ctx, incomplete, lambda find: [key["keyId"] for key in find.keys(find.environment(named))])


def _offered(ctx: typer.Context, incomplete: str, names: Callable[[Lookup], list[str]]) -> list[str]:
    try:
        found = names(_lookup(ctx))
    except Failure:
        return []
    return sorted(name for name in found if name.startswith(incomplete) and _WORD.fullmatch(name))


def _lookup(ctx: typer.Context) -> Lookup:
    given = ctx.params
    target = Target(Flags(url=given.get("url"), token=given.get("token"), account=given.get("account")))
    api = Api(target.url, target.token, patience_seconds=_PATIENCE_SECONDS)
    api.pauses = ()
    return Lookup(api, target.account)
